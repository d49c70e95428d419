"""What customers' pages say of themselves - that they are open, that a relay is between - for the panel to say too."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from callflow.call import Call
from callflow.ids import AgentId, CallId

log = logging.getLogger(__name__)

TELL_EVERY: Final = 2.0
"""Seconds between two tellings: a page may change its mind as often as it likes, and panels are read anew for it."""


class PageFlag:
    """The calls of which an open page says something, yes or no; kept no longer than the pages, and in no row.

    A call may have several, as a page that came back is there before its old connection is found to be dead.
    `live` names a live call; `over` is told of the others, where somebody wants to know of them.
    """

    def __init__(
        self, live: Callable[[CallId], Call | None], over: Callable[[CallId], Awaitable[None]] | None = None
    ) -> None:
        self._live = live
        self._over = over
        self._pages: dict[CallId, set[object]] = {}
        self._news: set[CallId] = set()
        self._has_news = asyncio.Event()

    def __contains__(self, call: CallId) -> bool:
        return call in self._pages

    def note(self, call: CallId, page: object, says: bool) -> None:
        """Note what a page says; one that leaves says no. Returns at once."""
        before = call in self._pages
        pages = self._pages.setdefault(call, set())
        (pages.add if says else pages.discard)(page)
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
            for call in news:
                try:
                    await self._tell(call, tell_agent)
                except Exception:
                    log.exception("the panels of call %s could not be told of its page; it is tried again", call)
                    self._news.add(call)
                    self._has_news.set()
            await asyncio.sleep(TELL_EVERY)

    async def _tell(self, call_id: CallId, tell_agent: Callable[[AgentId], Awaitable[None]]) -> None:
        call = self._live(call_id)
        if call is not None:
            for party in call.parties:
                if party.person is not None:
                    await tell_agent(party.person)
        elif self._over is not None:
            await self._over(call_id)
