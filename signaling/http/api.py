"""The typed route table: every route names its rule, and the table describes itself as OpenAPI 3.1."""

from collections.abc import Iterable
from typing import Any, Final

from aiohttp import web
from pydantic import TypeAdapter

from signaling.http.limits import RequestLimit
from signaling.http.openapi import Json, describe
from signaling.http.operation import Cookie, Handler, Operation, Reply
from signaling.http.principals import Resolver
from signaling.http.rules import Rule

__all__ = ["BASE", "Api", "Cookie", "Reply", "require_rules"]

BASE: Final = "/api/v1"
OPENAPI_PATH: Final = f"{BASE}/openapi.json"
RULE: Final = "parley_rule"
"""The attribute that marks an aiohttp handler as one that enforces a rule."""


class Api:
    """Collects operations, then puts them into an application.

    Paths are given without `/api/v1`. A route cannot be added without its rule, and `require_rules` refuses to start
    an application with routes that came in another way and are not known public pages.
    """

    def __init__(self, title: str, version: str) -> None:
        self.title, self.version = title, version
        self.operations: list[Operation] = []
        self._extra: list[TypeAdapter[Any]] = []

    def add(self, method: str, path: str, handler: Handler, *, rule: Rule, status: int | None = None, tag: str) -> None:
        """Add a route. Raises `TypeError` when its rule, its name or its signature is missing or wrong."""
        if not isinstance(rule, Rule):  # pyright: ignore[reportUnnecessaryIsInstance]  # a lock, not a convenience
            raise TypeError(f"{method} {path} needs a rule")
        operation = Operation(method, BASE + path, handler, rule, status, tag)
        if not operation.name or any(other.name == operation.name for other in self.operations):
            raise TypeError(f"{method} {path}: the name {operation.name!r} is empty or taken")
        self.operations.append(operation)

    def get(self, path: str, handler: Handler, *, rule: Rule, tag: str) -> None:
        """Add a GET route, also for a WebSocket: that handler returns a `web.WebSocketResponse`."""
        self.add("GET", path, handler, rule=rule, tag=tag)

    def post(self, path: str, handler: Handler, *, rule: Rule, tag: str, status: int | None = None) -> None:
        """Add a POST route."""
        self.add("POST", path, handler, rule=rule, status=status, tag=tag)

    def put(self, path: str, handler: Handler, *, rule: Rule, tag: str) -> None:
        """Add a PUT route."""
        self.add("PUT", path, handler, rule=rule, tag=tag)

    def patch(self, path: str, handler: Handler, *, rule: Rule, tag: str) -> None:
        """Add a PATCH route."""
        self.add("PATCH", path, handler, rule=rule, tag=tag)

    def delete(self, path: str, handler: Handler, *, rule: Rule, tag: str) -> None:
        """Add a DELETE route."""
        self.add("DELETE", path, handler, rule=rule, tag=tag)

    def include(self, *models: Any) -> None:
        """Put models into the document that no operation names: the messages of a WebSocket."""
        self._extra += [TypeAdapter(model) for model in models]

    def document(self) -> Json:
        """Return the OpenAPI document."""
        return describe(self.title, self.version, self.operations, self._extra)

    def setup(self, app: web.Application, resolver: Resolver, limit: RequestLimit) -> None:
        """Add all routes, and the document itself, to `app`."""
        for operation in self.operations:
            app.router.add_route(operation.method, operation.path, _enforcing(operation, resolver, limit))
        made = b""

        async def openapi(_: web.Request) -> web.Response:
            nonlocal made
            made = made or TypeAdapter(Json).dump_json(self.document())
            return web.Response(body=made, content_type="application/json")

        app.router.add_get(OPENAPI_PATH, openapi, allow_head=False)


def _enforcing(operation: Operation, resolver: Resolver, limit: RequestLimit) -> Any:
    async def enforce(request: web.Request) -> web.StreamResponse:
        return await operation.run(request, resolver, lambda who: limit.check(who, request))

    setattr(enforce, RULE, operation.rule)
    return enforce


def rule_of(route: web.AbstractRoute) -> Rule | None:
    """Return the rule that a route of an application enforces, None for one that has none."""
    return getattr(route.handler, RULE, None)


def require_rules(app: web.Application, public_pages: Iterable[str]) -> None:
    """Raise `RuntimeError` when a route of `app` has no rule and is no known public page. Call it before the start."""
    public = {*public_pages, OPENAPI_PATH}
    for route in app.router.routes():
        path = route.resource.canonical if route.resource is not None else ""
        if rule_of(route) is None and path not in public:
            raise RuntimeError(f"{route.method} {path} has no authorization rule")
