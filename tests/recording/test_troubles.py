"""A disk that is full in the middle of a call: the supervisor is told, the call goes on, and it heals by itself."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from callflow.ids import LegId
from callflow.recorded import recording_of
from callflow.roles import Role
from callflow.wiring import LegDown, LegUp, LostBecause, MediaEvent, Stream, Tapped, TapTrouble, TapWhy
from conversations.db.database import Database
from media.settings import MediaSettings
from recording.states import RecordingState
from recording.troubles import Troubles
from signaling.media_worker.pool import MediaWorkers
from tests.conversations.centre import Centre
from tests.media.parties import ALICE, BOB, CODECS, Party, both_ways, clients_on_loopback, eventually
from tests.recording.recorded import Archive

pytestmark = pytest.mark.wire

TOLD_S = 5.0
HEALED_S = 10.0


@pytest.fixture
async def archive(database: Database, tmp_path: Path) -> Archive:
    return Archive(await Centre.make(database), tmp_path / "recordings")


@asynccontextmanager
async def running(troubles: Troubles) -> AsyncGenerator[None]:
    task = asyncio.create_task(troubles.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def told_of(archive: Archive, count: int, limit_s: float) -> list[tuple[object, object]]:
    """Wait until so much was told."""
    deadline = time.monotonic() + limit_s
    while len(told := await archive.told()) < count:
        assert time.monotonic() < deadline, told
        await asyncio.sleep(0.02)
    return told


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_full_disk_is_told_of_within_five_seconds_the_call_goes_on_and_it_heals(
    archive: Archive, small_disk: Path, tmp_path: Path
) -> None:
    """REC-02: S16, with a real disk and a real media process."""
    call = await archive.talks()
    recording = recording_of(call.id)
    troubles = Troubles(archive.centre.database)
    events: list[MediaEvent] = []

    def take(event: MediaEvent) -> None:
        events.append(event)
        troubles.take(event)

    media = MediaSettings(cache=tmp_path, announced=("127.0.0.1",), spool=small_disk)
    workers = MediaWorkers(media, 1, "critical", take)
    parties: list[Party] = []
    with clients_on_loopback():
        await workers.start()
        try:
            async with running(troubles):
                for leg, hertz in ((ALICE, 440.0), (BOB, 550.0)):
                    parties.append(Party(hertz))
                    answer = await workers.open(call.id, leg, await parties[-1].offer(), CODECS)
                    await parties[-1].accept(answer.sdp)
                await eventually(lambda: sum(isinstance(event, LegUp) for event in events) == 2)
                alice, bob = parties
                roles = {ALICE: Role.CUSTOMER, BOB: Role.AGENT}
                taps = {leg: Tapped(recording, role, False, True) for leg, role in roles.items()}
                workers.wire(call.id, 1, both_ways(ALICE, BOB, Stream.VOICE), taps)
                await eventually(lambda: alice.voice.hears(550.0) and bob.voice.hears(440.0))
                with (small_disk / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
                    while True:
                        ballast.write(bytes(1 << 14))
                full = time.monotonic()
                assert await told_of(archive, 1, TOLD_S) == [(RecordingState.RECORDING, TapWhy.FULL)]
                told = time.monotonic() - full
                await eventually(lambda: troubles.counted() == {"disk_full": 2})
                for party in parties:
                    party.voice.clear()
                await eventually(lambda: alice.voice.hears(550.0) and bob.voice.hears(440.0))
                (small_disk / "ballast").unlink()
                freed = time.monotonic()
                assert (await told_of(archive, 2, HEALED_S))[1:] == [(RecordingState.RECORDING, None)]
                print(f"told after {told:.2f} s, healed after {time.monotonic() - freed:.2f} s")
                assert (await archive.row(recording)).partial
                assert troubles.counted() == {}
        finally:
            for party in parties:
                await party.close()
            await workers.stop()


async def test_what_is_told_while_the_last_news_is_written_is_written_as_well(archive: Archive) -> None:
    """S16: two legs heal within the time of one write."""
    recording = recording_of((await archive.talks()).id)
    troubles = Troubles(archive.centre.database)
    legs = [LegId("leg_1"), LegId("leg_2")]
    async with running(troubles):
        for leg in legs:
            troubles.take(TapTrouble(recording, leg, TapWhy.FULL))
        await told_of(archive, 1, TOLD_S)
        async with archive.centre.database.write():
            troubles.take(TapTrouble(recording, legs[0], None))
            for _ in range(100):  # until the news waits for the database, which is ours
                await asyncio.sleep(0)
            troubles.take(TapTrouble(recording, legs[1], None))
        assert (await told_of(archive, 2, TOLD_S))[1:] == [(RecordingState.RECORDING, None)]


async def test_a_worker_that_died_has_no_trouble_and_an_ended_recording_keeps_its_own_word(archive: Archive) -> None:
    call = await archive.talks()
    recording = recording_of(call.id)
    troubles = Troubles(archive.centre.database)
    leg = LegId("leg_1")
    async with running(troubles):
        troubles.take(TapTrouble(recording, leg, TapWhy.SLOW))
        await told_of(archive, 1, TOLD_S)
        troubles.take(LegDown(leg, None, LostBecause.WORKER))
        assert await told_of(archive, 2, TOLD_S) == [
            (RecordingState.RECORDING, "disk_slow"),
            (RecordingState.RECORDING, None),
        ]
        await archive.ended(call)
        troubles.take(TapTrouble(recording, leg, TapWhy.FULL))
        other = await archive.talks("Dora")
        troubles.take(TapTrouble(recording_of(other.id), leg, TapWhy.FAILED))
        await told_of(archive, 3, TOLD_S)
    assert (await archive.row(recording)).why is None
