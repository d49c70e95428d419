"""The port through which the layer asks who is calling; `signaling.sessions` answers it."""

from typing import Final, Protocol

from aiohttp import web

from callflow.errors import StoreAwayError
from signaling.http.problems import Problem
from signaling.http.rules import Anyone, Guest, Principal, Rule, SignedIn


class Resolver(Protocol):
    """Reads a request's cookies."""

    async def signed_in(self, request: web.Request) -> SignedIn | None:
        """Return the person whose live session the request carries, None for nobody."""
        ...

    def remembered(self, request: web.Request) -> SignedIn | None:
        """Return who the database said last that this is."""
        ...

    def guest(self, request: web.Request) -> Guest | None:
        """Return the guest whose cookie the request carries, None without a well-formed one."""
        ...


_WORDS: Final = "Sign in first."


async def authorize(rule: Rule, resolver: Resolver, request: web.Request) -> Principal:
    """Return who is calling, as the rule's kind of principal; the handler runs only after this.

    Raises `Problem` 401 `signed_out` without the cookie that the rule needs, 403 when the role does not allow it.
    """
    if rule.kind is Anyone:
        return Anyone()
    if rule.kind is Guest:
        guest = resolver.guest(request)
        if guest is None:
            raise Problem(401, "signed_out", "Open the call link again in this browser.")
        return guest
    try:
        who = await resolver.signed_in(request)
    except StoreAwayError:
        who = resolver.remembered(request) if rule.while_away else None
        if who is None:
            raise
    if who is None:
        raise Problem(401, "signed_out", _WORDS)
    rule.check_signed_in(who)
    return who
