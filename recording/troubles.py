"""Says in the row of a recording that its disk is full, broken or hangs, as long as it is so (S16)."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from callflow.facts import AUTOMATION
from callflow.ids import LegId, RecordingId
from callflow.wiring import LegDown, LostBecause, MediaEvent, TapTrouble
from conversations.db.database import Database
from recording.catalogue import changed_fact
from recording.states import RecordingState
from recording.tables import RecordingRow

log = logging.getLogger(__name__)

AGAIN_S: Final = 1.0
"""The database may lie on the same disk."""


class DiskTrouble(StrEnum):
    """What people are told of the disk for recordings; the worst is first."""

    FULL = "disk_full"
    FAILED = "disk_failed"
    NO_SPACE = "no_space"
    """So little is left that no new recording is begun."""
    SLOW = "disk_slow"
    LOW_SPACE = "low_space"


def worst(found: Iterable[DiskTrouble]) -> DiskTrouble | None:
    """Return the one that matters most; None when there is none."""
    order = list(DiskTrouble)
    return min(found, key=order.index, default=None)


class Troubles:
    """Takes what media workers tell of their taps, and writes it down."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._legs: dict[LegId, TapTrouble] = {}
        self._outdated: set[RecordingId] = set()
        self._wake = asyncio.Event()

    def take(self, event: MediaEvent) -> None:
        """Note a trouble or its end; returns at once."""
        match event:
            case TapTrouble(leg=leg, why=None):
                self._over(leg)
                self._outdate(event.recording)
            case TapTrouble(leg=leg):
                self._legs[leg] = event
                self._outdate(event.recording)
            case LegDown(leg=leg, because=LostBecause.WORKER):
                self._over(leg)
            case _:
                pass

    def disks(self) -> Sequence[tuple[RecordingId, DiskTrouble]]:
        """Return what is the matter at present with the disk of each recording that has trouble, leg by leg."""
        return [(one.recording, DiskTrouble(one.why)) for one in self._legs.values() if one.why is not None]

    def counted(self) -> Mapping[str, int]:
        """Count the legs in trouble, by the reason."""
        return Counter(str(trouble.why) for trouble in self._legs.values())

    async def run(self) -> None:
        """Write what was told until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            for recording in list(self._outdated):
                self._outdated.discard(recording)  # before it is written: what is told meanwhile is written as well
                try:
                    await self._write(recording)
                except Exception:
                    self._outdated.add(recording)
                    log.exception("that %s has trouble with its disk was not written down; tried again", recording)
            if self._outdated:
                await asyncio.sleep(AGAIN_S)
                self._wake.set()

    def _over(self, leg: LegId) -> None:
        before = self._legs.pop(leg, None)
        if before is not None:
            self._outdate(before.recording)

    def _outdate(self, recording: RecordingId) -> None:
        self._outdated.add(recording)
        self._wake.set()

    async def _write(self, recording: RecordingId) -> None:
        whys = sorted(str(trouble.why) for trouble in self._legs.values() if trouble.recording == recording)
        why = whys[0] if whys else None
        async with self._database.write() as write:
            row = await write.session.get(RecordingRow, recording, with_for_update=True)
            if row is None or row.state is not RecordingState.RECORDING or row.why == why:
                return
            row.why = why
            row.partial = True
            row.epoch += 1
            write.fact(changed_fact(row, AUTOMATION))
