"""What becomes of the media plane's measures of legs: pushed to the panel of the call, and kept when a leg is over."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final

from callflow.call import Call
from callflow.ids import AgentId, CallId, LegId
from callflow.wiring import LegMeasured, LegQuality, LegSummed, MediaEvent
from conversations.calls.quality import save
from conversations.db.database import Database, to_the_end
from signaling.models import quality as wire

log = logging.getLogger(__name__)

PUSH_EVERY: Final = 2.0
"""Seconds between two pushes about one call."""
TOGETHER: Final = 0.5
"""Seconds: the legs of a call that end within this time are kept, and told of, at once."""
WAITING: Final = 2_000
"""Summaries that may wait for the database."""

Push = Callable[[AgentId, wire.CallQuality], None]


class LegQualities:
    """Takes the media plane's measures. `live` names a live call, `push` reaches an agent's panels."""

    def __init__(self, database: Database, live: Callable[[CallId], Call | None], push: Push) -> None:
        self._database = database
        self._live = live
        self._push = push
        self._latest: dict[CallId, dict[LegId, LegQuality]] = {}
        self._ended: deque[LegSummed] = deque()
        self._has_ended = asyncio.Event()

    def take(self, event: MediaEvent) -> None:
        """Note a measure; returns at once."""
        match event:
            case LegMeasured(call=call, leg=leg, quality=quality):
                self._latest.setdefault(call, {})[leg] = quality
            case LegSummed():
                # Who was sent nothing has heard nobody: an agent whose ring was never answered.
                if event.average.down.bits_per_second == 0:
                    return
                if len(self._ended) == WAITING:
                    log.warning("how the line of %s was is not kept: the database is too slow", event.leg)
                    return
                self._ended.append(event)
                self._has_ended.set()
            case _:
                return

    async def push(self) -> None:
        """Tell the panels what is new, every 2 s, until cancelled."""
        while True:
            await asyncio.sleep(PUSH_EVERY)
            latest, self._latest = self._latest, {}
            for call, legs in latest.items():
                try:
                    self._tell(call, legs)
                except Exception:
                    log.exception("the panel of call %s could not be told how its lines are", call)

    async def keep(self) -> None:
        """Write down what legs were like, until cancelled."""
        while True:
            await self._has_ended.wait()
            await asyncio.sleep(TOGETHER)
            await self.save()

    async def save(self) -> None:
        """Write down what waits. A call that fails is logged, and left out."""
        self._has_ended.clear()
        for call in dict.fromkeys(leg.call for leg in self._ended):
            # A stop in the middle must neither lose them nor leave them to be written again.
            await to_the_end(self._save(call))

    async def _save(self, call: CallId) -> None:
        legs = [leg for leg in self._ended if leg.call == call]
        try:
            async with self._database.write() as write:
                await save(write, call, legs)
        except Exception:
            log.exception("how the lines of call %s were could not be kept", call)
        for leg in legs:
            self._ended.remove(leg)

    def _tell(self, call_id: CallId, legs: dict[LegId, LegQuality]) -> None:
        call = self._live(call_id)
        theirs = legs.get(call.customer_leg.id) if call is not None else None
        for party in call.parties if call is not None else ():
            if party.person is None:
                continue
            mine = legs.get(party.leg.id)
            self._push(
                party.person,
                wire.CallQuality(
                    call_id=call_id,
                    mine=None if mine is None else wire.LegQuality.model_validate(mine),
                    theirs=None if theirs is None else wire.LegQuality.model_validate(theirs),
                ),
            )
