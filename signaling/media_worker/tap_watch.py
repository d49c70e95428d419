"""Whether the taps of a media worker are written: tells the server when a disk is full, broken or hangs (S16)."""

import asyncio
from collections.abc import Callable
from typing import Final

from callflow.ids import LegId
from callflow.wiring import TapTrouble, TapWhy
from recording.journal import Journal, JournalWriter

LOOK_EVERY_S: Final = 1.0
SLOW_S: Final = 2.0
"""A round of writing takes milliseconds. The queues of the taps hold half a minute."""


class TapWatch:
    """Owns the writer of the taps, and compares how they fare with what was told last."""

    def __init__(self, tell: Callable[[TapTrouble], None]) -> None:
        self.writer = JournalWriter(self._changed)
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._told: dict[LegId, TapTrouble] = {}

    async def run(self) -> None:
        """Look until cancelled: a disk that hangs calls nobody, and neither does a tap that is closed."""
        while True:
            self._look()
            await asyncio.sleep(LOOK_EVERY_S)

    def _changed(self, _: Journal) -> None:
        self._loop.call_soon_threadsafe(self._look)

    def _look(self) -> None:
        slow = TapWhy.SLOW if self.writer.behind_s > SLOW_S else None
        now: dict[LegId, TapTrouble] = {}
        for journal in self.writer.journals:
            if why := journal.trouble or slow:
                now[journal.leg] = TapTrouble(journal.recording, journal.leg, why)
        before, self._told = self._told, now
        for leg, trouble in now.items():
            if before.get(leg) != trouble:
                self._tell(trouble)
        for leg, trouble in before.items():
            if leg not in now:
                self._tell(TapTrouble(trouble.recording, leg, None))
