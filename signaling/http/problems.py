"""Errors as the wire shows them: problem+json with a stable word (RFC 9457; docs/protocol.md "Common rules")."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError

from callflow.wiring import MediaRefusedError

PROBLEM_TYPE: Final = "application/problem+json"
_ANY_JSON: Final[TypeAdapter[object]] = TypeAdapter(object)


class FieldError(BaseModel):
    """One thing that is wrong with a request: where, and what, in words. The value itself is never echoed."""

    loc: list[str | int]
    msg: str
    type: str


class ProblemDocument(BaseModel):
    """An error, after RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError] | None = None


class Problem(Exception):  # noqa: N818 - RFC 9457 calls it a problem
    """Ends a request with an error.

    `code` is a stable word for programs, `detail` a sentence for a person; what is given by keyword becomes a
    member of the document (`current`, `conversation_id`), `headers` go into the response.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: list[FieldError] | None = None,
        headers: Mapping[str, str] | None = None,
        **extra: object,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})
        self.extra = extra

    def document(self) -> dict[str, object]:
        """Return the members of the problem document."""
        title = HTTPStatus(self.status).phrase
        known = ProblemDocument(
            title=title, status=self.status, code=self.code, detail=self.detail, errors=self.errors
        ).model_dump(exclude_none=True)
        return known | self.extra

    def response(self) -> web.Response:
        """Return the response that shows this problem."""
        body = _ANY_JSON.dump_json(self.document())
        return web.Response(status=self.status, body=body, content_type=PROBLEM_TYPE, headers=self.headers)


def slow_down(seconds: float, detail: str = "Too many tries. Wait a moment, then try again.") -> Problem:
    """Return the 429 that asks to wait `seconds`, rounded up to whole ones."""
    wait = max(1, int(-(-seconds // 1)))
    return Problem(429, "slow_down", detail, headers={"Retry-After": str(wait)}, retry_after=wait)


def invalid(error: ValidationError) -> Problem:
    """Return the 422 for a request that does not fit its model. Input values are left out: they may be secrets."""
    errors = [
        FieldError(loc=list(item["loc"]), msg=item["msg"], type=item["type"])
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return Problem(422, "invalid", "Something in the request is not right.", errors=errors)


# Every code that a service below may raise with, and the status that says so. A code that is missing here is a
# programming error and becomes a 500, so that nothing inside leaks by accident.
STATUS_OF_CODE: Final[Mapping[str, int]] = {
    "signed_out": 401,
    "wrong_credentials": 401,
    "forbidden": 403,
    "not_found": 404,
    "stale": 409,
    "login_taken": 409,
    "name_taken": 409,
    "already_open": 409,
    "already_set_up": 409,
    "already_taken": 409,
    "no_channel": 409,
    "not_your_call": 409,
    "not_available": 409,
    "no_call": 409,
    "no_wrap_up": 409,
    "too_late": 409,
    "link_in_use": 409,
    "link_not_yet": 409,
    "nobody_here": 409,
    "queue_closed": 409,
    "last_admin": 409,
    "closed": 409,
    "too_many_legs": 503,
    "unavailable": 503,
    "unknown_leg": 409,
    "leg_exists": 409,
    "link_used": 410,
    "link_expired": 410,
    "link_revoked": 410,
    "invalid": 422,
    "name_needed": 422,
    "weak_password": 422,
    "sdp_too_large": 422,
    "sdp_malformed": 422,
    "sdp_no_fingerprint": 422,
    "sdp_no_codec": 422,
}


def problem_of(error: Exception) -> Problem | None:
    """Return the problem that a service's error stands for, None when it is not meant for the outside.

    Services raise errors that carry `code`, a stable word from `STATUS_OF_CODE`, and whose text is a sentence for
    a person; `current`, `conversation_id` and `holder` are passed on where an error has them.
    """
    if isinstance(error, Problem):
        return error
    code = error.code if isinstance(error, MediaRefusedError) else getattr(error, "code", None)
    if not isinstance(code, str) or code not in STATUS_OF_CODE:
        return None
    passed_on = {
        name: getattr(error, name) for name in ("current", "conversation_id", "holder") if hasattr(error, name)
    }
    return Problem(STATUS_OF_CODE[code], code, str(error), **passed_on)
