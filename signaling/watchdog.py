"""Ends a process whose event loop stands still, so that its service manager starts it again.

No call is lost by that: calls are rows, and pages come back into them as after a kill (reliability, section 3). A call
whose server stands still and does not end is lost to everybody. What this cannot see is a loop that stands still inside
a C function which holds the interpreter's lock: then no thread of Python runs. A media worker needs none: the server
kills one that does not answer (`media_worker/worker.py`).
"""

import asyncio
import faulthandler
import logging
import os
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

log = logging.getLogger(__name__)

LIMIT_S: Final = 10.0
LOOKS: Final = 10
"""How often it is looked within the limit."""
EXIT_CODE: Final = 70
"""An internal software error (EX_SOFTWARE of sysexits.h): neither 0 nor what a wrong setting gives."""
TELL_LIMIT_S: Final = 2.0
"""Whoever reads the log may be what everything waits for."""


class Pulse:
    """When a loop was last alive, as seen by a thread that looks at it again and again."""

    def __init__(self, limit_s: float, now: float) -> None:
        self._limit = limit_s
        self._beat_at = now
        self._looked_at = now

    def beat(self, now: float) -> None:
        """The loop is alive."""
        self._beat_at = now

    def stopped(self, now: float) -> bool:
        """Say whether the loop has stood still for too long. A look that comes late itself begins to count anew."""
        if now - self._looked_at > 3 * self._limit / LOOKS:
            self._beat_at = now  # the machine was suspended, or the process, or there was no time for either
        self._looked_at = now
        return now - self._beat_at > self._limit


@contextmanager
def watched(limit_s: float = LIMIT_S) -> Generator[None]:
    """Watch the running loop until the block ends. The process ends with `EXIT_CODE` when it stands still."""
    loop = asyncio.get_running_loop()
    pulse, over, every = Pulse(limit_s, time.monotonic()), threading.Event(), limit_s / LOOKS

    def beat() -> None:
        if not over.is_set():
            pulse.beat(time.monotonic())
            loop.call_later(every, beat)

    def watch() -> None:
        while not over.wait(every):
            if pulse.stopped(time.monotonic()):
                _end(limit_s)

    beat()
    threading.Thread(target=watch, name="watchdog", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _end(limit_s: float) -> None:
    def tell() -> None:
        faulthandler.dump_traceback()  # first, since it needs no lock
        log.critical("nothing has moved for %g s: the process ends, to be started again", limit_s)

    telling = threading.Thread(target=tell, daemon=True)
    telling.start()
    telling.join(TELL_LIMIT_S)
    os._exit(EXIT_CODE)
