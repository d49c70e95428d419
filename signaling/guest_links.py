"""A call link as its holder sees it. Looking changes nothing (LNK-11, PLUS-18)."""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from callflow.call import Media
from callflow.ids import CallId
from callink.links import Links
from callink.texts import text_for
from callink.values import LinkState
from conversations.db.database import Database
from conversations.directory.settings import SettingsService
from conversations.errors import NotFoundError
from recording.rules import consent_text
from signaling.availability import reception
from signaling.http.api import Api
from signaling.http.client import client_of
from signaling.http.limits import Limits
from signaling.http.principals import Resolver
from signaling.http.rules import PUBLIC, Guest
from signaling.models.guests import GuestCall, GuestLink

LiveCall = Callable[[CallId, LinkState], Awaitable[GuestCall | None]]
"""Shows a call to its customer, None when it is over. The state is that of the call's link."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{20,64}")
_UNKNOWN: Final = "There is no such link."


class GuestLinks:
    """Shows links to whoever holds their tokens, in the API and for the page's first paint."""

    def __init__(
        self, database: Database, links: Links, settings: SettingsService, limits: Limits, live_call: LiveCall
    ) -> None:
        self._database = database
        self._links = links
        self._settings = settings
        self._limits = limits
        self._live_call = live_call

    def register(self, api: Api) -> None:
        """Add the route."""
        api.get("/guest/links/{token}", self.get_guest_link, rule=PUBLIC, tag="guests")

    async def get_guest_link(self, request: web.Request, guest: Guest | None, token: str) -> GuestLink:
        """Show a link to the holder of its token; changes nothing."""
        try:
            if not _TOKEN.fullmatch(token):
                raise NotFoundError(_UNKNOWN)
            visit = await self._links.look(token, guest.token if guest is not None else None)
        except NotFoundError:
            # Only unknown tokens are counted, so that an office behind one address may open all of its links.
            self._limits.unknown_tokens_by_address.require(client_of(request).block)
            raise NotFoundError(_UNKNOWN) from None
        link = visit.link
        settings = await self._settings.get()
        async with self._database.read() as session:
            consent = await consent_text(session)
        received = await reception(self._database, (await self._links.route(visit, Media.VIDEO)).queue)
        return GuestLink(
            state=visit.state,
            centre_name=settings.centre_name,
            text=text_for(visit.state, settings),
            starts_at=link.starts_at,
            ends_at=link.ends_at,
            audio_only=link.audio_only,
            asks_name=visit.asks_name,
            name=visit.name,
            available=received.available,
            opens_at=received.opens_at,
            closed_text=settings.closed_text,
            consent=consent,
            call=await self._live_call(visit.call, visit.state) if visit.call is not None else None,
        )

    async def view(self, resolver: Resolver, request: web.Request, token: str) -> GuestLink:
        """Show a link to the page that is about to be opened."""
        return await self.get_guest_link(request, resolver.guest(request), token)
