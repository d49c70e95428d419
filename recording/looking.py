"""Looking for work again and again: what failed is logged, and the next look comes by itself."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from recording.leases import Pause

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 1.0


async def work_off(what: str, one: Callable[[], Awaitable[bool]], pause: Pause) -> None:
    """Do `one` piece after the other while there is any, and look again each second, until cancelled."""
    while True:
        try:
            while await one():
                pass
        except Exception:
            log.exception("Looking for %s failed; the next look comes by itself", what)
        await pause(LOOK_EVERY_S)
