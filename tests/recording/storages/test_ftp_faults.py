"""Each fault of a server has a code and a sentence, leaves our file alone, and heals without a second copy."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from recording.storages.base import Limits, nobody
from recording.storages.errors import Fault, StorageError
from recording.storages.ftp import FtpStorage, FtpTarget, TlsTrust
from recording.storages.names import RemoteName, checked
from signaling.settings import Settings
from signaling.tls import self_signed, server_context
from tests.recording.storages.delivered import recording
from tests.recording.storages.hostile_ftp import PASSWORD, HostileFtp, Trouble

pytestmark = pytest.mark.wire

LIMITS = Limits(connect=1, command=0.5, stall=0.5, finish=0.5, session=20)
NAME = checked("2026/11/call_1-sales-ann-rec_1.voice.webm")
FAULTS = {
    Trouble.DOWN: {Fault.UNREACHABLE},
    Trouble.HANGS_AT_CONNECT: {Fault.HANGS},
    Trouble.HANGS_IN_DATA: {Fault.HANGS},
    Trouble.WRONG_PASSWORD: {Fault.WRONG_PASSWORD},
    Trouble.NO_RIGHTS: {Fault.NO_RIGHTS},
    Trouble.QUOTA_FULL: {Fault.DISK_FULL},
    Trouble.CUT_BEFORE_226: {Fault.LINE_CUT},
    Trouble.DATA_CUT: {Fault.LINE_CUT, Fault.REFUSED},
    Trouble.KEEPS_NOTHING: {Fault.NOT_KEPT},
    Trouble.SIZE_LIES: {Fault.SIZE_LIES},
    Trouble.RNTO_REFUSED: {Fault.RENAME_REFUSED},
    Trouble.PASV_BLOCKED: {Fault.DATA_BLOCKED},
    Trouble.BAD_CERTIFICATE: {Fault.BAD_CERTIFICATE},
    Trouble.NAMES_TRUNCATED: {Fault.NAME_CHANGED},
}


@asynccontextmanager
async def hostile(folder: Path, *, tls: bool) -> AsyncGenerator[tuple[HostileFtp, FtpStorage]]:
    """Run a server that knows its manners yet, and give what stores there."""
    trust, good, bad = None, None, None
    if tls:
        ours, other = (Settings(data=folder / each, tls_self_signed=True) for each in ("ours", "other"))
        good, bad = server_context(ours), server_context(other)
        trust = TlsTrust(authorities=self_signed(ours)[0].read_text())
    (folder / "root").mkdir()
    server = HostileFtp(folder / "root", good, bad)
    await server.start()
    try:
        yield server, FtpStorage(FtpTarget("127.0.0.1", server.port, "me", PASSWORD, trust), LIMITS)
    finally:
        await server.stop()


def files(server: HostileFtp) -> dict[str, bytes]:
    """Return all that lies on the server."""
    return {str(path.relative_to(server.root)): path.read_bytes() for path in server.root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("trouble", FAULTS, ids=str)
async def test_a_fault_of_the_server_has_a_code_and_no_short_file_gets_the_final_name(
    trouble: Trouble, tls: bool, tmp_path: Path
) -> None:
    """FTP-01, FTP-04: after the server has healed the file is there once and whole."""
    if trouble is Trouble.BAD_CERTIFICATE and not tls:
        return
    source, sha256 = recording(tmp_path, 3_000_000 if trouble is Trouble.HANGS_IN_DATA else 30_000)
    async with hostile(tmp_path, tls=tls) as (server, storage):
        await server.suffer(trouble)
        for attempt in (storage.store(source, NAME, sha256, nobody), storage.check("2026")):
            with pytest.raises(StorageError) as failure:
                await attempt
            assert failure.value.fault in FAULTS[trouble]
            assert failure.value.sentence.endswith((".", "”."))
            assert not [name for name in files(server) if not name.endswith(".part")]
        await server.suffer(None)
        stored = await storage.store(source, NAME, sha256, nobody)
        arrived = trouble in (Trouble.CUT_BEFORE_226, Trouble.RNTO_REFUSED)
        assert stored.found == arrived, "what arrived whole is not sent again"
        kept = {name: content for name, content in files(server).items() if "parley-test" not in name}
        assert kept == {NAME: source.read_bytes()}


async def test_another_hosts_address_in_a_pasv_reply_is_not_followed(tmp_path: Path) -> None:
    """A server cannot send us to a third host: the data goes to its own address, or nowhere."""
    source, sha256 = recording(tmp_path, 30_000)
    async with hostile(tmp_path, tls=False) as (server, storage):
        await server.suffer(Trouble.PASV_FOREIGN)
        await storage.store(source, NAME, sha256, nobody)
        assert files(server) == {NAME: source.read_bytes()}


async def test_a_slow_line_is_no_dead_one(tmp_path: Path) -> None:
    """As long as bytes leave, it is waited for, also when they have left our own buffer and stand in the kernel's."""
    source, sha256 = recording(tmp_path, 60_000)
    async with hostile(tmp_path, tls=False) as (server, _):
        await server.suffer(Trouble.SLOW)
        server.slow_bytes_per_s = 20_000
        limits = Limits(connect=1, command=1, stall=0.5, finish=1, session=30)
        storage = FtpStorage(FtpTarget("127.0.0.1", server.port, "me", PASSWORD, None), limits)
        await storage.store(source, NAME, sha256, nobody)
        assert files(server) == {NAME: source.read_bytes()}


@pytest.mark.parametrize("left", [b"", b"half", b"x" * 30_000], ids=["empty", "half", "other"])
async def test_what_an_earlier_attempt_left_is_replaced_unless_it_is_whole(left: bytes, tmp_path: Path) -> None:
    """0 truncated names, 0 duplicates: whether it is the `.part` or the final name."""
    source, sha256 = recording(tmp_path, 30_000)
    async with hostile(tmp_path, tls=False) as (server, storage):
        (server.root / NAME).parent.mkdir(parents=True)
        for name in (NAME, f"{NAME}.part"):
            (server.root / name).write_bytes(left)
        assert not (await storage.store(source, NAME, sha256, nobody)).found
        assert files(server) == {NAME: source.read_bytes()}
        assert (await storage.store(source, NAME, sha256, nobody)).found
        (server.root / NAME).rename(server.root / f"{NAME}.part")
        assert (await storage.store(source, NAME, sha256, nobody)).found
        assert files(server) == {NAME: source.read_bytes()}


async def test_a_damaged_source_is_not_delivered_as_if_it_were_whole(tmp_path: Path) -> None:
    """A file that is not the one that was finished stays where it is, and nothing of it on the server."""
    source, _ = recording(tmp_path, 30_000)
    async with hostile(tmp_path, tls=False) as (server, storage):
        with pytest.raises(StorageError) as changed:
            await storage.store(source, NAME, "0" * 64, nobody)
        with pytest.raises(StorageError) as lost:
            await storage.store(tmp_path / "gone", NAME, "0" * 64, nobody)
        with pytest.raises(StorageError) as bad:
            await storage.store(source, RemoteName("../outside"), "0" * 64, nobody)
        assert [each.value.fault for each in (changed, lost, bad)] == [
            Fault.SOURCE_CHANGED,
            Fault.SOURCE_LOST,
            Fault.BAD_NAME,
        ]
        assert files(server) == {}


async def test_wherever_the_control_line_is_cut_the_file_is_there_once_and_whole_in_the_end(tmp_path: Path) -> None:
    """L11: before each single reply; what was done before the cut is looked at, not done again blindly."""
    source, sha256 = recording(tmp_path, 30_000)
    async with hostile(tmp_path, tls=False) as (server, storage):
        replies, found = 0, 0
        while True:
            server.replies = replies
            try:
                await storage.store(source, NAME, sha256, nobody)
            except StorageError:
                pass
            else:
                break
            assert files(server).get(NAME) in (None, source.read_bytes())
            server.replies = 1 << 30
            found += (await storage.store(source, NAME, sha256, nobody)).found
            assert files(server) == {NAME: source.read_bytes()}
            await storage.delete(NAME, 30_000)
            replies += 1
        assert replies > 15
        assert 0 < found < replies
