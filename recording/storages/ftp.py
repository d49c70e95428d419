"""A customer's server by FTP or FTPS (explicit: AUTH TLS, PROT P). The steps are those of `steps.py`."""

import re
import ssl
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from recording.storages.base import Limits
from recording.storages.errors import Fault, StorageError
from recording.storages.ftp_control import Control, Refusal
from recording.storages.hosts import Addresses, system_addresses
from recording.storages.remote import RemoteStorage
from recording.storages.steps import MOST_LISTED, folder_too_full

LONGEST_LISTED: Final = 4096
_SUM: Final = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{64}(?![0-9a-fA-F])")
_SIZE: Final = re.compile(r"\s*(\d{1,18})\s*\Z")
_FULL: Final = re.compile(r"(?i)space|quota|disk full|exceeded|storage allocation")


@dataclass(frozen=True, slots=True)
class TlsTrust:
    """Which certificate of the server is accepted; with no member set, one that the system's authorities signed."""

    fingerprint: str | None = None
    """SHA-256 of the one certificate that is accepted, hexadecimal without colons, whoever signed it."""
    authorities: str | None = None
    """PEM of the authorities to trust instead of the system's."""
    anybody_may_read_along: bool = False
    """Accept every certificate: encrypted, but nobody knows with whom. For tests of a connection only."""


@dataclass(frozen=True, slots=True)
class FtpTarget:
    """A server and how to get in."""

    host: str
    port: int
    user: str
    secret: str = field(repr=False)
    tls: TlsTrust | None
    """None is FTP without encryption: the password can be read on the way."""


class FtpStorage(RemoteStorage):
    """Each call is a session of its own."""

    def __init__(
        self, target: FtpTarget, limits: Limits | None = None, addresses: Addresses = system_addresses
    ) -> None:
        super().__init__(limits, addresses)
        self._target = target

    async def fingerprint(self) -> str | None:
        """Return the SHA-256 of the server's certificate, hexadecimal; see `RemoteStorage.fingerprint`."""
        if self._target.tls is None:
            return None
        async with self._in_all(0), self._connected(TlsTrust(anybody_may_read_along=True)) as control:
            return control.certificate()

    @asynccontextmanager
    async def _session(self) -> AsyncGenerator["FtpSession"]:
        async with self._connected(self._target.tls) as control:
            yield await _logged_in(control, self._target, self._limits)

    @asynccontextmanager
    async def _connected(self, tls: TlsTrust | None) -> AsyncGenerator[Control]:
        control = Control(self._addresses, self._limits)
        try:
            try:
                await control.open(self._target.host, self._target.port)
            except Refusal as error:
                raise StorageError(Fault.REFUSED, f"The server takes nobody at the moment: “{error.text}”.") from error
            if tls is not None:
                try:
                    await control.upgrade(await _context(tls), tls.fingerprint)
                except Refusal as error:
                    raise StorageError(Fault.NO_TLS, f"The server has no FTPS: “{error.text}”.") from error
            yield control
        finally:
            control.leave()


async def _context(trust: TlsTrust) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=trust.authorities)
    except ssl.SSLError as error:
        raise StorageError(Fault.BAD_CERTIFICATE, "The authorities to trust are no certificates in PEM.") from error
    if trust.fingerprint is not None or trust.anybody_may_read_along:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def _logged_in(control: Control, target: FtpTarget, limits: Limits) -> "FtpSession":
    try:
        code, _ = await control.ask(f"USER {target.user}", ("230", "232", "331"), hide=True)
        if code == "331":
            await control.ask(f"PASS {target.secret}", ("230", "202"), hide=True)
    except Refusal as error:
        raise _login_refused(error, encrypted=target.tls is not None) from error
    features = await _features(control)
    try:
        await control.ask("TYPE I")
    except Refusal as error:
        raise StorageError(Fault.PROTOCOL, f"The server takes no binary files: “{error.text}”.") from error
    return FtpSession(control, features, limits)


def _login_refused(error: Refusal, *, encrypted: bool) -> StorageError:
    if not encrypted and re.search(r"(?i)encrypt|tls|ssl|secure", error.text):
        return StorageError(Fault.NO_TLS, f"The server wants encryption; choose FTPS. It said: “{error.text}”.")
    if error.code in ("430", "530", "532"):
        return StorageError(Fault.WRONG_PASSWORD, f"The server refuses this user or password: “{error.text}”.")
    return StorageError(Fault.REFUSED, f"The server lets nobody in at the moment: “{error.text}”.")


async def _features(control: Control) -> frozenset[str]:
    """Return the first words of what the server says it can do beside the old commands."""
    try:
        _, lines = await control.ask("FEAT", "211")
    except Refusal:
        return frozenset()
    return frozenset(line.split()[0].upper() for line in lines[1:-1] if line.strip())


class FtpSession:
    """One login; the steps' `Session`."""

    def __init__(self, control: Control, features: frozenset[str], limits: Limits) -> None:
        self._control = control
        self._features = features
        self._limits = limits

    async def size(self, path: str) -> int | None:
        """Ask with SIZE, in binary mode."""
        try:
            _, lines = await self._control.ask(f"SIZE {path}", "213")
        except Refusal as error:
            if error.code == "550":
                return None
            raise StorageError(Fault.PROTOCOL, f"The server does not tell sizes: “{error.text}”.") from error
        found = _SIZE.match(lines[-1])
        if found is None:
            raise StorageError(Fault.PROTOCOL, "The server tells a size that is no number.")
        return int(found[1])

    async def listed(self, path: str) -> bool:
        """Look the listing through. No name of ours has a space, so the last word of a line is the name."""
        folder, _, name = path.rpartition("/")
        command = "MLSD" if "MLST" in self._features or "MLSD" in self._features else "LIST"
        found, count = False, 0
        try:
            async with (
                self._control.data(f"{command} {folder}".rstrip()) as data,
                aclosing(_lines(data.read())) as lines,
            ):
                async for line in lines:
                    count += 1
                    if count > MOST_LISTED:
                        raise folder_too_full()
                    found |= line.rpartition(" ")[2] == name
        except Refusal as error:
            if error.code == "550":
                return False
            raise StorageError(Fault.NO_RIGHTS, f"The folder cannot be listed: “{error.text}”.") from error
        return found

    async def sum_of(self, path: str) -> str | None:
        """Ask with XSHA256, or with HASH, where the server offers one of them."""
        try:
            if "XSHA256" in self._features:
                _, lines = await self._control.ask(f"XSHA256 {path}", within=self._limits.finish)
            elif "HASH" in self._features:
                await self._control.ask("OPTS HASH SHA-256", "200")
                _, lines = await self._control.ask(f"HASH {path}", "213", within=self._limits.finish)
            else:
                return None
        except Refusal:
            return None
        found = _SUM.search(" ".join(lines))
        return found[0].lower() if found else None

    async def write(self, path: str, chunks: AsyncGenerator[bytes]) -> None:
        """STOR."""
        try:
            async with self._control.data(f"STOR {path}") as data:
                await data.write(chunks)
        except Refusal as error:
            raise _not_written(error) from error

    async def read(self, path: str, offset: int) -> AsyncGenerator[bytes]:
        """RETR; the server is asked to begin at `offset`, and what it sends before that is dropped."""
        skip = offset
        try:
            if offset:
                await self._control.ask(f"REST {offset}", "350")
                skip = 0
        except Refusal:
            pass
        try:
            async with self._control.data(f"RETR {path}") as data, aclosing(data.read()) as chunks:
                async for chunk in chunks:
                    yield chunk[skip:]
                    skip = max(0, skip - len(chunk))
        except Refusal as error:
            raise StorageError(
                Fault.NO_RIGHTS,
                f"What was uploaded cannot be read back, so nobody knows that it is whole: “{error.text}”.",
            ) from error

    async def rename(self, old: str, new: str) -> None:
        """RNFR and RNTO."""
        try:
            await self._control.ask(f"RNFR {old}", "350")
            await self._control.ask(f"RNTO {new}")
        except Refusal as error:
            raise StorageError(
                Fault.RENAME_REFUSED, f"The server takes files but does not let them be renamed: “{error.text}”."
            ) from error

    async def remove(self, path: str) -> None:
        """DELE."""
        try:
            await self._control.ask(f"DELE {path}")
        except Refusal as error:
            if await self.size(path) is not None:
                raise StorageError(Fault.NO_RIGHTS, f"A file cannot be deleted: “{error.text}”.") from error

    async def make_folders(self, path: str) -> None:
        """MKD for each, whose refusal mostly means that it is there; if not, the upload says what is wrong."""
        parts = path.split("/")[:-1]
        for depth in range(len(parts)):
            try:
                await self._control.ask(f"MKD {'/'.join(parts[: depth + 1])}")
            except Refusal as error:
                if _FULL.search(error.text):
                    raise _not_written(error) from error


async def _lines(chunks: AsyncGenerator[bytes]) -> AsyncGenerator[str]:
    """Split into lines. Of one that is too long to be an entry nothing but the end is kept."""
    rest = b""
    async with aclosing(chunks):
        async for chunk in chunks:
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line.rstrip(b"\r").decode("utf-8", "replace")
            rest = rest[-LONGEST_LISTED:]
    if rest:
        yield rest.decode("utf-8", "replace")


def _not_written(error: Refusal) -> StorageError:
    if error.code in ("452", "552") or _FULL.search(error.text):
        return StorageError(Fault.DISK_FULL, f"The server's disk, or the user's share of it, is full: “{error.text}”.")
    if error.code in ("550", "553", "532"):
        return StorageError(Fault.NO_RIGHTS, f"The user may not write there: “{error.text}”.")
    if error.code in ("426", "451"):
        return StorageError(
            Fault.REFUSED, f"The server could not write the file; its disk may be full. It said: “{error.text}”."
        )
    return StorageError(Fault.REFUSED, f"The server does not take the file: “{error.text}”.")
