"""The server's end of one media worker: its process, its control socket, and whether it is still of use."""

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from callflow.wiring import MediaEvent
from media.settings import MediaSettings
from signaling.media_worker.messages import (
    Answered,
    Begin,
    Counted,
    Happened,
    Message,
    NotReady,
    Order,
    Ping,
    Pong,
    ProtocolError,
    Question,
    Ready,
    Refused,
    Reply,
    encode,
    receive,
)

log = logging.getLogger(__name__)

ROOT: Final = Path(__file__).resolve().parents[2]
START_LIMIT_S: Final = 20.0
REPLY_LIMIT_S: Final = 3.0
PING_S: Final = 1.0
SILENT_LIMIT_S: Final = 5.0
"""A worker that says nothing for so long, pings unanswered, hangs: it is killed, and its calls go to another."""
END_LIMIT_S: Final = 1.5
MAX_UNREAD: Final = 8 << 20
"""Bytes that a worker may leave unread before it counts as hanging."""


class WorkerGoneError(Exception):
    """The worker ended, hangs, or could not start. The text says why."""


class Worker:
    """One running media worker. Make it with `spawn`; `ended` is set when it is of no use any more."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        on_event: Callable[[MediaEvent], None],
    ) -> None:
        self.ended = asyncio.Event()
        self.port = 0
        self._process = process
        self._reader, self._writer = streams
        self._on_event = on_event
        self._last_id = 0
        self._questions: dict[int, asyncio.Future[Reply]] = {}
        self._listening: asyncio.Task[None] | None = None
        self._pinging: asyncio.Task[None] | None = None
        self._heard_at = asyncio.get_running_loop().time()

    @classmethod
    async def spawn(cls, settings: MediaSettings, log_level: str, on_event: Callable[[MediaEvent], None]) -> Self:
        """Start a process and wait until its port is open. Raises `WorkerGoneError` when that fails."""
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "signaling.media_worker.main", str(theirs.fileno())),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                # Nothing secret: it reads what strangers send, and is told all it needs.
                env={name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
                | {"PYTHONPATH": path},
            )
        worker = cls(process, await asyncio.open_unix_connection(sock=ours), on_event)
        try:
            worker.send(Begin(settings, log_level))
            async with asyncio.timeout(START_LIMIT_S):
                first = await receive(worker._reader)
            if isinstance(first, NotReady):
                raise WorkerGoneError(first.why)
            if not isinstance(first, Ready):
                raise ProtocolError("the first message must be Ready")
        except (EOFError, TimeoutError, ProtocolError) as error:
            await worker.stop()
            raise WorkerGoneError("the media process did not start") from error
        except BaseException:
            await worker.stop()
            raise
        worker.port = first.port
        worker._heard_at = asyncio.get_running_loop().time()
        worker._listening = asyncio.create_task(worker._listen(), name=f"media worker {worker.pid}")
        worker._pinging = asyncio.create_task(worker._ping(), name=f"media worker {worker.pid} pings")
        return worker

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def send(self, order: Order | Question) -> None:
        """Send without waiting. A worker that does not read what it is sent has ended."""
        if self.ended.is_set():
            return
        self._writer.write(encode(order))
        if self._writer.transport.get_write_buffer_size() > MAX_UNREAD:
            self._give_up("does not read what it is told")

    async def ask(self, make: Callable[[int], Question]) -> Reply:
        """Send the question that `make` builds for an id, and return its reply. Raises `WorkerGoneError`."""
        if self.ended.is_set():
            raise WorkerGoneError("the media process has ended")
        self._last_id += 1
        asked = self._last_id
        future = self._questions[asked] = asyncio.get_running_loop().create_future()
        try:
            self.send(make(asked))
            async with asyncio.timeout(REPLY_LIMIT_S):
                return await future
        except TimeoutError:
            raise WorkerGoneError("the media process did not answer in time") from None
        finally:
            del self._questions[asked]

    async def stop(self) -> None:
        """Say no more, on which the process tells its last and ends; kill it when it does not. May be repeated."""
        self._over()
        try:
            async with asyncio.timeout(END_LIMIT_S):
                if self._writer.can_write_eof() and not self._writer.is_closing():
                    self._writer.write_eof()
                if self._listening is not None:
                    await self._listening
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        finally:
            tasks = [task for task in (self._listening, self._pinging) if task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._writer.close()

    async def _listen(self) -> None:
        try:
            while True:
                message = await receive(self._reader)
                self._heard_at = asyncio.get_running_loop().time()
                self._take(message)
        except EOFError:
            self._give_up("has ended")
        except ProtocolError as error:
            self._give_up(f"writes nonsense ({error})")

    def _take(self, message: Message) -> None:
        match message:
            case Answered() | Refused() | Counted():
                future = self._questions.get(message.id)
                if future is not None and not future.done():
                    future.set_result(message)
            case Happened(event=event):
                try:
                    self._on_event(event)
                except Exception:
                    log.exception("%s was not taken", event)
            case Pong():
                pass
            case _:
                raise ProtocolError(f"{type(message).__name__} is not for the server")

    async def _ping(self) -> None:
        loop = asyncio.get_running_loop()
        looked_at = loop.time()
        while True:
            await asyncio.sleep(PING_S)
            now = loop.time()
            if now - looked_at > 2 * PING_S:
                self._heard_at = now  # it was us who slept
            looked_at = now
            if now - self._heard_at > SILENT_LIMIT_S:
                self._give_up("hangs")
                return
            self.send(Ping())

    def _give_up(self, why: str) -> None:
        if not self.ended.is_set():
            log.error("media process %s %s", self.pid, why)
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._over()

    def _over(self) -> None:
        self.ended.set()
        for future in self._questions.values():
            if not future.done():
                future.set_exception(WorkerGoneError("the media process has ended"))
