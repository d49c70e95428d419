"""Follows the log of facts: wakes after commits, reads what is new once, and hands it on in order."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from conversations.db.database import Database
from conversations.db.facts import LoggedFact, facts_after, last_number

log = logging.getLogger(__name__)

BATCH: Final = 500
"""Facts read at a time."""
AGAIN_AFTER: Final = 1.0
"""Seconds after which a reading that failed is tried again."""


class FactFeed:
    """Hands every fact that is committed while it runs to each of its readers."""

    def __init__(self, database: Database, *readers: Callable[[Sequence[LoggedFact]], Awaitable[None]]) -> None:
        self._database = database
        self._readers = readers
        self._committed = asyncio.Event()
        self._upto = 0

    async def start(self) -> None:
        """Begin behind the facts that there are."""
        async with self._database.read() as session:
            self._upto = await last_number(session)
        self._database.on_commit.append(self._wake)

    async def run(self) -> None:
        """Hand on every commit, until cancelled. A reader that fails misses a batch; the others do not."""
        while True:
            await self._committed.wait()
            self._committed.clear()
            try:
                await self._hand_on()
            except Exception:
                log.exception("new facts could not be read; they will be")
                await asyncio.sleep(AGAIN_AFTER)
                self._committed.set()

    async def _hand_on(self) -> None:
        async with self._database.read() as session:
            facts = await facts_after(session, self._upto, BATCH)
        if not facts:
            return
        self._upto = facts[-1].number
        if len(facts) == BATCH:
            self._committed.set()
        for reader in self._readers:
            try:
                await reader(facts)
            except Exception:
                log.exception("a reader failed on the facts up to %d", self._upto)

    def _wake(self, first: int, last: int) -> None:
        self._committed.set()
