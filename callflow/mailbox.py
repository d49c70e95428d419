"""One mailbox per call: its events are handled one at a time, in the order in which they came."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

E = TypeVar("E")
R = TypeVar("R")

CAPACITY = 256


class Mailbox(Generic[E, R]):
    """A bounded queue of events and the task that handles them."""

    def __init__(self, name: str, handle: Callable[[E], Awaitable[R]], failed: Callable[[E, Exception], None]) -> None:
        self._queue: asyncio.Queue[tuple[E, asyncio.Future[R] | None]] = asyncio.Queue(CAPACITY)
        self._handle = handle
        self._failed = failed
        self._busy = False
        self._task = asyncio.create_task(self._run(), name=f"mailbox {name}")

    def post(self, event: E) -> None:
        """Leave an event. Raises `asyncio.QueueFull`."""
        self._queue.put_nowait((event, None))

    async def ask(self, event: E) -> R:
        """Leave an event and wait for what came of it. Raises what handling it raised."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((event, answer))
        return await answer

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
            _, answer = self._queue.get_nowait()
            self._queue.task_done()
            if answer is not None:
                answer.cancel()

    async def _run(self) -> None:
        while True:
            event, answer = await self._queue.get()
            self._busy = True
            try:
                result = await self._handle(event)
                if answer is not None and not answer.done():
                    answer.set_result(result)
            except asyncio.CancelledError:
                if answer is not None:
                    answer.cancel()
                raise
            except Exception as error:
                if answer is not None and not answer.done():
                    answer.set_exception(error)
                else:
                    self._failed(event, error)
            finally:
                self._busy = False
                self._queue.task_done()
