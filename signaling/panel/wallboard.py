"""Pushes the wallboard to the panels that show it, soon after each change but not more than about twice a second."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Final

from callflow.clock import Clock
from conversations.calls.board import AgentWord, Board, Figures
from conversations.calls.wallboard import read_board, stuck
from conversations.db.database import Database
from conversations.db.facts import LoggedFact
from signaling.models.wallboard import AgentCounts, Wallboard, WallboardFigures, WallboardQueue
from signaling.panel.hub import Hub
from signaling.views import ref

log = logging.getLogger(__name__)

GAP: Final = 0.5
"""Seconds between two pushes, at least."""
EFFORT: Final = 10
"""However long the reading takes, this many times as long is rested from it."""
EVERY: Final = 5.0
"""Seconds after which it is pushed although no fact told of a change: midnight comes, and so may something stuck."""
_CONCERNING: Final = ("call.", "agent.", "queue.", "user.")


class WallboardFeed:
    """The live wallboard."""

    def __init__(self, database: Database, hub: Hub, clock: Clock) -> None:
        self._database = database
        self._hub = hub
        self._clock = clock
        self._due = asyncio.Event()

    async def tell(self, facts: Sequence[LoggedFact]) -> None:
        """Note that something happened. A reader of the feed."""
        if any(logged.fact.kind.startswith(_CONCERNING) for logged in facts):
            self._due.set()

    def show(self) -> None:
        """Push soon: a panel has just opened it."""
        self._due.set()

    async def run(self) -> None:
        """Push, until cancelled."""
        while True:
            try:
                async with asyncio.timeout(EVERY):
                    await self._due.wait()
            except TimeoutError:
                pass
            self._due.clear()
            begun = time.monotonic()
            try:
                await self._push()
            except Exception:
                log.exception("the wallboard could not be read; it will be")
            await asyncio.sleep(max(GAP, EFFORT * (time.monotonic() - begun)))

    async def read(self) -> Wallboard:
        """Return the wallboard as it is now."""
        now = self._clock.now()
        async with self._database.read() as session:
            found, late = await read_board(session, now), await stuck(session, now)
        return Wallboard(
            now=now,
            day_began=found.day_began,
            total=_shown(found.total),
            queues=_rows(found),
            stuck=sum(late.values()),
        )

    async def _push(self) -> None:
        if self._hub.watches_wallboard():
            self._hub.push_wallboard(await self.read())


def _rows(found: Board) -> list[WallboardQueue]:
    return [WallboardQueue(queue=ref(row.queue), open=row.open, figures=_shown(row.figures)) for row in found.queues]


def _shown(figures: Figures) -> WallboardFigures:
    return WallboardFigures(
        waiting=figures.waiting,
        waiting_since=figures.waiting_since,
        callbacks=figures.callbacks,
        talking=figures.talking,
        answered=figures.answered,
        abandoned=figures.abandoned,
        sl1=figures.level.of_answered,
        sl2=figures.level.of_all,
        target_percent=figures.target_percent,
        target_seconds=figures.target_seconds,
        agents=AgentCounts(**{word.value: figures.agents.get(word, 0) for word in AgentWord}),
    )
