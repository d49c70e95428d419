"""SFTP against OpenSSH's server."""

import asyncio
import math
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from socket import SOCK_STREAM

import asyncssh
import pytest

from recording.storages.base import Limits, nobody
from recording.storages.errors import Fault, StorageError
from recording.storages.names import checked
from recording.storages.sftp import SftpStorage, SftpTarget
from tests.flow.server import free_port
from tests.ftp_servers import FOLDER, PASSWORD, Running, openssh, ssh_key
from tests.recording.storages.delivered import delivered_once_found_again_verified_and_deleted, recording

pytestmark = pytest.mark.wire

LIMITS = Limits(connect=5, command=10, stall=10, finish=10)


def sftp(server: Running, key: asyncssh.SSHKey, fingerprint: str | None) -> SftpStorage:
    secret = key.export_private_key().decode()
    return SftpStorage(SftpTarget("127.0.0.1", server.port, server.user, secret, True, fingerprint), LIMITS)


async def test_a_recording_is_delivered_to_openssh_whose_key_was_confirmed(tmp_path: Path) -> None:
    """FTP-01."""
    key = ssh_key()
    async with openssh(key.export_public_key().decode()) as server:
        with pytest.raises(StorageError) as unknown:
            await sftp(server, key, None).check(FOLDER)
        fingerprint = await sftp(server, key, None).fingerprint()
        storage = sftp(server, key, fingerprint)
        await delivered_once_found_again_verified_and_deleted(storage, server.root, tmp_path)

        with pytest.raises(StorageError) as changed:
            await sftp(server, key, f"SHA256:{'x' * 43}").check(FOLDER)
        with pytest.raises(StorageError) as refused:
            await sftp(server, ssh_key(), fingerprint).check(FOLDER)
        await SftpStorage(SftpTarget("127.0.0.1", server.port, "nobody", PASSWORD, False, fingerprint)).check(FOLDER)
        (server.root / FOLDER).chmod(0o555)
        with pytest.raises(StorageError) as forbidden:
            await storage.check(FOLDER)
    faults = [each.value.fault for each in (unknown, changed, refused, forbidden)]
    assert faults == [Fault.HOST_KEY_UNKNOWN, Fault.HOST_KEY_CHANGED, Fault.WRONG_PASSWORD, Fault.NO_RIGHTS]
    assert fingerprint in changed.value.sentence
    assert refused.value.auth


async def _say_nothing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await writer.wait_closed()


@asynccontextmanager
async def relay(port: int, cut_after: int) -> AsyncGenerator[int]:
    """Stand between client and server, and cut the line when so many bytes have gone to the server."""

    async def copy(reader: asyncio.StreamReader, to: asyncio.StreamWriter, left: float) -> None:
        while left > 0 and (data := await reader.read(int(min(left, 1 << 14)))):
            left -= len(data)
            to.write(data)
            await to.drain()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        back = asyncio.create_task(copy(far_reader, writer, math.inf))
        with suppress(OSError):
            await copy(reader, far_writer, cut_after)
        back.cancel()
        far_writer.transport.abort()
        writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def test_a_line_that_is_cut_anywhere_leaves_no_short_file_under_the_final_name(tmp_path: Path) -> None:
    """L11: also where the server is gone, or takes the connection and says nothing."""
    source, sha256 = recording(tmp_path, 300_000)
    name = checked(f"{FOLDER}/2026/rec_1.voice.webm")
    key = ssh_key()
    limits = Limits(connect=1, command=1, stall=1, finish=1, session=10)
    async with openssh(key.export_public_key().decode()) as server:
        fingerprint = await sftp(server, key, None).fingerprint()

        def at(port: int) -> SftpStorage:
            return SftpStorage(SftpTarget("127.0.0.1", port, "nobody", PASSWORD, False, fingerprint), limits)

        for cut_after in (0, 1, 500, 3000, 6000, 100_000, 299_000, 304_000):
            async with relay(server.port, cut_after) as port:
                with pytest.raises(StorageError) as cut:
                    await at(port).store(source, name, sha256, nobody)
                assert cut.value.fault in (Fault.LINE_CUT, Fault.HANGS, Fault.REFUSED), cut_after
                assert not (server.root / name).exists()
        silent = await asyncio.start_server(_say_nothing, "127.0.0.1", 0)
        with pytest.raises(StorageError) as hangs:
            await at(silent.sockets[0].getsockname()[1]).store(source, name, sha256, nobody)
        silent.close()
        with pytest.raises(StorageError) as gone:
            await at(free_port(SOCK_STREAM)).store(source, name, sha256, nobody)
        assert (hangs.value.fault, gone.value.fault) == (Fault.HANGS, Fault.UNREACHABLE)
        await at(server.port).store(source, name, sha256, nobody)
        assert (server.root / name).read_bytes() == source.read_bytes()
        assert os.listdir((server.root / name).parent) == [Path(name).name]
