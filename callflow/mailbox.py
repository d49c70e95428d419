"""One mailbox per call: its events are handled one at a time, in the order in which they came."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from callflow import patience
from callflow.errors import StoreAwayError

log = logging.getLogger(__name__)

E = TypeVar("E")
R = TypeVar("R")

CAPACITY = 256
AGAIN_AFTER: Final = 1.0
"""Seconds after which an event that met no database is tried again."""


@dataclass(eq=False)
class _Letter(Generic[E, R]):
    event: E
    answer: asyncio.Future[R] | None
    """For who waits; None when nobody does."""
    withdrawn: bool = False


class Mailbox(Generic[E, R]):
    """A bounded queue of events and the task that handles them."""

    def __init__(self, name: str, handle: Callable[[E], Awaitable[R]], failed: Callable[[E, Exception], None]) -> None:
        self._queue: asyncio.Queue[_Letter[E, R]] = asyncio.Queue(CAPACITY)
        self._handle = handle
        self._failed = failed
        self._busy = False
        self._task = asyncio.create_task(self._run(), name=f"mailbox {name}")

    def post(self, event: E) -> None:
        """Leave an event. While the database is away it is kept, and later ones wait. Raises `asyncio.QueueFull`."""
        self._queue.put_nowait(_Letter(event, None))

    async def ask(self, event: E, limit: float | None = None) -> R:
        """Leave an event and wait for what came of it. Raises what handling it raised.

        Raises `StoreAwayError` after `limit` seconds, or those of `patience`: what was not begun by then never is, and
        what was begun may be committed yet.
        """
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        letter = _Letter(event, answer)
        self._queue.put_nowait(letter)
        try:
            await asyncio.wait({answer}, timeout=patience.LIMIT if limit is None else limit)
        except asyncio.CancelledError:
            answer.cancel()
            raise
        if answer.done():
            return answer.result()
        letter.withdrawn = True
        raise StoreAwayError("its answer takes too long")

    async def drained(self) -> None:
        """Wait until every event left so far was handled."""
        await self._queue.join()

    @property
    def idle(self) -> bool:
        """Whether no event waits or is being handled."""
        return self._queue.empty() and not self._busy

    async def close(self) -> None:
        """End the task; events that were not handled are dropped, and the sweeper finds their call.

        Who waits for an answer is cancelled.
        """
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        while not self._queue.empty():
            letter = self._queue.get_nowait()
            self._queue.task_done()
            if letter.answer is not None:
                letter.answer.cancel()

    async def _run(self) -> None:
        while True:
            letter = await self._queue.get()
            self._busy = True
            try:
                if not letter.withdrawn:
                    await self._open(letter)
            finally:
                self._busy = False
                self._queue.task_done()

    async def _open(self, letter: _Letter[E, R]) -> None:
        answer = letter.answer
        try:
            result = await (self._handle(letter.event) if answer else self._in_the_end(letter.event))
            if answer is not None and not answer.done():
                answer.set_result(result)
        except asyncio.CancelledError:
            if answer is not None:
                answer.cancel()
            raise
        except Exception as error:
            if answer is not None and not answer.done() and not letter.withdrawn:
                answer.set_exception(error)
            elif answer is None or not isinstance(error, StoreAwayError):  # else it was told that it was not done
                self._failed(letter.event, error)

    async def _in_the_end(self, event: E) -> R:
        """Handle what happened, which does not unhappen while the database is away."""
        while True:
            try:
                return await self._handle(event)
            except StoreAwayError as error:
                log.warning("%s waits for the database: %s", type(event).__name__, error)
                await asyncio.sleep(AGAIN_AFTER)
