"""What a browser opens: the agent's page, the customer's page by the state of the link, and their files."""

import html
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import hdrs, web

from callink.values import LinkState
from conversations.errors import NotFoundError
from signaling.built_ui import BuiltPage, BuiltUi
from signaling.health import WELL
from signaling.http.problems import Problem
from signaling.http.security import page_csp
from signaling.models.guests import GuestLink
from signaling.plain_page import error_page, plain_page

IMMUTABLE: Final = "public, max-age=31536000, immutable"
PUBLIC_PAGES: Final = frozenset(
    {"/", "/agent", "/agent/{rest}", "/c/{token}", "/assets/{name}", "/favicon.ico", "/robots.txt", "/healthz"}
)
"""Every plain route; each may be used by anyone. A test holds the application to this list."""
_GONE: Final = {LinkState.USED, LinkState.EXPIRED, LinkState.REVOKED}

LinkView = Callable[[web.Request, str], Awaitable[GuestLink]]
"""Shows a link to the holder of its token. Raises NotFoundError for every unknown token alike, and Problem 429."""
Health = Callable[[], Awaitable[str]]
"""Says how the server is: `WELL`, or what is the matter."""


class Pages:
    """The plain routes. GET and HEAD change nothing, so a preview of a link never uses it up (LNK-11, PLUS-18)."""

    def __init__(self, ui: BuiltUi | None, view_link: LinkView, health: Health) -> None:
        self._ui = ui
        self._view_link = view_link
        self._health = health

    def register(self, app: web.Application) -> None:
        """Add the routes, which are those of `PUBLIC_PAGES`."""
        app.router.add_get("/", self._root)
        app.router.add_get("/agent", self._agent_page)
        app.router.add_get("/agent/{rest:.*}", self._agent_page)
        app.router.add_get("/c/{token}", self._call_page)
        app.router.add_get("/assets/{name:.+}", self._asset)
        app.router.add_get("/favicon.ico", self._no_icon)
        app.router.add_get("/robots.txt", self._robots)
        app.router.add_get("/healthz", self._healthz)

    async def _root(self, _: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/agent"})

    async def _agent_page(self, request: web.Request) -> web.StreamResponse:
        if self._ui is None:
            return _not_built(request)
        return _html(request, self._ui.agent, self._ui.agent.html, cache="no-cache")

    async def _call_page(self, request: web.Request) -> web.StreamResponse:
        """Show the customer's page; what it shows first stands in a meta element, so that nothing jumps."""
        try:
            link = await self._view_link(request, request.match_info["token"])
        except NotFoundError:
            return await error_page(request, 404)
        except Problem as problem:
            page = await error_page(request, problem.status)
            page.headers.update(problem.headers)
            return page
        if self._ui is None:
            return _not_built(request)
        state = html.escape(link.model_dump_json(by_alias=True), quote=True)
        page = self._ui.call
        body = page.html.replace("</head>", f'<meta name="parley-link" content="{state}"></head>', 1)
        return _html(request, page, body, cache="no-store", status=410 if link.state in _GONE else 200)

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        """Give a file whose name holds its hash."""
        file = self._ui.assets.get(request.match_info["name"]) if self._ui is not None else None
        if file is None:
            return await error_page(request, 404)
        headers = {hdrs.CACHE_CONTROL: IMMUTABLE, hdrs.VARY: hdrs.ACCEPT_ENCODING}
        body = file.content
        if file.gzipped is not None and "gzip" in request.headers.get(hdrs.ACCEPT_ENCODING, ""):
            body = file.gzipped
            headers[hdrs.CONTENT_ENCODING] = "gzip"
        charset = "utf-8" if file.content_type.startswith("text/") else None
        return web.Response(body=body, content_type=file.content_type, charset=charset, headers=headers)

    async def _no_icon(self, _: web.Request) -> web.StreamResponse:
        """Answer the browser's own question; pages with an icon name it themselves."""
        return web.Response(status=204, headers={hdrs.CACHE_CONTROL: IMMUTABLE})

    async def _robots(self, _: web.Request) -> web.StreamResponse:
        return web.Response(text="User-agent: *\nDisallow: /\n")

    async def _healthz(self, _: web.Request) -> web.StreamResponse:
        """Say whether this server works and takes calls: 200 `ok`, or 503 with what is the matter."""
        found = await self._health()
        return web.Response(status=200 if found == WELL else 503, text=f"{found}\n")


def _html(request: web.Request, page: BuiltPage, body: str, *, cache: str, status: int = 200) -> web.Response:
    response = web.Response(status=status, text=body, content_type="text/html", headers={hdrs.CACHE_CONTROL: cache})
    response.headers["Content-Security-Policy"] = page_csp(request, page.scripts, page.styles)
    response.enable_compression()
    return response


def _not_built(request: web.Request) -> web.Response:
    sentence = "The pages of Parley were not built. Start it with: python3 run.py"
    return plain_page(request, 503, "The pages are missing", sentence)
