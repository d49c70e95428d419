"""Errors as the wire shows them: problem+json with a stable word (RFC 9457; docs/protocol.md "Common rules")."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError

from callflow.errors import RefusedError, StoreAwayError
from callflow.wiring import MediaRefusedError
from conversations.errors import AlreadyHandledError, AlreadyOpenError, InvalidError, StaleError
from media.failures import SoundError

PROBLEM_TYPE: Final = "application/problem+json"
_AWAY_AGAIN: Final = 2
"""Seconds after which a request that met no database is worth another try."""
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
    return _later(429, "slow_down", detail, max(1, int(-(-seconds // 1))))


def wait_for(seconds: int, code: str, detail: str) -> Problem:
    """Return the 503 of what cannot be done at the moment, and can be asked for again after `seconds`."""
    return _later(503, code, detail, seconds)


def _later(status: int, code: str, detail: str, wait: int) -> Problem:
    return Problem(status, code, detail, headers={"Retry-After": str(wait)}, retry_after=wait)


def database_away() -> Problem:
    """Return the 503 that asks to try again: the database does not answer, or takes no changes now."""
    detail = "The server cannot reach its database at the moment. Try again in a few seconds."
    return wait_for(_AWAY_AGAIN, "database_away", detail)


def invalid(error: ValidationError) -> Problem:
    """Return the 422 for a request that does not fit its model. Input values are left out: they may be secrets."""
    errors = [
        FieldError(loc=list(item["loc"]), msg=item["msg"], type=item["type"])
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    return Problem(422, "invalid", "Something in the request is not right.", errors=errors)


# The status of each code that a service may raise with. What is not named is a conflict with the present state.
STATUS_OF_CODE: Final[Mapping[str, int]] = {
    "wrong_credentials": 401,
    "forbidden": 403,
    "not_found": 404,
    "no_call": 404,
    "link_used": 410,
    "link_expired": 410,
    "link_revoked": 410,
    "invalid": 422,
    "name_needed": 422,
    "not_an_agent": 422,
    "weak_password": 422,
    "sdp_too_large": 422,
    "sdp_malformed": 422,
    "sdp_no_fingerprint": 422,
    "sdp_no_codec": 422,
    "unknown_voice": 422,
    "nothing_to_say": 422,
    "not_a_sound": 422,
    "damaged": 422,
    "too_short": 422,
    "too_long": 422,
    "restarting": 503,
    "no_speech": 503,
    "sound_failed": 503,
    "too_many_legs": 503,
    "media_away": 503,
    "media_failed": 503,
}


def problem_of(error: Exception) -> Problem | None:
    """Return the problem that a service's error stands for, None for an error that is not meant for the outside."""
    match error:
        case Problem():
            return error
        case StoreAwayError():
            return database_away()
        case InvalidError():
            wrong = FieldError(loc=[error.field], msg=str(error), type=error.code)
            return Problem(422, error.code, str(error), errors=[wrong])
        case AlreadyHandledError():
            return Problem(409, error.code, str(error), holder=error.holder, handled_at=error.at.isoformat())
        case AlreadyOpenError():
            return Problem(409, error.code, str(error), conversation_id=error.conversation, holder=error.holder)
        case RefusedError() | MediaRefusedError() | SoundError():
            return Problem(STATUS_OF_CODE.get(error.code, 409), error.code, str(error))
        case _:
            return None


@contextmanager
def showing_stale(show: Callable[[Any], BaseModel]) -> Generator[None]:
    """Turn a service's `StaleError` into the 409 whose `current` is the row as `show` makes it for the wire."""
    try:
        yield
    except StaleError as error:
        current = show(error.current).model_dump(mode="json", by_alias=True)
        raise Problem(409, error.code, str(error), current=current) from None
