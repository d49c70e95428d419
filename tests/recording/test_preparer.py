"""The side-by-side file: made once, when somebody asks, one at a time, whatever stands in its way; then delivered."""

import asyncio
import hashlib
import os
import signal
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from callflow.errors import RefusedError
from callflow.ids import RecordingId
from conversations.audit_log import AuditFilter, AuditLog
from conversations.db.database import Database
from conversations.errors import NotFoundError
from recording import leases
from recording.catalogue import Catalogue
from recording.erasing import Retention
from recording.finisher import Finisher
from recording.leases import LEASE
from recording.preparations import Preparations, SideBySide
from recording.preparer import FIRST_WAIT, LONGEST_WAIT, MOST_TRIES
from recording.server import Server, TransferProtocol
from recording.states import PreparationState, RecordingState
from recording.tables import PreparationRow
from recording.targets import uploads_are_on
from recording.worker import WorkerError
from tests.clock import MovableClock
from tests.conversations.centre import Centre
from tests.flow.people import eventually
from tests.ftp_servers import FOLDER, vsftpd
from tests.media.parties import eventually as until
from tests.recording import talk
from tests.recording.recorded import Archive, Cutter

pytestmark = pytest.mark.wire

WAITING, PREPARING, READY, FAILED = PreparationState
FILE = "side_by_side"
FTP = Server(TransferProtocol.FTP, "127.0.0.1", 21, "recorder", template=f"{FOLDER}/{{customer}}")


@pytest.fixture
async def archive(database: Database, tmp_path: Path) -> Archive:
    return Archive(await Centre.make(database), tmp_path / "recordings")


@pytest.fixture
def wishes(archive: Archive) -> Preparations:
    return Preparations(archive.centre.database, archive.folder)


async def place(archive: Archive, recording: RecordingId) -> Path:
    return archive.folder / ((await archive.row(recording)).folder or "")


async def test_a_wish_is_refused_where_there_is_nothing_to_make_or_download_is_off(
    archive: Archive, wishes: Preparations
) -> None:
    """REC-03: of a video call pictures may not be downloaded unless somebody has switched that on."""
    actor = archive.centre.sam.actor
    with pytest.raises(NotFoundError):
        await wishes.ask(actor, RecordingId("rec_nobody"))
    locked_up = await archive.kept(video=True)
    with pytest.raises(RefusedError, match="switched off"):
        await wishes.ask(actor, locked_up)
    await archive.allow_download()
    sound = await archive.kept("Dora")
    with pytest.raises(RefusedError, match="no pictures"):
        await wishes.ask(actor, sound)
    assert await wishes.backlog() == 0


async def test_two_wishes_are_made_one_after_the_other_and_each_once(
    archive: Archive, wishes: Preparations, clock: MovableClock
) -> None:
    """REC-03: who asks again changes nothing; both pictures and both voices are in the file, each on its side."""
    await archive.allow_download()
    first, second = await archive.kept(video=True), await archive.kept("Dora", video=True)
    actor = archive.centre.sam.actor
    assert await wishes.one(first) == SideBySide(None)
    assert await wishes.ask(actor, first) == SideBySide(WAITING, before=0)
    clock.advance(1)
    assert await wishes.ask(actor, second) == SideBySide(WAITING, before=1)
    assert await wishes.ask(actor, first) == SideBySide(WAITING, before=0)
    assert await wishes.backlog() == 2

    seen: list[SideBySide] = []

    async def step(folder: Path) -> None:
        seen.extend([await wishes.one(RecordingId(folder.name)), await wishes.one(second)])

    cutter = Cutter(step)
    preparer = archive.preparer(cutter)
    assert [await preparer.prepare_one() for _ in range(3)] == [True, True, False]
    assert (cutter.begun, cutter.most_at_once) == ([first, second], 1)
    assert seen[:2] == [SideBySide(PREPARING), SideBySide(WAITING, before=1)]
    assert await wishes.one(first) == await wishes.ask(actor, first) == SideBySide(READY)
    assert await wishes.backlog() == 0
    file = (await Catalogue(archive.centre.database).one(first)).file(FILE)
    content = (await place(archive, first) / file.name).read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (file.size, file.sha256)
    row = await archive.row(first)
    assert row.size == sum(one["size"] for one in row.files)
    left, right = talk.sound_of(await place(archive, first) / file.name)
    assert [talk.loudest(side[12_000:36_000]) for side in (left, right)] == [talk.CUSTOMER_HZ, talk.AGENT_HZ]
    asked = await AuditLog(archive.centre.database).page(AuditFilter(subject="recording"))
    assert [[field.new for field in entry.fields] for entry in asked.items] == [["prepared"], ["prepared"]]


async def test_who_waits_in_front_of_a_page_is_served_before_what_is_only_delivered(
    archive: Archive, wishes: Preparations, clock: MovableClock
) -> None:
    """REC-03, FTP-02."""
    await archive.allow_download()
    await archive.configured(FTP)
    delivered = [await archive.kept(name, video=True) for name in ("Cora", "Dora", "Emil")]
    assert await wishes.backlog() == 3, "delivery of video asks too"
    assert (await wishes.one(delivered[2])).before == 2
    assert await wishes.ask(archive.centre.sam.actor, delivered[2]) == SideBySide(WAITING, before=0)
    assert (await wishes.one(delivered[0])).before == 1
    cutter = Cutter()
    while await archive.preparer(cutter).prepare_one():
        pass
    assert cutter.begun == [delivered[2], delivered[0], delivered[1]]


async def test_what_fails_is_tried_again_ever_later_and_in_the_end_by_a_person(
    archive: Archive, wishes: Preparations, clock: MovableClock
) -> None:
    """REC-03: a full disk for as long as it takes; the reason is told."""
    await archive.allow_download()
    recording, actor = await archive.kept(video=True), archive.centre.sam.actor
    errors: list[Exception] = [OSError(28, "No space left on device")] * (MOST_TRIES + 1)
    errors += [WorkerError("died", "It died.")]

    async def step(_: Path) -> None:
        if errors:
            raise errors.pop(0)

    preparer = archive.preparer(Cutter(step))
    await wishes.ask(actor, recording)
    for _ in range(MOST_TRIES + 1):
        assert await preparer.prepare_one()
        assert await wishes.one(recording) == SideBySide(WAITING, why="disk_full")
        assert not await preparer.prepare_one(), "not before its time"
        clock.advance(LONGEST_WAIT.total_seconds())
    assert await preparer.prepare_one()
    assert await wishes.one(recording) == SideBySide(FAILED, why="died")
    clock.advance(LONGEST_WAIT.total_seconds())
    assert not await preparer.prepare_one()
    assert await wishes.ask(actor, recording) == SideBySide(WAITING)
    assert await preparer.prepare_one()
    assert (await wishes.one(recording)).state is READY


async def test_what_was_being_made_when_the_server_was_killed_is_made_after_the_next_start(
    archive: Archive, wishes: Preparations, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REC-03: the lease of the dead one ends, and a half file and its progress are no hindrance."""
    await archive.allow_download()
    recording = await archive.kept(video=True)
    await wishes.ask(archive.centre.sam.actor, recording)
    begun = asyncio.Event()

    async def hang(folder: Path) -> None:
        (folder / f"{FILE}.webm.part").write_bytes(b"half")
        (folder / f"{FILE}.progress").write_text("0.500")
        begun.set()
        await asyncio.sleep(3600)

    monkeypatch.setattr(leases, "RENEW_EVERY_S", 0.01)
    dead = asyncio.create_task(archive.preparer(Cutter(hang)).prepare_one())
    await begun.wait()
    clock.advance(LEASE.total_seconds() - 1)

    async def renewed() -> bool:
        async with archive.centre.database.read() as session:
            return (await session.get_one(PreparationRow, recording)).deadline_at == clock.now() + LEASE

    await eventually(renewed, bool, "renewed lease")
    clock.advance(2)
    assert not await archive.preparer().prepare_one(), "nobody else begins it"
    assert await wishes.one(recording) == SideBySide(PREPARING, share=0.5)
    dead.cancel()
    with suppress(asyncio.CancelledError):
        await dead
    clock.advance(LEASE.total_seconds() + 1)
    assert await archive.preparer().prepare_one()
    assert await wishes.one(recording) == SideBySide(READY)
    assert sorted(path.name for path in (await place(archive, recording)).glob(f"{FILE}*")) == [f"{FILE}.webm"]


async def test_a_recording_that_is_deleted_while_its_file_is_made_stays_deleted(
    archive: Archive, wishes: Preparations, clock: MovableClock
) -> None:
    """PLUS-10."""
    await archive.allow_download()
    recording = await archive.kept(video=True)
    actor, retention = archive.centre.sam.actor, Retention(archive.centre.database, archive.folder, archive.spool)
    await wishes.ask(actor, recording)

    async def delete(_: Path) -> None:
        await retention.delete(actor, recording)

    assert await archive.preparer(Cutter(delete)).prepare_one()
    assert not await archive.preparer().prepare_one()
    assert not (await place(archive, recording)).exists()
    with pytest.raises(NotFoundError):
        await wishes.one(recording)
    with pytest.raises(NotFoundError):
        await wishes.ask(actor, recording)


async def test_the_process_that_makes_it_may_be_killed(
    archive: Archive, wishes: Preparations, clock: MovableClock
) -> None:
    """REC-03: by what wants its memory; it is begun again at once."""
    await archive.allow_download()
    recording = await archive.kept(video=True, seconds=3)
    folder = await place(archive, recording)
    await wishes.ask(archive.centre.sam.actor, recording)
    finisher = Finisher()
    try:
        work = asyncio.create_task(archive.preparer(finisher).prepare_one())
        await until((folder / f"{FILE}.webm.part").exists)
        os.kill(finisher._pictures._pid, signal.SIGKILL)  # pyright: ignore
        assert await work
    finally:
        finisher.close()
    assert await wishes.one(recording) == SideBySide(READY)
    assert np.abs(talk.sound_of(folder / f"{FILE}.webm")[0]).max() > 0.1


# -- delivery --------------------------------------------------------------------------------------------------------


async def state(archive: Archive, recording: RecordingId) -> RecordingState:
    return (await archive.row(recording)).state


async def test_the_file_of_a_video_call_is_delivered_whole_and_holds_up_nobody(
    archive: Archive, wishes: Preparations, clock: MovableClock
) -> None:
    """FTP-02: sound goes at once, and the recording is delivered when the file with both pictures is there too."""
    await archive.allow_download()
    async with vsftpd(False) as server:
        shelf = await archive.configured(replace(FTP, port=server.port, user=server.user))
        async with archive.uploading(shelf):
            video, sound = await archive.kept(video=True), await archive.kept("Dora")
            await archive.allow_download(on=False)
            hidden = await archive.kept("Emil", video=True)
            for one in (sound, hidden):
                await eventually(
                    lambda one=one: state(archive, one), RecordingState.UPLOADED.__eq__, "sound at the server"
                )
            delivered = server.root / FOLDER

            def names(recording: RecordingId) -> list[str]:
                return sorted(
                    path.name.removesuffix(".webm").rpartition(".")[2] for path in delivered.glob(f"*{recording}*")
                )

            async def arrived() -> list[str]:
                return names(video)

            await eventually(arrived, ["agent", "customer", "voice"].__eq__, "what is there is sent")
            assert names(hidden) == ["voice"], "with download off only the voices go"
            assert await state(archive, video) is RecordingState.SPOOLED, "it is not delivered before all of it is"
            retention = Retention(archive.centre.database, archive.folder, archive.spool, uploads_are_on)
            clock.advance(timedelta(days=100).total_seconds())
            assert {one.id for one in await retention.due(clock.now())} == {sound, hidden}
            assert await archive.preparer().prepare_one()
            await eventually(lambda: state(archive, video), RecordingState.UPLOADED.__eq__, "video at the server")
            file = (await Catalogue(archive.centre.database).one(video)).file(FILE)
            [copy] = delivered.glob(f"*{video}.{FILE}.webm")
            assert hashlib.sha256(copy.read_bytes()).hexdigest() == file.sha256
            assert names(video) == ["agent", "customer", FILE, "voice"]


async def test_a_video_file_that_cannot_be_made_for_delivery_is_told_and_sent_after_all_when_it_can(
    archive: Archive, wishes: Preparations, clock: MovableClock
) -> None:
    """FTP-02, FTP-04: the recording has failed until a person has it tried again; nothing is deleted."""
    await archive.allow_download()
    await archive.configured(FTP)
    recording = await archive.kept(video=True)

    async def fail(_: Path) -> None:
        raise ValueError("a picture that no library can stand")

    for _ in range(MOST_TRIES):
        assert await archive.preparer(Cutter(fail)).prepare_one()
        clock.advance(FIRST_WAIT.total_seconds() * 4)
    row = await archive.row(recording)
    assert (row.state, row.why) == (RecordingState.FAILED, "no_video_file")
    await wishes.ask(archive.centre.sam.actor, recording)
    assert await state(archive, recording) is RecordingState.SPOOLED
    assert await archive.preparer().prepare_one()
    assert (await archive.row(recording)).why is None
