"""A customer's server by SFTP, with asyncssh. The steps are those of `steps.py`.

The server's key is confirmed once: the page's Test button shows its fingerprint, and what was confirmed is kept with
the target. A server with another key is refused before it sees the password.
"""

import asyncio
import stat
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import asyncssh

from recording.storages.base import Limits
from recording.storages.errors import Fault, StorageError, said
from recording.storages.hosts import Addresses, connect, system_addresses
from recording.storages.remote import RemoteStorage
from recording.storages.steps import MOST_LISTED, folder_too_full

CHUNK: Final = 64 << 10
_FULL: Final = ("space", "quota", "full")


@dataclass(frozen=True, slots=True)
class SftpTarget:
    """A server and how to get in: by password, or by a private key (OpenSSH or PEM, without a passphrase)."""

    host: str
    port: int
    user: str
    secret: str = field(repr=False)
    by_key: bool
    """Whether the secret is a private key."""
    fingerprint: str | None
    """Of the server's key as OpenSSH prints it, `SHA256:…`; None until somebody has confirmed it."""


class SftpStorage(RemoteStorage):
    """Each call is a session of its own."""

    def __init__(
        self, target: SftpTarget, limits: Limits | None = None, addresses: Addresses = system_addresses
    ) -> None:
        super().__init__(limits, addresses)
        self._target = target

    async def fingerprint(self) -> str:
        """Ask the server for its key and return the fingerprint, for a person to confirm. Nobody logs in."""
        async with self._in_all(0):
            sock = await connect(self._addresses, self._target.host, self._target.port, self._limits)
            try:
                async with asyncio.timeout(self._limits.command):
                    key = await asyncssh.get_server_host_key(sock=sock, config=None)
            except Exception as error:
                raise explained(error) from error
            finally:
                sock.close()
            if key is None:
                raise StorageError(Fault.PROTOCOL, "The server shows no key.")
            return key.get_fingerprint("sha256")

    @asynccontextmanager
    async def _session(self) -> AsyncGenerator["SftpSession"]:
        target = self._target
        if target.fingerprint is None:
            raise StorageError(Fault.HOST_KEY_UNKNOWN, "Nobody has confirmed the server's key yet: press Test.")
        watch = _KeyWatch(target.fingerprint)
        sock = await connect(self._addresses, target.host, target.port, self._limits)
        try:
            async with asyncio.timeout(self._limits.command):
                connection = await asyncssh.connect(
                    sock=sock,
                    config=None,
                    username=target.user,
                    password=None if target.by_key else target.secret,
                    client_keys=[_private_key(target.secret)] if target.by_key else None,
                    agent_path=None,
                    known_hosts=b"",  # no key is known, so that `_KeyWatch` is asked
                    client_factory=lambda: watch,
                    preferred_auth="publickey" if target.by_key else "password,keyboard-interactive",
                )
                client = await connection.start_sftp_client()
        except StorageError:
            sock.close()
            raise
        except BaseException as error:
            sock.close()
            if watch.shown is not None and isinstance(error, Exception):
                raise StorageError(
                    Fault.HOST_KEY_CHANGED,
                    "The server shows another key than the one that was confirmed. Somebody may stand in between. "
                    f"If the server was set up anew, confirm its new key: {watch.shown}.",
                ) from error
            if isinstance(error, Exception):
                raise explained(error) from error
            raise
        try:
            yield SftpSession(client, self._limits)
        finally:
            connection.abort()


class _KeyWatch(asyncssh.SSHClient):
    """Accepts the one key, and remembers another one."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        self.shown: str | None = None

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Compare fingerprints."""
        shown = key.get_fingerprint("sha256")
        if shown == self._fingerprint:
            return True
        self.shown = shown
        return False


def _private_key(text: str) -> asyncssh.SSHKey:
    try:
        return asyncssh.import_private_key(text)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as error:
        raise StorageError(
            Fault.WRONG_PASSWORD, "The private key cannot be read. It must be OpenSSH's or PEM, without a passphrase."
        ) from error


class SftpSession:
    """One login; the steps' `Session`."""

    def __init__(self, client: asyncssh.SFTPClient, limits: Limits) -> None:
        self._client = client
        self._limits = limits

    async def size(self, path: str) -> int | None:
        """Ask with STAT; what is no file has no size."""
        try:
            async with _step(self._limits.command):
                facts = await self._client.lstat(path)
        except asyncssh.SFTPNoSuchFile:
            return None
        return facts.size if stat.S_ISREG(facts.permissions or 0) else None

    async def listed(self, path: str) -> bool:
        """Look the folder through."""
        folder, _, name = path.rpartition("/")
        count, found = 0, False
        try:
            async with _step(self._limits.finish):
                async for entry in self._client.scandir(folder or "."):
                    count += 1
                    if count > MOST_LISTED:
                        raise folder_too_full()
                    found |= entry.filename in (name, name.encode())
        except asyncssh.SFTPNoSuchFile:
            return False
        return found

    async def sum_of(self, path: str) -> str | None:
        """SFTP as it is spoken everywhere has no sums."""
        return None

    async def write(self, path: str, chunks: AsyncGenerator[bytes]) -> None:
        """Write chunk by chunk, each confirmed by the server, and have it flushed to its disk where it can do that."""
        try:
            async with aclosing(chunks), _closing(await self._open(path, "wb"), self._limits) as file:
                async for chunk in chunks:
                    async with _step(self._limits.stall):
                        await file.write(chunk)
                with suppress(asyncssh.SFTPOpUnsupported):
                    async with asyncio.timeout(self._limits.finish):
                        await file.fsync()
        except asyncssh.SFTPNoSuchFile as error:
            raise StorageError(Fault.NO_RIGHTS, "The folder could not be made.") from error
        except (TimeoutError, asyncssh.Error) as error:
            raise explained(error) from error

    async def read(self, path: str, offset: int) -> AsyncGenerator[bytes]:
        """Read on from `offset` until there is nothing more."""
        try:
            async with _closing(await self._open(path, "rb"), self._limits) as file:
                while True:
                    async with _step(self._limits.stall):
                        chunk: bytes = await file.read(CHUNK, offset)
                    if not chunk:
                        return
                    offset += len(chunk)
                    yield chunk
        except asyncssh.SFTPNoSuchFile as error:
            raise StorageError(Fault.NOT_KEPT, "A file that was there is gone.") from error

    async def rename(self, old: str, new: str) -> None:
        """Rename; nothing is there under the new name."""
        try:
            async with _step(self._limits.command):
                await self._client.rename(old, new)
        except (asyncssh.SFTPNoSuchFile, StorageError) as error:
            if isinstance(error, StorageError) and error.fault not in (Fault.NO_RIGHTS, Fault.REFUSED):
                raise
            raise StorageError(
                Fault.RENAME_REFUSED, f"The server takes files but does not let them be renamed: {said(str(error))}"
            ) from error

    async def remove(self, path: str) -> None:
        """Remove."""
        try:
            async with _step(self._limits.command):
                await self._client.remove(path)
        except asyncssh.SFTPNoSuchFile:
            return

    async def make_folders(self, path: str) -> None:
        """Make each; a refusal mostly means that it is there, and if not the upload says what is wrong."""
        parts = path.split("/")[:-1]
        for depth in range(len(parts)):
            try:
                async with _step(self._limits.command):
                    await self._client.mkdir("/".join(parts[: depth + 1]))
            except asyncssh.SFTPNoSuchFile:
                return
            except StorageError as error:
                if error.fault not in (Fault.NO_RIGHTS, Fault.REFUSED):
                    raise

    async def _open(self, path: str, mode: str) -> asyncssh.SFTPClientFile:
        async with _step(self._limits.command):
            return await self._client.open(path, mode, encoding=None)


@asynccontextmanager
async def _closing(file: asyncssh.SFTPClientFile, limits: Limits) -> AsyncGenerator[asyncssh.SFTPClientFile]:
    try:
        yield file
    finally:
        async with _step(limits.command):
            await file.close()


@asynccontextmanager
async def _step(within: float) -> AsyncGenerator[None]:
    """One request within its time. `SFTPNoSuchFile` stays what it is: the steps decide what that means."""
    try:
        async with asyncio.timeout(within):
            yield
    except (StorageError, asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
        raise
    except Exception as error:
        raise explained(error) from error


def explained(error: Exception) -> StorageError:
    """Return what went wrong as one of ours."""
    match error:
        case StorageError():
            return error
        case TimeoutError():
            return StorageError(Fault.HANGS, "The server stopped answering.")
        case asyncssh.PermissionDenied():
            return StorageError(Fault.WRONG_PASSWORD, "The server refuses this user with this password or key.")
        case asyncssh.SFTPPermissionDenied() | asyncssh.SFTPWriteProtect():
            return StorageError(Fault.NO_RIGHTS, f"The user may not do that there: “{said(error.reason)}”.")
        case asyncssh.SFTPNoSpaceOnFilesystem() | asyncssh.SFTPQuotaExceeded():
            return StorageError(Fault.DISK_FULL, "The server's disk, or the user's share of it, is full.")
        case asyncssh.SFTPConnectionLost() | asyncssh.SFTPNoConnection() | asyncssh.ConnectionLost() | OSError():
            return StorageError(Fault.LINE_CUT, "The connection was cut in the middle.")
        case asyncssh.SFTPError():
            full = any(word in error.reason.lower() for word in _FULL)
            sentence = f"The server could not do it; its disk may be full. It said: “{said(error.reason)}”."
            return StorageError(Fault.DISK_FULL if full else Fault.REFUSED, sentence)
        case asyncssh.ChannelOpenError():
            return StorageError(Fault.NO_RIGHTS, "The server lets this user in, but gives him no SFTP.")
        case asyncssh.DisconnectError():
            return StorageError(Fault.REFUSED, f"The server ended the connection: “{said(error.reason)}”.")
        case _:
            return StorageError(Fault.PROTOCOL, "The server answers in a way that is no SFTP.")
