"""The keeper: what was recorded is finished once, whatever stands in its way, and nothing goes before it is safe."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from callflow.ids import CallId, RecordingId
from callflow.recorded import recording_of
from callflow.roles import Role
from conversations.db.database import Database, Write
from recording import keeper as keeping
from recording import leases
from recording.finishing import sum_of
from recording.following import ORPHANED
from recording.keeper import CLOSING, FIRST_WAIT, LONGEST_WAIT, MOST_TRIES
from recording.leases import LEASE
from recording.spool import QUARANTINE
from recording.states import RecordingState
from recording.tables import RecordingRow, SegmentRow
from recording.worker import WorkerError
from tests.clock import MovableClock
from tests.conversations.centre import Centre
from tests.recording import talk
from tests.recording.recorded import Archive, Workshop

pytestmark = pytest.mark.wire

SPOOLED = (RecordingState.SPOOLED, None)


@pytest.fixture
async def archive(database: Database, tmp_path: Path) -> Archive:
    return Archive(await Centre.make(database), tmp_path / "recordings")


async def recorded(archive: Archive, *, closed: bool = True) -> RecordingId:
    """A call of two seconds that is over."""
    call = await archive.talks()
    archive.tapped(call.id, closed=closed)
    archive.centre.database.clock.advance(2)  # pyright: ignore
    recording = await archive.ended(call)
    archive.centre.database.clock.advance(2)  # pyright: ignore
    return recording


async def test_a_call_that_is_over_becomes_one_file_and_its_taps_go(archive: Archive, clock: MovableClock) -> None:
    """REC-02, PLUS-09."""
    recording = await recorded(archive)
    assert await archive.keeper().finish_one()
    row = await archive.row(recording)
    assert (row.state, row.why, row.partial, row.seconds, row.deadline_at) == (*SPOOLED, False, 2.0, None)
    for file in row.files:
        path = archive.folder / (row.folder or "") / file["name"]
        assert sum_of(path) == (file["size"], file["sha256"])
    assert talk.tones_of(archive.folder / (row.folder or "") / "voice.webm")[0] == [talk.CUSTOMER_HZ] * 2
    assert not (archive.spool / recording).exists()
    assert await archive.told() == [SPOOLED]
    assert not await archive.keeper().finish_one()


async def test_taps_that_are_still_open_are_waited_for_until_whoever_wrote_them_is_gone(
    archive: Archive, clock: MovableClock
) -> None:
    recording = await recorded(archive, closed=False)
    keeper = archive.keeper()
    while clock.now() < (await archive.row(recording)).ended_at + CLOSING:  # pyright: ignore
        await keeper.finish_one()
        assert (await archive.row(recording)).state is RecordingState.FINALIZING
        clock.advance(1)
    assert await keeper.finish_one()
    row = await archive.row(recording)
    assert (row.state, row.why, row.partial) == (RecordingState.SPOOLED, "cut_off", True)


async def test_what_a_process_that_hung_wrote_meanwhile_is_finished_too(archive: Archive, clock: MovableClock) -> None:
    """REC-02: the taps grow while the file is made; they are not deleted for what they no longer are."""
    recording = await recorded(archive)
    other = talk.Call(archive.spool)
    other.path = archive.spool / recording

    async def step() -> None:
        if workshop.done and len(list(other.path.iterdir())) == 2:
            other.tap(talk.OTHER_AGENT, Role.AGENT, talk.voice(talk.OTHER_HZ, 0, 1))

    workshop = Workshop(step)
    keeper = archive.keeper(workshop)
    await keeper.finish_one()
    assert (await archive.row(recording)).state is RecordingState.FINALIZING
    assert len(list(other.path.iterdir())) == 3
    clock.advance(1)
    await keeper.finish_one()
    assert (await archive.row(recording)).state is RecordingState.SPOOLED
    assert not other.path.exists()


async def test_a_full_disk_and_a_dead_worker_are_tried_again_ever_later_and_told_of_once(
    archive: Archive, clock: MovableClock
) -> None:
    recording = await recorded(archive)
    errors: list[Exception] = [OSError(28, "No space left on device")] * (MOST_TRIES + 2)
    errors += [WorkerError("died", "It died.")] * 2

    async def step() -> None:
        if errors:
            raise errors[0]

    keeper = archive.keeper(Workshop(step))
    waits: list[float] = []
    for why in [*["disk_full"] * (MOST_TRIES + 2), "died", "died"]:
        assert await keeper.finish_one()
        row = await archive.row(recording)
        assert row.deadline_at is not None, "a full disk is tried for as long as it takes"
        waits.append((row.deadline_at - clock.now()).total_seconds())
        assert row.why == why
        assert not await keeper.finish_one(), "not before its time"
        clock.advance(waits[-1])
        errors.pop(0)
    assert waits[:4] == [FIRST_WAIT.total_seconds() * 2**n for n in range(4)]
    assert max(waits) == LONGEST_WAIT.total_seconds()
    assert len(list((archive.spool / recording).iterdir())) == 2
    assert await keeper.finish_one()
    assert (await archive.row(recording)).why is None
    assert await archive.told() == [
        (RecordingState.FINALIZING, "disk_full"),
        (RecordingState.FINALIZING, "died"),
        SPOOLED,
    ]


async def test_what_can_never_be_finished_has_failed_in_the_end_and_is_kept(
    archive: Archive, clock: MovableClock
) -> None:
    """REC-02: with an alert."""
    recording = await recorded(archive)

    async def step() -> None:
        raise ValueError("a packet that no library can stand")

    keeper = archive.keeper(Workshop(step))
    while (await archive.row(recording)).deadline_at is not None:
        assert await keeper.finish_one()
        clock.advance(LONGEST_WAIT.total_seconds())
    assert (await archive.row(recording)).state is RecordingState.FAILED
    assert (await archive.told())[-1] == (RecordingState.FAILED, "not_finished")
    await keeper.sweep()
    assert len(list((archive.spool / recording).iterdir())) == 2


async def test_where_nothing_was_recorded_at_all_it_has_failed(archive: Archive, clock: MovableClock) -> None:
    """REC-02: never silently missing."""
    empty = await archive.talks()
    clock.advance(2)
    recording = await archive.ended(empty)
    clock.advance(CLOSING.total_seconds())
    await archive.keeper().finish_one()
    row = await archive.row(recording)
    assert (row.state, row.why, row.files) == (RecordingState.FAILED, "empty", [])
    assert await archive.told() == [(RecordingState.FAILED, "empty")]


async def test_a_row_that_nobody_ended_is_ended_and_one_whose_call_goes_on_is_left(
    archive: Archive, clock: MovableClock
) -> None:
    """Of a live call only a clock that was set can make it due."""
    call = await archive.talks()
    archive.tapped(call.id)
    clock.advance(2)
    await archive.centre.end(call)
    live = await archive.talks("Dora")
    clock.advance(ORPHANED.total_seconds())
    keeper = archive.keeper()
    while await keeper.finish_one():
        pass
    row = await archive.row(recording_of(call.id))
    assert (row.state, row.seconds) == (RecordingState.SPOOLED, 2.0)
    assert (await archive.row(recording_of(live.id))).state is RecordingState.RECORDING
    async with archive.centre.database.read() as session:
        still_open = await session.scalars(select(SegmentRow.recording_id).where(SegmentRow.ended_at.is_(None)))
        assert still_open.all() == [recording_of(live.id)]


class Killed(BaseException):
    """The power went."""


async def test_killed_between_any_two_steps_it_ends_once_and_the_taps_go_after_the_row_says_so(
    archive: Archive, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REC-02."""
    database, steps = archive.centre.database, 0
    write, forget = database.write, keeping.forget

    async def step() -> None:
        nonlocal steps
        steps -= 1
        if steps == 0:
            raise Killed

    @asynccontextmanager
    async def stepped() -> AsyncGenerator[Write]:
        await step()
        async with write() as opened:
            yield opened
            await step()
        await step()

    def step_and_forget(taps: Path, into: Path) -> bool:
        nonlocal steps
        steps -= 1
        if steps == 0:
            raise Killed
        return forget(taps, into)

    kill_at, killed = 0, True
    while killed:
        kill_at += 1
        recording = await recorded(archive)
        monkeypatch.setattr(database, "write", stepped)
        monkeypatch.setattr(keeping, "forget", step_and_forget)
        steps = kill_at
        try:
            await archive.keeper(Workshop(step)).finish_one()
        except Killed:
            pass
        else:
            killed = False
        monkeypatch.undo()
        row, taps = await archive.row(recording), archive.spool / recording
        assert row.state is RecordingState.SPOOLED or len(list(taps.iterdir())) == 2
        clock.advance(LEASE.total_seconds())
        keeper = archive.keeper()
        while await keeper.finish_one():
            pass
        await keeper.sweep()
        assert not taps.exists()
        assert (await archive.told()) == [SPOOLED] * kill_at
        assert (await archive.row(recording)).state is RecordingState.SPOOLED
    print(f"killed at {kill_at - 1} steps")
    assert kill_at > 8


async def test_two_keepers_never_finish_one_twice_and_who_lost_the_lease_changes_nothing(
    archive: Archive, clock: MovableClock
) -> None:
    recordings = {await recorded(archive) for _ in range(4)}
    first, second = Workshop(), Workshop()
    keepers = [archive.keeper(first), archive.keeper(second)]

    async def work(number: int) -> None:
        while await keepers[number].finish_one():
            pass

    await asyncio.gather(work(0), work(1))
    assert sorted([*first.done, *second.done]) == sorted(recordings)
    assert await archive.told() == [SPOOLED] * 4

    late = await recorded(archive)

    async def step() -> None:  # the first one stood still for longer than its lease
        if not slow.done:
            clock.advance(LEASE.total_seconds())
            assert await keepers[1].finish_one()

    slow = Workshop(step)
    await archive.keeper(slow).finish_one()
    assert (await archive.row(late)).state is RecordingState.SPOOLED
    assert await archive.told() == [SPOOLED] * 5


async def test_a_lease_is_renewed_for_as_long_as_it_takes_and_given_up_when_it_is_lost(
    archive: Archive, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "RENEW_EVERY_S", 0.01)
    recording = await recorded(archive)
    stolen = asyncio.Event()

    async def renewed() -> bool:
        return (await archive.row(recording)).deadline_at == clock.now() + LEASE

    async def step() -> None:
        if slow.done:
            return
        clock.advance(LEASE.total_seconds() - 1)
        async with asyncio.timeout(20):
            while not await renewed():  # noqa: ASYNC110 - a row tells nobody that it has changed
                await asyncio.sleep(0.01)
        async with archive.centre.database.write() as write:
            taken = update(RecordingRow).where(RecordingRow.id == recording)
            await write.session.execute(taken.values(epoch=RecordingRow.epoch + 1))
        stolen.set()
        await asyncio.sleep(20)

    slow = Workshop(step)
    async with asyncio.timeout(20):
        await archive.keeper(slow).finish_one()
    assert stolen.is_set()
    assert not slow.done
    assert (await archive.row(recording)).state is RecordingState.FINALIZING


async def test_a_forgotten_folder_is_taken_up_when_its_call_is_known_and_else_counted(
    archive: Archive, clock: MovableClock
) -> None:
    """REC-02: the database came from an older backup than the spool."""
    recording = await recorded(archive)
    async with archive.centre.database.write() as write:
        await write.session.execute(delete(SegmentRow))
        await write.session.execute(delete(RecordingRow))
    stranger = archive.tapped(CallId("call_stranger"))
    (archive.spool / "what is this").mkdir()
    live = await archive.talks("Dora")
    (archive.spool / recording_of(live.id)).mkdir()
    (archive.spool / recording_of(live.id) / "leg_9.tap").touch()  # a tap that has just been begun
    keeper = archive.keeper()
    await keeper.sweep()
    assert keeper.orphans == 2
    row = await archive.row(recording)
    assert (row.state, row.partial) == (RecordingState.FINALIZING, True)
    assert await keeper.finish_one()
    assert (await archive.row(recording)).state is RecordingState.SPOOLED
    assert stranger.exists()
    assert (archive.spool / QUARANTINE / "what_is_this").is_dir()
    assert (archive.spool / recording_of(live.id) / "leg_9.tap").exists()
    assert await archive.told() == [(RecordingState.FINALIZING, None), SPOOLED]


async def test_finishing_waits_on_a_disk_that_is_full_and_goes_on_when_there_is_room(
    archive: Archive, clock: MovableClock, small_disk: Path
) -> None:
    """REC-02: a real disk; the taps lie elsewhere."""
    full = Archive(archive.centre, small_disk)
    recording = await recorded(archive)
    shutil.copytree(archive.spool / recording, full.spool / recording)
    ballast = small_disk / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(1 << 16))
    keeper = full.keeper()
    assert await keeper.finish_one()
    row = await full.row(recording)
    assert (row.state, row.why) == (RecordingState.FINALIZING, "disk_full")
    assert len(list((full.spool / recording).iterdir())) == 2
    os.unlink(ballast)
    clock.advance(FIRST_WAIT.total_seconds())
    assert await keeper.finish_one()
    assert (await full.row(recording)).state is RecordingState.SPOOLED
