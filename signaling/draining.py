"""Stopping without cutting anybody off: no new calls, and the end when nobody talks or rings any more."""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from callflow.engine import Engine
from conversations.calls.store import CallTransaction
from signaling.intake import Intake
from signaling.panel.hub import Hub

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 0.1
"""Seconds between two looks whether a call is still carried."""


class Stop:
    """What the signals ask: the first one for an end when nobody talks any more, a second one for an end now."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.at_once = asyncio.Event()

    def ask(self) -> None:
        """Take a signal."""
        (self.at_once if self.asked.is_set() else self.asked).set()


class Drain:
    """Lets the calls of a server that is about to stop come to their own end."""

    def __init__(self, engine: Engine[CallTransaction], intake: Intake, hub: Hub) -> None:
        self._engine = engine
        self._intake = intake
        self._hub = hub

    async def run(self, limit_s: float, at_once: asyncio.Event) -> None:
        """Let no new call in and offer no more; return when nobody talks or rings, at the limit, or at once.

        Who waits keeps waiting, and has the place after the next start. Who talks at the limit goes on then.
        """
        self._intake.close()
        self._engine.offer_nothing()
        if self._engine.carried == 0:
            return
        self._hub.restarting()
        sentence = "stopping when nobody talks any more (%d calls), in %g s at the latest; a second signal stops now"
        log.warning(sentence, self._engine.carried, limit_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while self._engine.carried and not at_once.is_set():
                    with suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_EVERY):
                            await at_once.wait()
        if left := self._engine.carried:
            log.warning("stopping now: %d calls go on after the next start", left)
