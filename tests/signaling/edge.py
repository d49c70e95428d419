"""A small application on the typed layer, for the tests of the layer itself."""

from collections.abc import Callable

from aiohttp import web
from pydantic import BaseModel

from callflow.ids import AgentId
from conversations.directory.values import User, UserRole
from signaling.http.api import Api
from signaling.http.client import Network, client_middleware
from signaling.http.limits import RequestLimit
from signaling.http.rules import Guest, SignedIn
from signaling.http.security import add_headers, csrf_middleware, error_middleware
from signaling.http.server import BODY_LIMIT

CSRF = {"X-CSRF": "1"}


class Thing(BaseModel):
    name: str
    count: int = 0


class FixedResolver:
    """Reads the principal from plain cookies, which only a test may do."""

    async def signed_in(self, request: web.Request) -> SignedIn | None:
        roles = request.cookies.get("roles")
        if roles is None:
            return None
        names = frozenset(UserRole(role) for role in roles.split("+") if role)
        user = User(
            id=AgentId("user_1"),
            login="ann",
            name="Ann",
            roles=names,
            disabled=False,
            text_capacity=None,
            phone=None,
            must_change_password=request.cookies.get("must_change") == "1",
            wrap_up_seconds=None,
            version=1,
        )
        return SignedIn(user, "token")

    def remembered(self, request: web.Request) -> SignedIn | None:
        return None

    def guest(self, request: web.Request) -> Guest | None:
        key = request.cookies.get("guest")
        return None if key is None else Guest(key)


async def plain_page(_: web.Request, status: int) -> web.StreamResponse:
    return web.Response(status=status, text="page", content_type="text/html")


def edge(
    register: Callable[[Api], None], trusted: tuple[Network, ...] = (), public_url: str | None = None
) -> web.Application:
    """Return an application with the layer's middlewares and what `register` adds."""
    app = web.Application(
        client_max_size=BODY_LIMIT,
        middlewares=[client_middleware(trusted), error_middleware(plain_page), csrf_middleware(public_url)],
    )
    app.on_response_prepare.append(add_headers)
    api = Api("Test", "0")
    register(api)
    api.setup(app, FixedResolver(), RequestLimit())
    return app
