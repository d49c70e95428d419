"""An FTP connection on top of aioftp: bounded replies, data connections to the control connection's own peer, TLS.

aioftp reads replies, logs in and upgrades to TLS. Three things are done here, since it does them otherwise:

- A data connection goes to the address that the control connection is connected to, whatever PASV says and whatever the
  host's name means by now: a server must not send us to a third host (reliability 2.2).
- Under TLS the data connection's handshake comes after the server's 150, as RFC 4217 has it; aioftp begins it before
  the command is sent, for which vsftpd and proftpd wait.
- **The TLS session is used again.** vsftpd (`require_ssl_reuse=YES`) and proftpd refuse a data connection that does not
  resume the control connection's session: it shows that both come from the same client. asyncio has no argument for
  a session, so `aioftp.SSLSessionBoundContext` stands in for the context: it is one for asyncio, and gives the session
  to `wrap_bio`. The session is taken when the data connection is opened, not after the handshake: TLS 1.3 sends its
  tickets later, and they are there once the replies to PBSZ, PROT and USER have been read.

`_open_connection` and `_stream` are aioftp's own, not promised to stay; this is the only file that touches them.
"""

import asyncio
import contextlib
import hashlib
import re
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import aioftp

from recording.storages.base import Limits
from recording.storages.errors import Fault, StorageError, said
from recording.storages.ftp_data import Data
from recording.storages.hosts import Addresses, connect, connect_to

MOST_REPLY_LINES: Final = 200
_EPSV: Final = re.compile(r"\(([!-~])\1\1(\d{1,5})\1\)")
_PASV: Final = re.compile(r"(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})")
_FIRST_FREE_PORT: Final = 1024
"""A server that names a lower one would have us talk to another service of its host."""


class Refusal(Exception):  # noqa: N818 (an answer; what it means is for whoever asked)
    """The server understood the command and refused it. Whoever asked knows what that means."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text
        """One line, fit for a sentence."""

    @property
    def unknown_command(self) -> bool:
        """Whether the server does not have this command at all."""
        return self.code in ("500", "502", "504")


class Control(aioftp.Client):
    """The control connection. Its methods raise `StorageError`, after which it is closed, or `Refusal`."""

    def __init__(self, addresses: Addresses, limits: Limits) -> None:
        # aioftp's own limit lies behind the longest of ours, each of which is set at its step.
        super().__init__(socket_timeout=2 * max(limits.finish, limits.command))
        self._addresses = addresses
        self._limits = limits
        self._lines = 0
        self._epsv = True
        self._fingerprint: str | None = None
        self._elsewhere = False
        self._broken = False

    async def open(self, host: str, port: int) -> None:
        """Connect and wait for the greeting."""
        async with self._explained(self._limits.connect + self._limits.command):
            await self.connect(host, port)

    async def upgrade(self, context: ssl.SSLContext, fingerprint: str | None) -> None:
        """Go over to TLS; with a fingerprint (SHA-256 of the certificate, hexadecimal) it must be that certificate."""
        self._fingerprint = fingerprint
        await self.ask("AUTH TLS", ("234", "334"))
        async with self._explained(self._limits.command):
            await self.stream.start_tls(context, self.server_host)
            self._expect_certificate(self.stream.writer)
        await self.ask("PBSZ 0")
        await self.ask("PROT P")

    async def ask(
        self,
        command: str | None,
        expected: str | tuple[str, ...] = "2xx",
        *,
        first: str = "",
        within: float | None = None,
        hide: bool = False,
    ) -> tuple[str, list[str]]:
        """Send a command (None: only wait) and return the reply's code and lines.

        Replies like `first` may come before it. `hide` keeps what follows the command's word out of the log.
        """
        async with self._explained(within or self._limits.command):
            self._lines = 0
            code, lines = await self.command(command, expected, first or (), censor_after=5 if hide else None)
            return str(code), lines

    @asynccontextmanager
    async def data(self, command: str) -> AsyncGenerator[Data]:
        """Open a data connection for a command, and expect the server's word that it has ended well.

        Where the body fails the data connection is dropped, and the control connection with it: what comes next on
        it is not known.
        """
        port = await self._passive()
        data = await self._connect_data(port)
        try:
            await self.ask(command, "1xx")
            async with self._explained(self._limits.command):
                if context := self._same_session():
                    await data.secure(context, self.server_host)
                    self._expect_certificate(data.writer)
            cut: OSError | None = None
            async with self._explained(None):
                try:
                    yield data
                    await data.end()
                except TimeoutError:
                    raise
                except OSError as error:
                    # Why the server cut the data stands in its reply: a full disk, for example.
                    data.drop()
                    cut = error
            await self.ask(None, first="1xx", within=self._limits.finish)
            if cut is not None:
                raise StorageError(Fault.LINE_CUT, "The data connection was cut in the middle.") from cut
        except (StorageError, asyncio.CancelledError, GeneratorExit):
            self._break()
            raise
        finally:
            data.drop()

    def certificate(self) -> str:
        """Return the SHA-256 of the server's certificate in hexadecimal. The connection has TLS."""
        return _sum_of_certificate(self.stream.writer)

    def leave(self) -> None:
        """Close without waiting; a server need not be told."""
        with contextlib.suppress(ConnectionError):
            self.stream.writer.write(b"QUIT\r\n")
        self.close()

    async def parse_line(self) -> tuple[aioftp.Code, str]:
        """Read one line of a reply; bytes that are no UTF-8 are replaced, they stand in texts only."""
        self._lines += 1
        if self._lines > MOST_REPLY_LINES:
            raise StorageError(Fault.PROTOCOL, "The server's reply has no end.")
        line = await self.stream.readline()
        if not line.endswith(b"\n"):
            raise ConnectionResetError
        text = line.decode("utf-8", "replace").rstrip()
        return aioftp.Code(text[:3]), text[3:]

    async def _open_connection(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(sock=await connect(self._addresses, host, port, self._limits))

    async def _passive(self) -> int:
        """Ask for a data port: EPSV, or PASV where the server does not have that."""
        if self._epsv:
            try:
                _, lines = await self.ask("EPSV", "229")
            except Refusal:
                self._epsv = False
            else:
                found = _EPSV.search(lines[-1])
                return self._port(int(found[2]) if found else 0)
        _, lines = await self.ask("PASV", "227")
        found = _PASV.search(lines[-1])
        if found is None:
            return self._port(0)
        numbers = [int(number) for number in found.groups()]
        self._elsewhere = ".".join(found.groups()[:4]) not in (self._peer(), "0.0.0.0")  # noqa: S104 (compared only)
        return self._port(numbers[4] * 256 + numbers[5])

    def _port(self, port: int) -> int:
        if not _FIRST_FREE_PORT <= port < 1 << 16:
            self._break()
            raise StorageError(Fault.PROTOCOL, "The server names no port for the data that could be one.")
        return port

    def _peer(self) -> str:
        """Return the address that the control connection is connected to."""
        return str(self.stream.writer.get_extra_info("peername")[0])

    async def _connect_data(self, port: int) -> Data:
        try:
            sock = await connect_to(self._peer(), port, self._limits)
        except StorageError as error:
            self._break()
            if self._elsewhere:
                raise StorageError(
                    Fault.OTHER_HOST,
                    "The server sends us to another host for the data, which is not followed, and at its own address "
                    "nobody answers: set its address for passive connections.",
                ) from error
            raise StorageError(
                Fault.DATA_BLOCKED,
                f"The server takes commands, but no data: its passive port {port} cannot be reached. "
                "A firewall may be in the way.",
            ) from error
        reader, writer = await asyncio.open_connection(sock=sock)
        return Data(reader, writer, self._limits)

    def _same_session(self) -> ssl.SSLContext | None:
        """Return a context that resumes the control connection's TLS session; None where it has no TLS."""
        tls: ssl.SSLObject | None = self.stream.writer.get_extra_info("ssl_object")
        if tls is None:
            return None
        if tls.session is None:
            return tls.context
        return aioftp.SSLSessionBoundContext(ssl.PROTOCOL_TLS_CLIENT, tls.context, tls.session)

    def _expect_certificate(self, writer: asyncio.StreamWriter) -> None:
        if self._fingerprint is None:
            return
        shown = _sum_of_certificate(writer)
        if shown != self._fingerprint:
            raise StorageError(
                Fault.BAD_CERTIFICATE, f"The server's certificate is not the one that was confirmed. It is {shown}."
            )

    @asynccontextmanager
    async def _explained(self, within: float | None) -> AsyncGenerator[None]:
        """Do something within so many seconds. Whatever goes wrong but a refusal ends the connection."""
        if self._broken:
            raise StorageError(Fault.LINE_CUT, "The connection was cut.")
        try:
            async with asyncio.timeout(within):
                yield
        except aioftp.StatusCodeError as error:
            raise Refusal(str(error.received_codes[-1]), said(" ".join(error.info))) from error
        except StorageError:
            self._break()
            raise
        except Exception as error:
            self._break()
            raise _explanation(error) from error
        except BaseException:
            self._break()
            raise

    def _break(self) -> None:
        self._broken = True
        if self._stream is not None:
            self._stream.writer.transport.abort()


def _sum_of_certificate(writer: asyncio.StreamWriter) -> str:
    tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
    return hashlib.sha256(tls.getpeercert(binary_form=True) or b"").hexdigest()


def _explanation(error: Exception) -> StorageError:
    match error:
        case TimeoutError():
            return StorageError(Fault.HANGS, "The server stopped answering.")
        case ssl.SSLCertVerificationError():
            return StorageError(
                Fault.BAD_CERTIFICATE, f"The server's certificate cannot be trusted: {said(error.verify_message)}."
            )
        case ssl.SSLError():
            return StorageError(Fault.NO_TLS, f"TLS could not be agreed on: {said(error.reason or str(error))}.")
        case OSError() | EOFError():
            return StorageError(Fault.LINE_CUT, "The connection was cut in the middle.")
        case _:
            return StorageError(Fault.PROTOCOL, "The server answers in a way that is no FTP.")
