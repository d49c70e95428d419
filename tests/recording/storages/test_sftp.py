"""SFTP against OpenSSH's server."""

import hashlib
import os
from pathlib import Path

import asyncssh
import pytest

from recording.storages.base import Limits, nobody
from recording.storages.errors import Fault, StorageError
from recording.storages.names import checked
from recording.storages.sftp import SftpStorage, SftpTarget
from tests.ftp_servers import FOLDER, PASSWORD, Running, openssh, ssh_key

pytestmark = pytest.mark.wire

LIMITS = Limits(connect=5, command=10, stall=10, finish=10)


def sftp(server: Running, key: asyncssh.SSHKey, fingerprint: str | None) -> SftpStorage:
    secret = key.export_private_key().decode()
    return SftpStorage(SftpTarget("127.0.0.1", server.port, server.user, secret, True, fingerprint), LIMITS)


async def test_a_recording_is_delivered_to_openssh_whose_key_was_confirmed(tmp_path: Path) -> None:
    """FTP-01."""
    source = tmp_path / "voice.webm"
    source.write_bytes(os.urandom(700_000))
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    name = checked(f"{FOLDER}/2026/11/22/call_1-sales-ann-rec_1.voice.webm")
    key = ssh_key()
    async with openssh(key.export_public_key().decode()) as server:
        with pytest.raises(StorageError) as unknown:
            await sftp(server, key, None).check(FOLDER)
        fingerprint = await sftp(server, key, None).fingerprint()
        storage = sftp(server, key, fingerprint)
        await storage.check(FOLDER)
        assert not [*(server.root / FOLDER).iterdir()]

        seen: list[int] = []
        stored = await storage.store(source, name, sha256, seen.append)
        assert (stored.size, stored.found, seen[-1]) == (700_000, False, 700_000)
        assert (server.root / name).read_bytes() == source.read_bytes()
        assert [each.name for each in (server.root / name).parent.iterdir()] == [Path(name).name]
        assert (await storage.store(source, name, sha256, nobody)).found
        assert await storage.verify(name, 700_000, sha256)
        await storage.delete(name)
        await storage.delete(name)
        assert not await storage.verify(name, 700_000, sha256)

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
