"""S15 with the real servers: they die in the middle of uploads, come back, and forbid for a while what they allowed."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from recording.delivery import Policy
from recording.storages.base import Limits, Storage
from recording.storages.ftp import FtpStorage, FtpTarget, TlsTrust
from recording.storages.sftp import SftpStorage, SftpTarget
from tests.ftp_servers import FOLDER, FTP_SERVERS, Running, openssh, ssh_key
from tests.recording.delivering import Centre
from tests.recording.test_uploader import running, until

pytestmark = pytest.mark.wire

LIMITS: Final = Limits(connect=2, command=5, stall=5, finish=5, session=30)
POLICY: Final = Policy(failover=True, tries=4, patience=timedelta(minutes=1))
SIZES: Final = (0, 1, 900, 20_000)
"""Of the files: Pure-FTPd's user may keep two megabytes."""


@asynccontextmanager
async def by_ftp(name: str) -> AsyncGenerator[tuple[Running, Storage]]:
    async with FTP_SERVERS[name](True) as server:
        trust = TlsTrust(authorities=server.certificate)
        yield server, FtpStorage(FtpTarget("127.0.0.1", server.port, server.user, server.password, trust), LIMITS)


@asynccontextmanager
async def by_sftp() -> AsyncGenerator[tuple[Running, Storage]]:
    key = ssh_key()
    async with openssh(key.export_public_key().decode()) as server:
        target = SftpTarget("127.0.0.1", server.port, server.user, key.export_private_key().decode(), True, None)
        fingerprint = await SftpStorage(target, LIMITS).fingerprint()
        target = SftpTarget("127.0.0.1", server.port, server.user, target.secret, True, fingerprint)
        yield server, SftpStorage(target, LIMITS)


Opened = Callable[[], AbstractAsyncContextManager[tuple[Running, Storage]]]
SERVERS: Final[dict[str, Opened]] = {
    **{name: lambda name=name: by_ftp(name) for name in FTP_SERVERS},
    "openssh": by_sftp,
}


@asynccontextmanager
async def dead(server: Running) -> AsyncGenerator[None]:
    """Killed with every session that goes on, and back later."""
    await server.life.kill()
    yield
    await server.life.start()


@asynccontextmanager
async def forbidding(server: Running) -> AsyncGenerator[None]:
    """For a while nothing can be made, renamed or deleted in its folders."""
    folder = server.root / FOLDER
    paths = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for path in paths:
        path.chmod(0o555)
    yield
    for path in paths:
        path.chmod(0o755)


@pytest.mark.parametrize("name", SERVERS)
async def test_every_file_ends_whole_and_once_on_a_real_server_that_dies_and_forbids(
    name: str, tmp_path: Path, long: bool
) -> None:
    """S15: 125 files to each of four servers, FTP-03."""
    troubles = (dead, forbidding)
    async with SERVERS[name]() as (server, storage):
        centre = Centre(tmp_path, storage, server.root, POLICY, times=600, into=FOLDER)
        centre.sizes = SIZES
        async with running(centre.shelf, centre.own), asyncio.timeout(1200 if long else 100):
            for turn in range(25 if long else 2):
                jobs = centre.add(4)
                await asyncio.sleep(centre.chance.uniform(0, 0.3))  # into the middle of whatever it does
                async with troubles[turn % 2](server):
                    jobs += centre.add(1)
                    await until(lambda jobs=jobs: centre.settled(jobs), 60)
                await centre.all_uploaded()
        assert centre.on_server() == centre.contents
    assert not centre.sources(), "what was verified elsewhere was deleted here"
