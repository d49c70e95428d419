"""Middlewares that stand before every handler: errors, cross-site requests, headers (reliability.md 2.2, S26)."""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from callflow.errors import StoreAwayError
from signaling.http.client import client_of
from signaling.http.problems import Problem, problem_of

_log: Final = logging.getLogger(__name__)
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HOST: Final = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9a-fA-F:.]+\](:\d{1,5})?")
_STARTED: Final = web.RequestKey("response_started", bool)

API_CSP: Final = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": (
        "microphone=(self), camera=(self), display-capture=(self), "
        "geolocation=(), payment=(), usb=(), serial=(), midi=(), browsing-topics=()"
    ),
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Server": "Parley",
}
HSTS: Final = "max-age=31536000; includeSubDomains"

ErrorPage = Callable[[web.Request, int], Awaitable[web.StreamResponse]]
"""Makes the HTML answer to a request outside the API that ended in a status of 400 or above."""


def page_csp(request: web.Request, scripts: str = "'self'", styles: str = "'self'") -> str:
    """Return the policy of an HTML page. `scripts` and `styles` are source lists: `'self'`, or sha256 sources."""
    client = client_of(request)
    socket = ""
    if _HOST.fullmatch(client.host):
        socket = f" {'wss' if client.secure else 'ws'}://{client.host}"
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; connect-src 'self'{socket}; "
        "img-src 'self' blob:; media-src 'self' blob:; worker-src 'self' blob:; base-uri 'none'; "
        "object-src 'none'; form-action 'self'; frame-ancestors 'none'"
    )


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Put the security headers on every response. Connect it to `app.on_response_prepare`."""
    request[_STARTED] = True
    for name, value in _ALWAYS.items():
        response.headers[name] = value
    response.headers.setdefault("Content-Security-Policy", API_CSP)
    if client_of(request).secure:
        response.headers["Strict-Transport-Security"] = HSTS
    response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


def csrf_middleware(public_url: str | None) -> Middleware:
    """Refuse what another site's page sends with a person's cookies (ASVS 3.5.1 to 3.5.3; WebSockets 4.4.2).

    An unsafe method needs the header `X-CSRF: 1`, which another site cannot send without our leave. Where a browser
    names the page's origin, on these and on WebSockets, its host must be that of the public URL or of the request.
    """
    public_host = urlsplit(public_url).netloc.lower() if public_url else None

    @web.middleware
    async def refuse_cross_site(request: web.Request, handler: Handler) -> web.StreamResponse:
        unsafe = request.method not in _SAFE_METHODS
        socket = request.headers.get(hdrs.UPGRADE, "").lower() == "websocket"
        if unsafe or socket:
            origin = request.headers.get(hdrs.ORIGIN)
            hosts = {client_of(request).host.lower(), public_host}
            if origin is not None and urlsplit(origin).netloc.lower() not in hosts:
                raise Problem(403, "wrong_origin", "This request comes from another site.")
            if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
                raise Problem(403, "wrong_origin", "This request comes from another site.")
        if unsafe and request.headers.get("X-CSRF") != "1":
            raise Problem(403, "csrf_header_missing", "Send the header X-CSRF: 1.")
        return await handler(request)

    return refuse_cross_site


def error_middleware(error_page: ErrorPage) -> Middleware:
    """Turn whatever is raised into an answer: problem+json in the API, a page elsewhere, never a stack trace."""

    @web.middleware
    async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status < 400:
                raise
            problem = _of_http(error)
        except Exception as error:
            if request.get(_STARTED):
                # A WebSocket is open already: nothing can be answered, aiohttp logs it and closes.
                raise
            if isinstance(error, ConnectionResetError) and request.transport is None:
                return web.Response(status=400)  # the client is gone: nobody reads this, and nothing is wrong here
            problem = problem_of(error) or _unexpected(request, error)
            if isinstance(error, StoreAwayError):
                _log.warning("%s %s waits for the database: %s", request.method, _route(request), error)
        if request.path.startswith("/api/") or request.path == "/healthz":
            return problem.response()
        return await error_page(request, problem.status)

    return answer_errors


def _of_http(error: web.HTTPException) -> Problem:
    code, detail = {
        404: ("not_found", "There is nothing here."),
        405: ("wrong_method", "This address does not take that method."),
        413: ("too_large", "The request is too large."),
    }.get(error.status, ("bad_request", "The request cannot be understood."))
    allow = error.headers.get("Allow")
    return Problem(error.status, code, detail, headers={"Allow": allow} if allow else None)


def _unexpected(request: web.Request, error: Exception) -> Problem:
    _log.error("%s %s failed", request.method, _route(request), exc_info=error)
    return Problem(500, "failed", "Something went wrong here. It was written to the log.")


def _route(request: web.Request) -> str:
    """Name the route by its pattern and not by the path: paths hold link tokens."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "?"
