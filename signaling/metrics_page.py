"""`GET /metrics`, and who may read it: whoever is on this machine, or has the token."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs, web

from signaling.http.client import parsed_address
from signaling.plain_page import error_page

PATH: Final = "/metrics"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via")
"""Headers that a reverse proxy on this machine adds: what comes with one comes from elsewhere."""


class MetricsPage:
    """Shows what `write` writes to those who may read it; to others there is no such page."""

    def __init__(self, write: Callable[[], Awaitable[bytes]], token: str | None) -> None:
        self._write = write
        self._token = token

    def register(self, app: web.Application) -> None:
        """Add the route."""
        app.router.add_get(PATH, self._show, allow_head=False)

    async def _show(self, request: web.Request) -> web.StreamResponse:
        if not (_on_this_machine(request) or self._has_token(request)):
            return await error_page(request, 404)
        headers = {hdrs.CONTENT_TYPE: CONTENT_TYPE, hdrs.CACHE_CONTROL: "no-store"}
        return web.Response(body=await self._write(), headers=headers)

    def _has_token(self, request: web.Request) -> bool:
        kind, _, given = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
        return (
            self._token is not None
            and kind.lower() == "bearer"
            and hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), self._token.encode())
        )


def _on_this_machine(request: web.Request) -> bool:
    """Say whether the request comes from this machine and asks for it, with no sign of a reverse proxy."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    # A proxy that adds none of these still hands on the name that was asked for, if it is told to or does by itself.
    return _is_loopback(request.remote or "") and _names_this_machine(request.headers.get(hdrs.HOST, ""))


def _names_this_machine(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or _is_loopback(name)


def _is_loopback(text: str) -> bool:
    address = parsed_address(text)
    return address is not None and address.is_loopback
