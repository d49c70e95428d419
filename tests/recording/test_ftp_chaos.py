"""S15: whatever a server does, each file ends on it or in the own storage, whole, once, and under its own name."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from recording.delivery import Policy
from recording.storages.base import Limits
from recording.storages.ftp import FtpStorage, FtpTarget, TlsTrust
from signaling.settings import Settings
from signaling.tls import self_signed, server_context
from tests.recording.delivering import Centre
from tests.recording.storages.hostile_ftp import PASSWORD, HostileFtp, Trouble
from tests.recording.test_uploader import running, until

pytestmark = pytest.mark.wire

LIMITS: Final = Limits(connect=0.5, command=0.5, stall=0.5, finish=0.5, session=20)
POLICY: Final = Policy(failover=True, tries=4, patience=timedelta(minutes=1))


def misbehaving(folder: Path, times: float, policy: Policy, *, tls: bool) -> tuple[HostileFtp, Centre]:
    """Make a server that misbehaves, and a centre that delivers to it."""
    trust = good = bad = None
    if tls:
        ours, other = (Settings(data=folder / each, tls_self_signed=True) for each in ("ours", "other"))
        good, bad = server_context(ours), server_context(other)
        trust = TlsTrust(authorities=self_signed(ours)[0].read_text())
    root = folder / "root"
    root.mkdir()
    server = HostileFtp(root, good, bad)
    storage = FtpStorage(FtpTarget("127.0.0.1", server.port, "me", PASSWORD, trust), LIMITS)
    return server, Centre(folder, storage, root, policy, times=times)


async def test_every_file_ends_whole_and_once_whatever_the_server_does(tmp_path: Path, long: bool) -> None:
    """S15: 500 files over all faults, one after the other and then mixed; FTP-03."""
    each, mixed = (25, 100) if long else (1, 6)
    server, centre = misbehaving(tmp_path, 600, POLICY, tls=True)
    shelf = centre.shelf
    await server.start()
    try:
        async with running(shelf, centre.own), asyncio.timeout(1200 if long else 100):
            for trouble in Trouble:
                await server.suffer(trouble)
                jobs = centre.add(each)
                await until(lambda jobs=jobs: centre.settled(jobs))
                await server.suffer(None)
                await centre.all_uploaded()
            troubles = [None, None, *(trouble for trouble in Trouble if trouble is not Trouble.DOWN)]
            server.draw = lambda: centre.chance.choice(troubles)
            jobs = centre.add(mixed)
            await until(lambda: centre.settled(jobs), 120)
            await server.suffer(None)
            await centre.all_uploaded()
    finally:
        await server.stop()
    assert centre.on_server() == centre.contents
    assert len(centre.contents) == each * len(Trouble) + mixed
    assert shelf.most_at_once <= 2
    assert not centre.sources(), "what was verified elsewhere was deleted here"


async def test_a_backlog_is_cleared_within_a_minute_of_the_targets_return(tmp_path: Path, long: bool) -> None:
    """S15: 100 files wait while the server is down, with back-offs of many minutes; a probe finds it back."""
    count, times = (100, 1) if long else (20, 10)
    policy = Policy(failover=True, tries=4, patience=timedelta(seconds=20))
    server, centre = misbehaving(tmp_path, times, policy, tls=False)
    try:
        async with running(centre.shelf, centre.own):
            jobs = centre.add(count)
            await until(lambda: centre.settled(jobs), 120)
            back = centre.clock.now()
            await server.start()
            await centre.all_uploaded()
            assert centre.clock.now() - back <= timedelta(seconds=60)
    finally:
        await server.stop()
    assert centre.on_server() == centre.contents
    assert [notice.fault is None for notice in centre.shelf.notices] == [False, True]
