"""The process of one media worker: a media plane that obeys the control socket, and ends with it.

Started by `worker.py` as ``python -m signaling.media_worker.main FD``. It binds the recording's journal to the media
plane's taps, so that packets go to the disk without ever crossing to another process.
"""

import asyncio
import errno
import gc
import logging
import os
import signal
import socket
import sys
import time
from typing import Final

from callflow.wiring import MediaEvent, MediaRefusedError
from media.plane import MediaPlane
from media.prompts import PromptError
from media.settings import MediaSettings
from signaling.log import set_up_log
from signaling.media_worker.messages import (
    Answered,
    Begin,
    Close,
    Count,
    Counted,
    Happened,
    Hush,
    Message,
    NotReady,
    Open,
    Ping,
    Play,
    Pong,
    ProtocolError,
    Ready,
    Refused,
    Reopen,
    WireCall,
    encode,
    receive,
)
from signaling.media_worker.tap_watch import TapWatch

log = logging.getLogger(__name__)

PORT_LIMIT_S: Final = 3.0
"""How long a worker waits for the port of the one before it, which frees it within a second of its server's end."""
FAREWELL_LIMIT_S: Final = 0.5
"""How long the goodbyes to the browsers and the last writes of the taps may take."""


class Process:
    """One media plane and the control socket that it obeys."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._plane: MediaPlane | None = None
        self._taps = TapWatch(self._tell)

    async def run(self) -> None:
        """Serve until the server closes the socket or asks for nonsense."""
        try:
            begin = await receive(self._reader)
            if not isinstance(begin, Begin):
                raise ProtocolError("the first message must be Begin")
            set_up_log(begin.log_level)
            plane = await self._start(begin.settings)
            if plane is None:
                return
            watch = asyncio.create_task(self._taps.run(), name="tap watch")
            try:
                while True:
                    await self._obey(plane, await receive(self._reader))
            finally:
                watch.cancel()
        except EOFError:
            log.debug("the server is gone, and so is this media worker")
        except ProtocolError as error:
            log.error("the control socket: %s", error)

    async def stop(self) -> None:
        """Say goodbye to the browsers, tell the server the legs' last figures, and free the port."""
        try:
            async with asyncio.timeout(FAREWELL_LIMIT_S):
                if self._plane is not None:
                    await self._plane.stop()
                self._writer.close()
                await self._writer.wait_closed()
        except TimeoutError:
            log.warning("the farewells were cut short")
        except OSError:  # a server that was killed
            log.debug("nobody heard the farewells")

    async def _start(self, settings: MediaSettings) -> MediaPlane | None:
        give_up = time.monotonic() + PORT_LIMIT_S
        while True:
            plane = self._plane = MediaPlane(settings, self._tell, self._taps.writer)
            try:
                await plane.start()
            except OSError as error:
                if error.errno == errno.EADDRINUSE and time.monotonic() < give_up:
                    await asyncio.sleep(0.1)
                    continue
                self._say(NotReady(error.strerror or str(error)))
                return None
            except PromptError as error:
                self._say(NotReady(str(error)))
                return None
            # Everything made so far lives as long as the process: collections need not look at it.
            gc.collect()
            gc.freeze()
            self._say(Ready(plane.port))
            return plane

    async def _obey(self, plane: MediaPlane, message: Message) -> None:
        try:
            match message:
                case Open(id=asked, call=call, leg=leg, offer=offer, codecs=codecs):
                    self._say(Answered(asked, await plane.open(call, leg, offer, codecs)))
                case Reopen(id=asked, leg=leg, offer=offer):
                    self._say(Answered(asked, await plane.reopen(leg, offer)))
                case Count(id=asked):
                    self._say(Counted(asked, plane.counters()))
                case WireCall(call=call, epoch=epoch, wiring=wiring, taps=taps):
                    plane.wire(call, epoch, wiring, taps)
                case Play(leg=leg, prompt=prompt):
                    plane.play(leg, prompt)
                case Hush(leg=leg):
                    plane.hush(leg)
                case Close(leg=leg):
                    plane.close(leg)
                case Ping():
                    self._say(Pong())
                case _:
                    raise ProtocolError(f"{type(message).__name__} is not for a worker")
        except ProtocolError:
            raise
        except Exception as error:
            # One request that fails must not end the process, which carries every call.
            if not isinstance(error, MediaRefusedError):
                log.exception("%s failed", type(message).__name__)
                error = MediaRefusedError("media_failed", "The sound of this call could not be set up.")
            if isinstance(message, Open | Reopen):
                self._say(Refused(message.id, error.code, str(error)))

    def _tell(self, event: MediaEvent) -> None:
        self._say(Happened(event))

    def _say(self, message: Message) -> None:
        if not self._writer.is_closing():  # else nobody hears it
            self._writer.write(encode(message))


async def _serve(control: socket.socket) -> None:
    reader, writer = await asyncio.open_unix_connection(sock=control)
    process = Process(reader, writer)
    try:
        await process.run()
    except Exception:
        log.exception("the media worker failed")
    finally:
        await process.stop()
        # At once: what still hangs in a thread, such as a write to a dead disk, must not keep the port.
        os._exit(0)


def main() -> None:
    """Run until the control socket closes."""
    # A terminal or a service manager signals the whole group; the server decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    asyncio.run(_serve(socket.socket(fileno=int(sys.argv[1]))))


if __name__ == "__main__":
    main()
