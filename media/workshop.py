"""One process for speech and for files that people send: whatever they do to it, no call and no request notices."""

import asyncio
import multiprocessing
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from media.failures import Failed, SoundError

P = ParamSpec("P")
T = TypeVar("T")

JOB_LIMIT_S: Final = 60
"""A job that takes longer ends the process."""
MEMORY_LIMIT: Final = 2 << 30
"""Bytes that jobs may take, where the system can tell: ten minutes of sound take a quarter of it."""


class Workshop:
    """Runs functions of `media.voices` and `media.uploads`, one at a time. The process starts with the first job."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def run(self, job: Callable[P, T | Failed], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what a job returns; a job whose process died is tried once more in a new one. Raises `SoundError`."""
        for _ in range(2):
            pool = self._pool = self._pool or _new_pool()
            try:
                done = await asyncio.wrap_future(pool.submit(_limited, job, args, kwargs))
            except BrokenProcessPool:
                if self._pool is pool:
                    self._pool = None
                pool.shutdown(wait=False)
                continue
            except MemoryError:
                break
            if isinstance(done, Failed):
                raise SoundError(done)
            return done
        raise SoundError(Failed("sound_failed", "The sound could not be made: the work took too long or broke off."))

    async def stop(self) -> None:
        """End the process. May be repeated."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown, cancel_futures=True)


def _new_pool() -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")  # a fork would inherit the loop and its locks
    return ProcessPoolExecutor(1, mp_context=context, initializer=_begin)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal signals the whole group; the server says when to end
    _limit_memory()
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - for good: pyttsx3 prints
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _limit_memory() -> None:
    statm = Path("/proc/self/statm")
    if statm.exists():
        most = int(statm.read_text().split()[0]) * resource.getpagesize() + MEMORY_LIMIT
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _end_with_parent() -> None:
    """A server that was killed cannot end this process, which would wait for jobs for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(0)


def _limited(job: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]) -> T:
    signal.alarm(JOB_LIMIT_S)  # ends the process: nothing else stops what runs in C
    try:
        return job(*args, **kwargs)
    finally:
        signal.alarm(0)
