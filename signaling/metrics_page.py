"""`GET /metrics`, and who may read it: whoever is on this machine, or has the token."""

import hmac
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Final

from aiohttp import hdrs, web

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
            and hmac.compare_digest(given.strip().encode(), self._token.encode())
        )


def _on_this_machine(request: web.Request) -> bool:
    """Say whether the request came from this machine and not through a reverse proxy on it."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        address = ip_address(request.remote or "")
    except ValueError:
        return False
    return address.is_loopback
