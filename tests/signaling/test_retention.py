"""Retention: what may go is decided on the safe side, and what goes leaves its trace (PLUS-10)."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from callflow.errors import RefusedError
from callflow.ids import CustomerId, LegId, QueueId, RecordingId
from callflow.recorded import recording_of
from callflow.wiring import TapTrouble, TapWhy
from conversations.db.audit import AuditRow
from conversations.db.database import Database
from conversations.db.facts import facts_after
from conversations.errors import NotFoundError
from recording import erasing
from recording.catalogue import Catalogue
from recording.erasing import TRASH, Erasing, Retention, next_night
from recording.records import MAGIC
from recording.retention import DEFAULT_DAYS, Candidate, may_go
from recording.states import RecordingState
from recording.tables import RecordingRow
from signaling.app import SPOOL
from signaling.panel.touched import touched_by
from tests.clock import MovableClock
from tests.conversations.centre import Centre
from tests.recording.recorded import Archive
from tests.signaling.house import House

wire = pytest.mark.wire
DESK = QueueId("queue_desk")
NOW = MovableClock().now()


@pytest.mark.unit
@given(
    state=st.sampled_from(RecordingState),
    age=st.none() | st.integers(-1, 400).map(timedelta) | st.timedeltas(timedelta(days=-1), timedelta(days=400)),
    days=st.none() | st.integers(1, 300) | st.just("default"),
    held=st.booleans(),
    asked=st.booleans(),
    deleted=st.booleans(),
    delivered=st.booleans(),
)
def test_nothing_goes_under_hold_before_its_time_or_before_it_is_verified_where_it_must_be(
    state: RecordingState,
    age: timedelta | None,
    days: int | str | None,
    held: bool,
    asked: bool,
    deleted: bool,
    delivered: bool,
) -> None:
    """PLUS-10, FTP-03: every case; the age counts from the end of the call."""
    one = Candidate(RecordingId("rec_1"), DESK, state, NOW - age if age is not None else None, 1, held, asked, deleted)
    kept = {} if isinstance(days, str) else {DESK: days}
    goes = may_go(one, kept, NOW, delivered=delivered)
    busy = {RecordingState.RECORDING, RecordingState.FINALIZING, RecordingState.UPLOADING}
    if held or deleted or state in busy:
        assert not goes
    elif asked:
        assert goes
    else:
        limit = DEFAULT_DAYS if isinstance(days, str) else days
        old = limit is not None and age is not None and age >= timedelta(days=limit)
        safe = state is RecordingState.UPLOADED or (state is RecordingState.SPOOLED and not delivered)
        assert goes == (old and safe)


@pytest.fixture
async def archive(database: Database, tmp_path: Path) -> Archive:
    return Archive(await Centre.make(database), tmp_path / "recordings")


@pytest.fixture
def retention(archive: Archive) -> Retention:
    return Retention(archive.centre.database, archive.folder, archive.spool)


async def kept(archive: Archive, clock: MovableClock, customer: str = "Cora") -> RecordingId:
    """A finished recording."""
    call = await archive.talks(customer)
    archive.tapped(call.id, seconds=0.5)
    clock.advance(1)
    recording = await archive.ended(call)
    clock.advance(2)
    while await archive.keeper().finish_one():
        pass
    return recording


async def files(archive: Archive, recording: RecordingId) -> bool:
    folder = (await archive.row(recording)).folder
    return folder is not None and (archive.folder / folder / "voice.webm").exists()


@wire
async def test_old_recordings_go_at_night_and_the_dry_run_says_which(
    archive: Archive, retention: Retention, clock: MovableClock
) -> None:
    """PLUS-10: the row keeps the fact, the audit log says so, held ones stay, and so do those of a queue for ever."""
    old, held = await kept(archive, clock), await kept(archive, clock, "Dora")
    boss = archive.centre.sam.actor
    await retention.hold(boss, held, True)
    assert await retention.tonight() == []
    clock.advance(DEFAULT_DAYS * 86_400 - 60)
    young = await kept(archive, clock, "Emil")
    assert await retention.delete_due(clock.now()) == 0
    assert [one.id for one in await retention.tonight()] == [old]
    await retention.set_days(boss, archive.centre.desk.id, None)
    assert await retention.tonight() == []
    await retention.set_days(boss, archive.centre.desk.id, DEFAULT_DAYS)
    clock.advance((next_night(clock.now()) - clock.now()).total_seconds())
    assert await retention.delete_due(clock.now()) == 1
    assert (await archive.row(old)).deleted_at == clock.now()
    assert [await files(archive, one) for one in (old, held, young)] == [False, True, True]
    assert os.listdir(archive.folder / TRASH) == []
    async with archive.centre.database.read() as session:
        rows = (await session.scalars(select(AuditRow).where(AuditRow.subject_id == old))).all()
    assert [(row.actor_kind, list(row.changes)) for row in rows] == [("automation", ["deleted_at"])]


@wire
async def test_a_supervisor_deletes_one_now_unless_it_is_held_or_not_finished(
    archive: Archive, retention: Retention, clock: MovableClock
) -> None:
    """PLUS-10."""
    recording, boss = await kept(archive, clock), archive.centre.sam.actor
    await retention.hold(boss, recording, True)
    with pytest.raises(RefusedError, match="legal hold"):
        await retention.delete(boss, recording)
    assert await files(archive, recording)
    await retention.hold(boss, recording, False)
    await retention.delete(boss, recording)
    assert not await files(archive, recording)
    with pytest.raises(NotFoundError):
        await retention.delete(boss, recording)
    with pytest.raises(NotFoundError):
        await retention.hold(boss, recording, True)
    live = await archive.talks("Dora")
    with pytest.raises(RefusedError, match="still being made"):
        await retention.delete(boss, recording_of(live.id))


@wire
async def test_all_of_a_customer_is_erased_and_what_is_not_finished_as_soon_as_it_is(
    archive: Archive, retention: Retention, clock: MovableClock
) -> None:
    """PLUS-10: on request; what is under legal hold stays, and is counted."""
    boss = archive.centre.sam.actor
    done, held = await kept(archive, clock), await kept(archive, clock, "Dora")
    live = await archive.talks("Emil")
    archive.tapped(live.id, seconds=0.5)
    customer = (await archive.row(done)).customer_id
    async with archive.centre.database.write() as write:
        await write.session.execute(update(RecordingRow).values(customer_id=customer))
    await retention.hold(boss, held, True)
    assert await retention.erase(boss, live.customer) == Erasing(0, 0, 0, 0)
    assert await retention.erase(boss, CustomerId(customer)) == Erasing(1, 1, 1, 0)
    assert [await files(archive, one) for one in (done, held)] == [False, True]
    clock.advance(1)
    recording = await archive.ended(live)
    clock.advance(2)
    assert await archive.keeper().finish_one()
    assert await retention.delete_due(clock.now(), asked_only=True) == 1
    assert (await archive.row(recording)).deleted_at is not None
    assert not await files(archive, recording)
    with pytest.raises(NotFoundError):
        await retention.erase(boss, CustomerId("customer_nobody"))


@wire
async def test_what_was_stopped_in_the_middle_of_deleting_is_seen_through_or_put_back(
    archive: Archive, retention: Retention, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLUS-10: the files are never gone without the row, nor the row without its files for good."""
    recording, boss = await kept(archive, clock), archive.centre.sam.actor
    folder = archive.folder / ((await archive.row(recording)).folder or "")

    async def fail(*_: object) -> None:
        raise OSError("the database is gone")

    monkeypatch.setattr(erasing, "_note", fail)
    with pytest.raises(OSError, match="is gone"):
        await retention.delete(boss, recording)
    assert folder.is_dir()
    monkeypatch.undo()
    folder.rename(archive.folder / TRASH / recording)  # killed before the commit
    await retention.mend()
    assert folder.is_dir()
    monkeypatch.setattr(retention, "_empty", str)  # killed after it
    await retention.delete(boss, recording)
    assert (archive.folder / TRASH / recording).is_dir()
    monkeypatch.undo()
    await retention.mend()
    assert os.listdir(archive.folder / TRASH) == []


@wire
async def test_the_metrics_say_what_belongs_to_nobody_and_what_cannot_be_recorded(house: House) -> None:
    """PLUS-15, REC-02."""
    stray = house.parley.recordings.folder / SPOOL / "rec_stray" / "leg_1.tap"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(MAGIC)
    keeper = house.parley.recordings.keeper
    keeper._swept_at = None  # pyright: ignore - as an hour later
    await keeper.sweep()
    house.parley.recordings.troubles.take(TapTrouble(RecordingId("rec_1"), LegId("leg_1"), TapWhy.FULL))
    async with (await house.browser("127.0.0.1")).client.get("/metrics") as answer:
        lines = (await answer.text()).splitlines()
    assert "parley_recording_orphans 1.0" in lines
    assert 'parley_recording_trouble{why="disk_full"} 1.0' in lines
    assert 'parley_recording_trouble{why="disk_slow"} 0.0' in lines


@wire
async def test_the_api_of_retention(house: House) -> None:
    """PLUS-10, SYS-01."""
    sue, admin = await house.signed_in("sue"), await house.signed_in("admin")
    queue = await admin.post("/queues", {"name": "Desk"})
    assert await sue.refused("PUT", f"/recording-retention/queues/{queue['id']}", {"days": 7}) == (403, "forbidden")
    answer = await admin.ask("PUT", f"/recording-retention/queues/{queue['id']}", {"days": 7})
    assert answer.status == 200
    assert await sue.get("/recording-retention") == {
        "default_days": 90,
        "queues": [{"queue_id": queue["id"], "days": 7}],
    }
    assert await sue.get("/recording-retention/dry-run") == {"count": 0, "size": 0, "recordings": [], "first": []}
    assert (await admin.refused("POST", "/customers/customer_x/erase-recordings"))[0] == 404
    assert (await sue.refused("DELETE", "/recordings/rec_x"))[0] == 404


@wire
async def test_open_pages_hear_of_a_hold_and_of_the_days_of_a_queue(
    archive: Archive, retention: Retention, clock: MovableClock
) -> None:
    """PLUS-10, SYS-08: so does an open audit log; the first of a dry run are shown in its order."""
    recording, boss, database = await kept(archive, clock), archive.centre.sam.actor, archive.centre.database
    second = await kept(archive, clock, "Dora")

    async def stale(after: int) -> tuple[int, frozenset[str]]:
        async with database.read() as session:
            logged = await facts_after(session, after, 1000)
        return logged[-1].number, touched_by(one.fact for one in logged).stale

    upto, _ = await stale(0)
    await retention.hold(boss, recording, True)
    upto, lists = await stale(upto)
    assert lists == {"audit", "recordings", "recording_storage"}
    await retention.set_days(boss, archive.centre.desk.id, 1)
    _, lists = await stale(upto)
    assert lists == {"audit", "settings"}
    assert [one.id for one in await Catalogue(database).some([second, RecordingId("rec_x"), recording])] == [
        second,
        recording,
    ]
