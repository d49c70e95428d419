"""A process for what takes long and may wait: one piece of work at a time, at the lowest priority."""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

NICENESS: Final = 19
TRIES: Final = 2
"""A process may be killed for what another did to the machine's memory; twice is no accident."""


class WorkerError(Exception):
    """The work was not done. `code` is stable; the text is a sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Worker:
    """The process; begun at the first piece of work, and again when it has died.

    One that is `last` gets only what nothing else on the machine wants, where the system has that (SCHED_IDLE).
    """

    def __init__(self, *, last: bool = False) -> None:
        self._last = last
        self._pool: ProcessPoolExecutor | None = None
        self._pid = 0
        self._closed = False
        # Work waits here and not in the pool: what kills the process then takes nothing else with it.
        self._one = asyncio.Lock()

    async def run(self, limit_s: float, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Do `function` in the process; what it raises is raised here. Raises `WorkerError`."""
        async with self._one:
            for _ in range(TRIES):
                if self._closed:
                    raise WorkerError("closed", "The server is being stopped.")
                limit = asyncio.timeout(limit_s)
                try:
                    async with limit:
                        pool = await asyncio.to_thread(self._begin)
                        return await asyncio.wrap_future(pool.submit(function, *arguments, **named))
                except BrokenProcessPool:
                    self._end()
                except asyncio.CancelledError:
                    self._end()
                    raise
                except TimeoutError as exc:
                    if not limit.expired():
                        raise
                    self._end()
                    raise WorkerError("took_too_long", f"The work was stopped after {limit_s:g} seconds.") from exc
        raise WorkerError("died", "The process that did the work was ended from outside, twice.")

    def close(self) -> None:
        """End the process, whatever it does: all its work can be begun again."""
        self._closed = True
        self._end()

    def _begin(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(1, context, _prepare, (self._last,))
            self._pid = self._pool.submit(os.getpid).result()
        return self._pool

    def _end(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            if self._pid:
                with suppress(ProcessLookupError):
                    os.kill(self._pid, signal.SIGKILL)
            self._pid = 0
            pool.shutdown(wait=False, cancel_futures=True)


def _prepare(last: bool) -> None:
    """Step back behind everything else, and end with the process that waits for the work."""
    os.nice(NICENESS)
    if last and hasattr(os, "SCHED_IDLE"):
        with suppress(OSError):  # a sandbox may forbid it; being nice has to do then
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
