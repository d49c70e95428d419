"""FTP and FTPS against vsftpd, Pure-FTPd and ProFTPD."""

import hashlib
import os
from pathlib import Path

import pytest

from recording.storages.base import Limits, Storage, nobody
from recording.storages.ftp import FtpStorage, FtpTarget, TlsTrust
from recording.storages.names import checked
from tests.ftp_servers import FOLDER, FTP_SERVERS, Running, Server

pytestmark = pytest.mark.wire

LIMITS = Limits(connect=5, command=10, stall=10, finish=10)


def ftp(server: Running, *, password: str | None = None, tls: bool) -> Storage:
    trust = TlsTrust(authorities=server.certificate) if tls else None
    target = FtpTarget("127.0.0.1", server.port, server.user, password or server.password, trust)
    return FtpStorage(target, LIMITS)


@pytest.fixture(
    params=[(name, tls) for name in FTP_SERVERS for tls in (False, True)],
    ids=lambda each: f"{each[0]}-{'tls' if each[1] else 'plain'}",
)
def kind(request: pytest.FixtureRequest) -> tuple[Server, bool]:
    name, tls = request.param
    return FTP_SERVERS[name], tls


async def test_a_recording_is_delivered_once_found_again_verified_and_deleted(
    kind: tuple[Server, bool], tmp_path: Path
) -> None:
    """FTP-01: with TLS, vsftpd and ProFTPD demand that the data connection resumes the control connection's session."""
    start, tls = kind
    source = tmp_path / "voice.webm"
    source.write_bytes(os.urandom(700_000))
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    name = checked(f"{FOLDER}/2026/11/22/call_1-sales-ann-rec_1.voice.webm")
    async with start(tls) as server:
        storage = ftp(server, tls=tls)
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
