"""One route of the API: a handler whose signature is its contract.

    async def rename(self, who: SignedIn, user_id: AgentId, change: UserChange, *, dry: bool = False) -> User: ...

Path parameters are taken by name, a pydantic model is the JSON body, keyword-only parameters are the query, the
return annotation is the response. A parameter of type `SignedIn` or `Guest` (or either with ``| None``) is who is
calling, one of type `web.Request` the request itself, for the few that need it.
"""

import asyncio
import inspect
import types
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model

from signaling.http.principals import Resolver, authorize
from signaling.http.problems import Problem, invalid
from signaling.http.rules import Anyone, Guest, Principal, Rule, SignedIn

Handler = Callable[..., Awaitable[object]]
T = TypeVar("T")

BODY_DEADLINE: Final = 10.0
"""Seconds that a client has to send its body (reliability.md S23)."""
LONGEST_PARAMETER: Final = 500
"""Characters in one path or query value."""


@dataclass(frozen=True, slots=True)
class Cookie:
    """A cookie to set. `max_age` is in seconds: None for the browser's session, 0 to delete it."""

    name: str
    value: str
    secure: bool
    max_age: int | None = None


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """An answer that also sets cookies or headers; handlers without such needs return the body itself."""

    body: T
    cookies: tuple[Cookie, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Operation:
    """A handler with what its signature says. Raises `TypeError` when the signature contradicts the route."""

    def __init__(self, method: str, path: str, handler: Handler, rule: Rule, status: int | None, tag: str) -> None:
        self.method, self.path, self.handler, self.rule, self.tag = method, path, handler, rule, tag
        self.name: str = getattr(handler, "__name__", "")
        self.summary = (inspect.getdoc(handler) or "").split("\n", 1)[0]
        self.body: TypeAdapter[Any] | None = None
        self._body_name = ""
        self._injected: dict[str, object] = {}
        hints = typing.get_type_hints(handler, include_extras=True)
        path_fields: dict[str, Any] = {}
        query_fields: dict[str, Any] = {}
        for name, parameter in inspect.signature(handler).parameters.items():
            hint = hints[name]
            default = ... if parameter.default is parameter.empty else parameter.default
            if f"{{{name}}}" in path:
                path_fields[name] = (hint, ...)
            elif parameter.kind is parameter.KEYWORD_ONLY:
                query_fields[name] = (hint, default)
            elif _principals(hint) or hint is web.Request:
                self._inject(name, hint)
            elif self.body is None and _is_model(hint):
                self.body, self._body_name = TypeAdapter(hint), name
            else:
                raise TypeError(f"{self.name}: cannot tell what its parameter {name!r} is")
        if path.count("{") != len(path_fields):
            raise TypeError(f"{self.name}: the path {path} has parameters that the handler does not take")
        self.path_model = create_model(f"{self.name}_path", **path_fields)
        self.query_model = create_model(f"{self.name}_query", __config__=ConfigDict(extra="forbid"), **query_fields)
        self._lists = {n for n, f in self.query_model.model_fields.items() if typing.get_origin(f.annotation) is list}
        self._read_result(hints.get("return"), status)

    def _inject(self, name: str, hint: object) -> None:
        wanted = _principals(hint)
        if wanted and type(None) not in wanted and self.rule.kind not in wanted:
            raise TypeError(f"{self.name}: takes {name!r}, which the rule {self.rule.name!r} does not promise")
        self._injected[name] = hint

    def _read_result(self, result: Any, status: int | None) -> None:
        """Find the response's schema and the status of success: 200 with a body, 204 without."""
        if typing.get_origin(result) is Reply:
            (result,) = typing.get_args(result)
        raw = isinstance(result, type) and issubclass(typing.cast("type[object]", result), web.StreamResponse)
        self.response: TypeAdapter[Any] | None = None
        if not raw and result not in (None, types.NoneType):
            self.response = TypeAdapter(typing.cast("Any", result))
        self.status = status or (101 if raw else 204 if self.response is None else 200)

    async def run(
        self, request: web.Request, resolver: Resolver, admit: Callable[[Principal], None]
    ) -> web.StreamResponse:
        """Authorize, read, call and answer. Raises `Problem`, or what the handler raises."""
        who = await authorize(self.rule, resolver, request)
        admit(who)
        arguments = await self._principal_arguments(request, who, resolver)
        try:
            arguments |= _values(self.path_model, _checked(request.match_info))
            arguments |= _values(self.query_model, self._query(request))
        except ValidationError as error:
            raise invalid(error) from None
        if self.body is not None:
            arguments[self._body_name] = await self._read_body(request, self.body)
        return self._answer(await self.handler(**arguments))

    async def _principal_arguments(self, request: web.Request, who: Principal, resolver: Resolver) -> dict[str, object]:
        arguments: dict[str, object] = {}
        for name, hint in self._injected.items():
            wanted = _principals(hint)
            if hint is web.Request:
                arguments[name] = request
            elif type(who) in wanted:
                arguments[name] = who
            else:
                arguments[name] = await resolver.signed_in(request) if SignedIn in wanted else resolver.guest(request)
        return arguments

    def _query(self, request: web.Request) -> dict[str, object]:
        query: dict[str, object] = {}
        for name in request.query:
            values = [_one(value) for value in request.query.getall(name)]
            query[name] = values if name in self._lists or len(values) > 1 else values[0]
        return query

    async def _read_body(self, request: web.Request, model: TypeAdapter[Any]) -> object:
        if request.content_type != "application/json":
            raise Problem(415, "not_json", "Send the body as application/json.")
        try:
            async with asyncio.timeout(BODY_DEADLINE):
                raw = await request.read()
        except TimeoutError:
            raise Problem(408, "too_slow", "The request took too long to arrive.") from None
        try:
            return model.validate_json(raw)
        except ValidationError as error:
            if any(item["type"] == "json_invalid" for item in error.errors(include_input=False)):
                raise Problem(400, "malformed", "The body is not valid JSON.") from None
            raise invalid(error) from None

    def _answer(self, result: object) -> web.StreamResponse:
        if isinstance(result, web.StreamResponse):
            return result
        reply: Reply[object] = typing.cast("Reply[object]", result) if isinstance(result, Reply) else Reply(result)
        if self.response is None:
            response = web.Response(status=self.status, headers=reply.headers)
        else:
            body = self.response.dump_json(reply.body, by_alias=True)
            response = web.Response(
                status=self.status, body=body, content_type="application/json", headers=reply.headers
            )
        for cookie in reply.cookies:
            response.set_cookie(
                cookie.name, cookie.value, max_age=cookie.max_age, secure=cookie.secure, httponly=True, samesite="Lax"
            )
        return response


def _principals(hint: object) -> set[object]:
    """Return the principals that a parameter may be, with NoneType when it may be none; empty for other types."""
    parts = set(typing.get_args(hint)) if isinstance(hint, types.UnionType) else {hint}
    return parts if parts & {SignedIn, Guest, Anyone} else set()


def _is_model(hint: object) -> bool:
    """Say whether a hint is a pydantic model, or a union of them."""
    if typing.get_origin(hint) is typing.Annotated:
        hint = typing.get_args(hint)[0]
    parts = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    return all(isinstance(part, type) and issubclass(part, BaseModel) for part in parts)


def _one(value: str) -> str:
    """Refuse what no name, id or number contains and what some databases choke on."""
    if len(value) > LONGEST_PARAMETER or not value.isprintable():
        raise Problem(422, "invalid", "An address or query value holds characters that are not allowed, or too many.")
    return value


def _checked(values: Mapping[str, str]) -> dict[str, str]:
    return {name: _one(value) for name, value in values.items()}


def _values(model: type[BaseModel], raw: Mapping[str, object]) -> dict[str, object]:
    valid = model.model_validate(raw)
    return {name: getattr(valid, name) for name in model.model_fields}
