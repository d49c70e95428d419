"""Which customers' pages say that their connection goes through a relay, so that the agent's panel can say it too."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from callflow.call import Call
from callflow.ids import AgentId, CallId

log = logging.getLogger(__name__)

TELL_EVERY: Final = 2.0
"""Seconds between two tellings: a page may change its mind as often as it likes, and panels are read anew for it."""


class Relayed:
    """Told by the pages that are open at this process; kept no longer than they are, and in no row.

    A call may have several, as a page that came back is there before its old connection is found to be dead.
    `live` names a live call.
    """

    def __init__(self, live: Callable[[CallId], Call | None]) -> None:
        self._live = live
        self._pages: dict[CallId, set[object]] = {}
        self._news: set[CallId] = set()
        self._has_news = asyncio.Event()

    def __contains__(self, call: CallId) -> bool:
        return call in self._pages

    def note(self, call: CallId, page: object, relayed: bool) -> None:
        """Note what a page says; one that leaves says no. Returns at once."""
        before = call in self._pages
        pages = self._pages.setdefault(call, set())
        (pages.add if relayed else pages.discard)(page)
        if not pages:
            del self._pages[call]
        if before != (call in self._pages):
            self._news.add(call)
            self._has_news.set()

    async def tell(self, tell_agent: Callable[[AgentId], Awaitable[None]]) -> None:
        """Tell the agents of these calls what is new, until cancelled."""
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            news, self._news = self._news, set()
            for call in (live for one in news if (live := self._live(one)) is not None):
                try:
                    for party in call.parties:
                        if party.person is not None:
                            await tell_agent(party.person)
                except Exception:
                    log.exception("the panel of call %s could not be told of a relay; it is tried again", call.id)
                    self._news.add(call.id)
                    self._has_news.set()
            await asyncio.sleep(TELL_EVERY)
