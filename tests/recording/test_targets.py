"""Recordings on their way to the customer's server, on both databases and to a real server."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from callflow.call import Direction, Media
from callflow.facts import FactKind
from callflow.ids import RecordingId
from conversations.db.database import Database
from conversations.db.facts import facts_after
from recording.catalogue import Catalogue
from recording.delivery import Began, GaveUp, Policy, Refused, State, Uploaded, step
from recording.finishing import FileKind
from recording.leases import LeaseLostError
from recording.rules import RecordingRules, SettingsChange
from recording.server import Server, TransferProtocol
from recording.shelf import SERVER, DatabaseShelf, KeptInPlace, hand_over, hand_over_made
from recording.states import PreparationState, RecordingState
from recording.storages.errors import Fault, StorageError
from recording.tables import PreparationRow, RecordingRow, SegmentRow
from recording.targets import SecretKeys, TargetChange, Targets
from recording.uploader import Notice, Uploader
from tests.clock import MovableClock
from tests.conversations.centre import Centre
from tests.flow.people import eventually
from tests.ftp_servers import FOLDER, PASSWORD, Running, vsftpd
from tests.recording.gate import gate

pytestmark = pytest.mark.wire

BUSY = StorageError(Fault.LINE_CUT, "The connection was cut in the middle.")
SERVER_THERE = Server(TransferProtocol.FTP, "127.0.0.1", 2121, "recorder", template="recordings/{agent}-{customer}")


class Archive:
    """A centre whose recordings go to a server."""

    def __init__(self, centre: Centre, folder: Path) -> None:
        self.centre = centre
        self.database = centre.database
        self.folder = folder / "recordings"
        keys = SecretKeys(folder / "secret.keys")
        self.targets = Targets(self.database, keys)
        self.shelf = DatabaseShelf(self.database, keys, self.folder)

    async def configured(self, server: Server, *, upload: bool = True, failover: bool = True) -> None:
        """Say which server it is."""
        rules = RecordingRules(self.database)
        settings = await rules.settings()
        await rules.change(self.centre.sam.actor, settings.version, SettingsChange(download=True))
        version = (await self.targets.current()).version
        change = TargetChange(server, PASSWORD, failover, upload)
        await self.targets.change(self.centre.sam.actor, version, change)

    async def recorded(self, media: Media = Media.AUDIO, *, download: bool = True) -> RecordingId:
        """A call that was recorded, finished and handed over as the keeper does it."""
        call = await self.centre.call((await self.centre.customer("Zoë ../../etc")).id)
        call = await self.centre.end(await self.centre.answer(call, self.centre.ana))
        recording = RecordingId(f"rec_{call.id.removeprefix('call_')}")
        place = self.folder / "2026/11" / recording
        place.mkdir(parents=True)
        kinds = ("voice", "customer", "agent") if media is Media.VIDEO else ("voice",)
        async with self.database.write() as write:
            now = write.clock.now()
            files: list[dict[str, object]] = []
            for kind in (*kinds, "waveform"):
                content = f"{kind} of {recording}".encode()
                (place / f"{kind}.webm").write_bytes(content)
                sha256 = hashlib.sha256(content).hexdigest()
                files.append(
                    {"kind": kind, "name": f"{kind}.webm", "size": len(content), "seconds": 1.0, "sha256": sha256}
                )
            row = RecordingRow(
                id=recording, call_id=call.id, conversation_id=call.conversation, customer_id=call.customer,
                queue_id=call.queue, direction=Direction.INBOUND, media=media, download=download,
                state=RecordingState.SPOOLED, started_at=now, ended_at=now, seconds=1.0, size=1, files=files,
                folder=f"2026/11/{recording}", partial=False, attempts=0, epoch=0,
            )  # fmt: skip
            write.session.add(row)
            await write.session.flush()
            segment = insert(SegmentRow).values(
                id=f"seg_{recording}", recording_id=recording, agent_id=self.centre.ana.id, began_at=now
            )
            await write.session.execute(segment)
            await hand_over(write, row)
        return recording

    async def made(self, recording: RecordingId) -> None:
        """The file of both pictures is there, as the preparer notes it."""
        async with self.database.write() as write:
            (await write.session.get_one(PreparationRow, recording)).state = PreparationState.READY
            row = await write.session.get_one(RecordingRow, recording)
            made = {"kind": "side_by_side", "name": "side_by_side.webm", "size": 1, "seconds": 1.0, "sha256": "0" * 64}
            row.files = [*row.files, made]
            await hand_over_made(write, row, FileKind.SIDE_BY_SIDE)

    async def state(self, recording: RecordingId) -> RecordingState:
        return (await Catalogue(self.database).one(recording)).state

    async def told(self) -> Sequence[object]:
        """The states that the recording was said to be in, by facts."""
        async with self.database.read() as session:
            facts = await facts_after(session, 0, 1000)
        return [each.fact.data["state"] for each in facts if each.fact.kind is FactKind.RECORDING_CHANGED]


@pytest.fixture
async def archive(database: Database, tmp_path: Path) -> Archive:
    return Archive(await Centre.make(database), tmp_path)


@asynccontextmanager
async def uploading(archive: Archive) -> AsyncGenerator[Uploader]:
    own = KeptInPlace(archive.folder)
    uploader = Uploader(archive.shelf, own, archive.database.clock, look_every=0.02)
    task = asyncio.create_task(uploader.run())
    try:
        yield uploader
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_files_are_handed_over_only_while_upload_is_on_and_pictures_only_where_download_is(
    archive: Archive, clock: MovableClock
) -> None:
    """FTP-02, FTP-04."""
    await archive.configured(SERVER_THERE, upload=False)
    await archive.recorded()
    assert await archive.shelf.targets() == ()
    await archive.configured(SERVER_THERE)
    first = await archive.recorded(Media.VIDEO)
    clock.advance(1)
    await archive.recorded(Media.VIDEO, download=False)
    jobs = await archive.shelf.due(SERVER, clock.now(), 10)
    assert sorted(job.name for job in jobs[:3]) == [
        f"recordings/Ana-Zoe_._._etc-{first}.{kind}.webm" for kind in ("agent", "customer", "voice")
    ]
    assert [job.source.name for job in jobs[3:]] == ["voice.webm"]
    async with archive.database.write() as write:
        await hand_over(write, await write.session.get_one(RecordingRow, first))
    assert len(await archive.shelf.due(SERVER, clock.now(), 10)) == 4, "what is on its way is not sent a second time"
    assert all(job.source.is_file() for job in jobs)


async def test_a_job_is_taken_by_one_and_due_again_when_its_lease_is_over(
    archive: Archive, clock: MovableClock
) -> None:
    """PLUS-09: compare-and-set by epoch, and the recording follows its worst file, with a fact for each state."""
    await archive.configured(SERVER_THERE)
    recording = await archive.recorded(Media.VIDEO)
    shelf = archive.shelf
    jobs = await shelf.due(SERVER, clock.now(), 10)
    began = [step(job.delivery, Began(), clock.now()) for job in jobs]
    both = await asyncio.gather(shelf.begin(jobs[0], began[0]), shelf.begin(jobs[0], began[0]))
    taken = next(job for job in both if job is not None)
    assert both.count(None) == 1
    assert await archive.state(recording) is RecordingState.UPLOADING
    clock.advance(40)
    await shelf.renew(taken)
    clock.advance(40)
    assert await shelf.abandoned(clock.now(), 10) == []
    clock.advance(40)
    [abandoned] = await shelf.abandoned(clock.now(), 10)
    await shelf.write(abandoned, replace(abandoned.delivery, state=State.SPOOLED, due=clock.now()))
    with pytest.raises(LeaseLostError):
        await shelf.renew(taken)
    await shelf.write(taken, step(taken.delivery, Uploaded(), clock.now()))
    assert await archive.state(recording) is RecordingState.SPOOLED, "who lost the lease changes nothing"

    for job in await shelf.due(SERVER, clock.now(), 10):
        begun = await shelf.begin(job, step(job.delivery, Began(), clock.now()))
        assert begun is not None
        await shelf.write(begun, step(begun.delivery, Uploaded(), clock.now()))
    assert await archive.state(recording) is RecordingState.SPOOLED, "the file of both pictures is still to be made"
    await archive.made(recording)
    [job] = await shelf.due(SERVER, clock.now(), 10)
    begun = await shelf.begin(job, step(job.delivery, Began(), clock.now()))
    assert begun is not None
    await shelf.write(begun, step(begun.delivery, Uploaded(), clock.now()))
    assert await archive.state(recording) is RecordingState.UPLOADED
    assert (await shelf.due(SERVER, clock.now(), 10), (await shelf.backlog()).waiting) == ([], 0)
    assert list(dict.fromkeys(await archive.told())) == ["uploading", "spooled", "uploaded"]
    assert (await archive.targets.current()).succeeded_at == clock.now()
    figures = await shelf.figures()
    assert (figures.states, figures.failing) == ({"uploaded": 1}, 0)


async def test_without_failover_a_late_file_is_failed_and_due_and_another_account_begins_anew(
    archive: Archive, clock: MovableClock
) -> None:
    """FTP-04: never deleted; new settings are tried at once, and the trouble that was told is gone."""
    await archive.configured(SERVER_THERE, failover=False)
    recording = await archive.recorded()
    policy = Policy(failover=False)
    [job] = await archive.shelf.due(SERVER, clock.now(), 10)
    begun = await archive.shelf.begin(job, step(job.delivery, Began(), clock.now()))
    assert begun is not None
    await archive.shelf.write(begun, step(begun.delivery, Refused(BUSY, 0), clock.now()))
    await archive.shelf.tell(SERVER, Notice(Fault.LINE_CUT, BUSY.sentence))
    assert await archive.shelf.late(SERVER, policy, clock.now(), 10) == []
    clock.advance(601)
    [late] = await archive.shelf.late(SERVER, policy, clock.now(), 10)
    await archive.shelf.write(late, step(late.delivery, GaveUp(), clock.now()))
    assert await archive.state(recording) is RecordingState.FAILED
    assert await archive.shelf.late(SERVER, policy, clock.now(), 10) == [], "it is told once"
    assert (await Catalogue(archive.database).one(recording)).why == Fault.LINE_CUT
    assert (await archive.shelf.backlog()).failed == (await archive.shelf.figures()).failing == 1
    trouble = (await archive.targets.current()).trouble
    assert trouble is not None
    assert (trouble.code, trouble.sentence) == (Fault.LINE_CUT, BUSY.sentence)

    await archive.configured(replace(SERVER_THERE, user="another"), failover=False)
    assert await archive.state(recording) is RecordingState.SPOOLED
    [again] = await archive.shelf.due(SERVER, clock.now(), 10)
    assert (again.delivery.tries, again.delivery.since) == (0, clock.now())
    assert (await archive.targets.current()).trouble is None


async def test_a_lost_key_file_is_told_and_nothing_is_sent(archive: Archive, tmp_path: Path) -> None:
    """PLUS-09; reliability S27: what cannot be opened is not sent, and entering it again heals it."""
    await archive.configured(SERVER_THERE)
    (tmp_path / "secret.keys").unlink()
    later = Archive(archive.centre, tmp_path)
    assert await later.shelf.targets() == ()
    trouble = (await later.targets.current()).trouble
    assert trouble is not None
    assert trouble.code is Fault.SECRET_LOST
    await later.configured(SERVER_THERE)
    assert [target.id for target in await later.shelf.targets()] == [SERVER]
    assert (await later.targets.current()).trouble is None


def at(server: Running, port: int) -> Server:
    return Server(TransferProtocol.FTP, "127.0.0.1", port, server.user, template=f"{FOLDER}/{{year}}/{{customer}}")


async def test_a_server_that_is_down_is_failed_over_and_gets_everything_when_it_is_back(
    archive: Archive, clock: MovableClock
) -> None:
    """FTP-03, PLUS-09: the files stay where they are, nothing is copied, and each arrives whole under its name."""
    async with vsftpd(False) as server, gate(server.port) as door:
        archive.shelf.policy = Policy(failover=True, tries=1, patience=timedelta(hours=1))
        await archive.configured(at(server, door.port))
        await door.close()
        recordings = [await archive.recorded() for _ in range(4)]
        before = sorted(archive.folder.rglob("*"))
        async with uploading(archive):
            while (await archive.targets.current()).trouble is None:
                clock.advance(30)
                await asyncio.sleep(0.05)
            clock.advance(3600)
            await all_are(archive, recordings, RecordingState.FAILED_OVER)
            assert sorted(archive.folder.rglob("*")) == before
            trouble = (await archive.targets.current()).trouble
            assert trouble is not None
            assert trouble.code is Fault.UNREACHABLE
            await door.open()
            clock.advance(20)
            await all_are(archive, recordings, RecordingState.UPLOADED)
        assert (await archive.targets.current()).trouble is None
        for recording in recordings:
            name = server.root / FOLDER / "2026" / f"Zoe_._._etc-{recording}.voice.webm"
            assert name.read_bytes() == f"voice of {recording}".encode()
        assert len(list((server.root / FOLDER / "2026").iterdir())) == len(recordings)


async def all_are(archive: Archive, recordings: Sequence[RecordingId], state: RecordingState) -> None:
    async def states() -> set[RecordingState]:
        return {await archive.state(each) for each in recordings}

    await eventually(states, lambda seen: seen == {state}, f"all recordings {state}")
