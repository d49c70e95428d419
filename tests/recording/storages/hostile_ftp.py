"""An FTP server that misbehaves as it is told: the faults of reliability S15, and names that come out shorter."""

import asyncio
import contextlib
import random
import ssl
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from socket import SO_RCVBUF, SOCK_STREAM, SOL_SOCKET, socket
from typing import Final

from tests.flow.server import free_port

PASSWORD: Final = "an FTP password"
SHORTEST: Final = 24
"""So many characters of a name are left where names are truncated."""


class Trouble(StrEnum):
    """What the server does wrong."""

    DOWN = "down"
    HANGS_AT_CONNECT = "hangs at connect"
    HANGS_IN_DATA = "hangs in data"
    SLOW = "8 kbit/s"
    WRONG_PASSWORD = "wrong password"
    NO_RIGHTS = "no rights"
    QUOTA_FULL = "quota full"
    CUT_BEFORE_226 = "control cut before 226"
    DATA_CUT = "data cut at byte N"
    KEEPS_NOTHING = "226 but nothing kept"
    SIZE_LIES = "SIZE lies"
    RNTO_REFUSED = "RNTO refused"
    PASV_FOREIGN = "PASV with a foreign address"
    PASV_BLOCKED = "PASV blocked"
    BAD_CERTIFICATE = "bad certificate"
    NAMES_TRUNCATED = "names truncated"


class HostileFtp:
    """A server on a folder. What is wrong is drawn for each session."""

    def __init__(self, root: Path, good: ssl.SSLContext | None = None, bad: ssl.SSLContext | None = None) -> None:
        self.root = root
        self.port = free_port(SOCK_STREAM)
        self.draw: Callable[[], Trouble | None] = lambda: None
        self.cut_at = random.Random(15)
        self.sessions = 0
        self.good, self.bad = good, bad
        self.foreign = "192.0.2.7"
        self.slow_bytes_per_s = 1000
        self.replies = 1 << 30
        """After so many lines of a session its control connection is cut instead of the next one."""
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def suffer(self, trouble: Trouble | None) -> None:
        """Do this wrong from now on, or nothing; sessions that run are ended."""
        self.draw = lambda: trouble
        await self.stop()
        if trouble is not Trouble.DOWN:
            await self.start()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Stop listening, and end every session."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.sessions += 1
        session = _Session(self, reader, writer, self.draw())
        try:
            with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
                await session.run()
        finally:
            session.close()
            writer.transport.abort()
            self._tasks.discard(task)


class _Session:
    def __init__(
        self, server: HostileFtp, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, trouble: Trouble | None
    ) -> None:
        self._server, self._reader, self._writer = server, reader, writer
        self._trouble = trouble
        self._secure = False
        self._said = 0
        self._offset = 0
        self._from: Path | None = None
        self._listener: asyncio.Server | None = None
        self._data: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        self._commands: dict[str, Callable[[str], Awaitable[None]]] = {
            "USER": self._user, "PASS": self._pass, "FEAT": self._feat, "AUTH": self._auth, "SIZE": self._size,
            "EPSV": self._epsv, "PASV": self._pasv, "STOR": self._stor, "RETR": self._retr, "REST": self._rest,
            "RNFR": self._rnfr, "RNTO": self._rnto, "DELE": self._dele, "MKD": self._mkd, "MLSD": self._mlsd,
        }  # fmt: skip

    async def run(self) -> None:
        if self._trouble is Trouble.HANGS_AT_CONNECT:
            await asyncio.sleep(3600)
        await self._say("220 Welcome")
        while line := await self._reader.readline():
            word, _, rest = line.decode().strip().partition(" ")
            if word == "QUIT":
                return
            handler = self._commands.get(word)
            await (
                handler(rest) if handler else self._say("200 Fine" if word in ("TYPE", "PBSZ", "PROT") else "502 No")
            )

    def close(self) -> None:
        if self._listener is not None:
            self._listener.close()
        while not self._data.empty():
            self._data.get_nowait()[1].transport.abort()

    async def _say(self, text: str) -> None:
        self._said += 1
        if self._said > self._server.replies:
            raise ConnectionResetError
        self._writer.write(f"{text}\r\n".encode())
        await self._writer.drain()

    def _path(self, text: str) -> Path:
        folder, _, name = text.rpartition("/")
        if self._trouble is Trouble.NAMES_TRUNCATED:
            name = name[:SHORTEST]
        path = (self._server.root / folder / name).resolve()
        assert path.is_relative_to(self._server.root.resolve())
        return path

    async def _user(self, _: str) -> None:
        await self._say("331 Password?")

    async def _pass(self, password: str) -> None:
        wrong = password != PASSWORD or self._trouble is Trouble.WRONG_PASSWORD
        await self._say("530 Login incorrect." if wrong else "230 Come in.")

    async def _feat(self, _: str) -> None:
        await self._say("211-Features:\r\n MLST type*;size*;\r\n REST STREAM\r\n SIZE\r\n211 End")

    async def _auth(self, _: str) -> None:
        context = self._server.bad if self._trouble is Trouble.BAD_CERTIFICATE else self._server.good
        if context is None:
            await self._say("502 No TLS here.")
            return
        await self._say("234 Go ahead.")
        await self._writer.start_tls(context)
        self._secure = True

    async def _size(self, text: str) -> None:
        path = self._path(text)
        if not path.is_file():
            await self._say("550 No such file.")
            return
        await self._say(f"213 {path.stat().st_size + (1 if self._trouble is Trouble.SIZE_LIES else 0)}")

    async def _epsv(self, _: str) -> None:
        if self._trouble is Trouble.PASV_FOREIGN:
            await self._say("502 No EPSV.")
            return
        await self._say(f"229 Here (|||{await self._listen()}|)")

    async def _pasv(self, _: str) -> None:
        port = await self._listen()
        address = self._server.foreign.replace(".", ",")
        await self._say(f"227 Here ({address},{port >> 8},{port & 255})")

    async def _listen(self) -> int:
        if self._trouble is Trouble.PASV_BLOCKED:
            return free_port(SOCK_STREAM)
        self.close()
        sock = socket()
        if self._trouble is Trouble.SLOW:
            sock.setsockopt(SOL_SOCKET, SO_RCVBUF, 2048)
        sock.bind(("127.0.0.1", 0))
        limit = 1024 if self._trouble is Trouble.SLOW else 1 << 16
        self._listener = await asyncio.start_server(
            lambda reader, writer: self._data.put_nowait((reader, writer)), sock=sock, limit=limit
        )
        port: int = sock.getsockname()[1]
        return port

    async def _open_data(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await self._data.get()
        assert self._listener is not None
        self._listener.close()
        await self._say("150 Opening.")
        if self._secure and self._server.good is not None:
            await writer.start_tls(self._server.good)
        return reader, writer

    async def _stor(self, text: str) -> None:
        path = self._path(text)
        if self._trouble is Trouble.NO_RIGHTS or not path.parent.is_dir():
            await self._say("550 Permission denied.")
            return
        reader, writer = await self._open_data()
        try:
            content, whole = await self._received(reader)
        finally:
            writer.transport.abort()
        if self._trouble is not Trouble.KEEPS_NOTHING:
            path.write_bytes(content)
        if self._trouble is Trouble.CUT_BEFORE_226:
            raise ConnectionResetError
        if self._trouble is Trouble.QUOTA_FULL:
            await self._say("552 Quota exceeded.")
            return
        await self._say("226 Done." if whole else "426 Cut.")

    async def _received(self, reader: asyncio.StreamReader) -> tuple[bytes, bool]:
        if self._trouble is Trouble.HANGS_IN_DATA:
            await asyncio.sleep(3600)
        content = bytearray()
        stop = 1 << 30
        if self._trouble in (Trouble.DATA_CUT, Trouble.QUOTA_FULL):
            stop = self._server.cut_at.choice((0, 1, 700, 1 << 12, 1 << 14))
        while len(content) < stop:
            chunk = await reader.read(
                min(1 << 16, stop - len(content), 500 if self._trouble is Trouble.SLOW else 1 << 16)
            )
            if not chunk:
                return bytes(content), True
            content += chunk
            if self._trouble is Trouble.SLOW:
                await asyncio.sleep(len(chunk) / self._server.slow_bytes_per_s)
        return bytes(content), False

    async def _rest(self, offset: str) -> None:
        self._offset = int(offset)
        await self._say("350 From there.")

    async def _retr(self, text: str) -> None:
        offset, self._offset = self._offset, 0
        path = self._path(text)
        if not path.is_file():
            await self._say("550 No such file.")
            return
        await self._send(path.read_bytes()[offset:])

    async def _mlsd(self, text: str) -> None:
        folder = self._server.root / text
        if not folder.is_dir():
            await self._say("550 No such folder.")
            return
        await self._send("".join(f"type=file;size=1; {each.name}\r\n" for each in folder.iterdir()).encode())

    async def _send(self, content: bytes) -> None:
        _, writer = await self._open_data()
        writer.write(content)
        await writer.drain()
        writer.close()
        await self._say("226 Done.")

    async def _rnfr(self, text: str) -> None:
        self._from = self._path(text)
        await self._say("350 And to?" if self._from.is_file() else "550 No such file.")

    async def _rnto(self, text: str) -> None:
        if self._trouble is Trouble.RNTO_REFUSED or self._from is None:
            await self._say("550 Not allowed.")
            return
        self._from.rename(self._path(text))
        await self._say("250 Done.")

    async def _dele(self, text: str) -> None:
        path = self._path(text)
        if not path.is_file():
            await self._say("550 No such file.")
            return
        path.unlink()
        await self._say("250 Done.")

    async def _mkd(self, text: str) -> None:
        if self._trouble is Trouble.NO_RIGHTS:
            await self._say("550 Permission denied.")
            return
        path = self._server.root / text
        if path.exists():
            await self._say("550 It is there.")
            return
        path.mkdir()
        await self._say("257 Made.")
