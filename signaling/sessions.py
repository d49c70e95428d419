"""The two cookies: a person's session and a guest's browser. Reads them into principals, and makes them."""

import re
from typing import Final

from aiohttp import web

from callflow.ids import AgentId
from conversations.directory.sessions import ABSOLUTE, Sessions
from conversations.directory.values import User
from signaling.http.api import Cookie
from signaling.http.client import client_of
from signaling.http.rules import Guest, SignedIn
from signaling.remembered import Remembered

SESSION: Final = "parley_session"
GUEST: Final = "parley_guest"
GUEST_LIFE: Final = 180 * 24 * 3600
"""Seconds that a browser stays the same customer."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
"""256 bits in base64url: anything else is not worth a look at the database."""


class CookieResolver:
    """Says who a request comes from, by its cookies."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._known = Remembered[User]()

    async def signed_in(self, request: web.Request) -> SignedIn | None:
        """Return the person whose live session the request carries, None for nobody."""
        token = _read(request, SESSION)
        if token is None:
            return None
        user = await self._sessions.find(token)
        if user is None:
            self._known.drop(token)
            return None
        self._known.keep(token, user)
        return SignedIn(user, token)

    def remembered(self, request: web.Request) -> SignedIn | None:
        """Return who the database said last that this is; only for what must be possible while it is away."""
        token = _read(request, SESSION)
        user = None if token is None else self._known.of(token)
        return None if token is None or user is None else SignedIn(user, token)

    def forget(self, user: AgentId) -> None:
        """This person has signed out."""
        self._known.drop_all(lambda known: known.id == user)

    def guest(self, request: web.Request) -> Guest | None:
        """Return the guest whose cookie the request carries, None without a well-formed one."""
        token = _read(request, GUEST)
        return None if token is None else Guest(token)


def session_cookie(request: web.Request, token: str) -> Cookie:
    """Return the cookie that signs this browser in."""
    return _cookie(request, SESSION, token, int(ABSOLUTE.total_seconds()))


def no_session_cookie(request: web.Request) -> Cookie:
    """Return the cookie that signs this browser out."""
    return _cookie(request, SESSION, "", 0)


def guest_cookie(request: web.Request, token: str) -> Cookie:
    """Return the cookie that makes this browser a guest."""
    return _cookie(request, GUEST, token, GUEST_LIFE)


def _name(request: web.Request, name: str) -> str:
    """Under HTTPS the prefix keeps a sibling site or a plain connection from planting a cookie (ASVS 3.3.1)."""
    return f"__Host-{name}" if client_of(request).secure else name


def _read(request: web.Request, name: str) -> str | None:
    value = request.cookies.get(_name(request, name), "")
    return value if _TOKEN.fullmatch(value) else None


def _cookie(request: web.Request, name: str, value: str, max_age: int) -> Cookie:
    return Cookie(_name(request, name), value, secure=client_of(request).secure, max_age=max_age)
