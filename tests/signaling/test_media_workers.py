"""Media in processes of their own: real processes, real control sockets, a real peer connection in front."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from callflow.ids import CallId, LegId, RecordingId
from callflow.roles import Role
from callflow.wiring import (
    HOLD_MUSIC,
    FromPrompt,
    LegDown,
    LegSummed,
    LegUp,
    LostBecause,
    MediaEvent,
    MediaRefusedError,
    Stream,
    Tapped,
)
from media.settings import MediaSettings
from recording.records import read_journal
from signaling.media_worker import worker as worker_module
from signaling.media_worker.messages import Close, Open, ProtocolError, WireCall, decode, encode
from signaling.media_worker.pool import MediaWorkers
from signaling.media_worker.worker import Worker, WorkerGoneError
from tests.media.offers import offer
from tests.media.parties import ALICE, BOB, CALL, CODECS, Party, both_ways, clients_on_loopback, eventually

pytestmark = pytest.mark.wire
OTHER_CALL = CallId("call_2")


@pytest.fixture(scope="module")
def music_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("music")


@pytest.fixture(autouse=True)
def loopback() -> Iterator[None]:
    with clients_on_loopback():
        yield


class Plant:
    """Media workers, what they told, and the parties in front of them."""

    def __init__(self, workers: MediaWorkers, events: list[MediaEvent]) -> None:
        self.workers = workers
        self.events = events
        self.parties: list[Party] = []

    async def enter(self, call: CallId, leg: LegId, hertz: float) -> Party:
        party = Party(hertz)
        self.parties.append(party)
        answer = await self.workers.open(call, leg, await party.offer(), CODECS)
        await party.accept(answer.sdp)
        await eventually(lambda: LegUp(leg, answer.transport) in self.events)
        return party


@asynccontextmanager
async def plant(settings: MediaSettings, count: int = 1) -> AsyncGenerator[Plant]:
    events: list[MediaEvent] = []
    workers = MediaWorkers(settings, count, "warning", events.append)
    await workers.start()
    here = Plant(workers, events)
    try:
        yield here
    finally:
        for party in here.parties:
            await party.close()
        await workers.stop()


def settings(cache: Path, **changes: object) -> MediaSettings:
    return MediaSettings(cache=cache, announced=("127.0.0.1",), **changes)  # pyright: ignore


def port_is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
        return True


async def test_two_legs_of_a_call_hear_each_other_through_a_process_of_its_own(music_cache: Path) -> None:
    async with plant(settings(music_cache)) as here:
        alice = await here.enter(CALL, ALICE, 440.0)
        bob = await here.enter(CALL, BOB, 550.0)
        here.workers.wire(CALL, 1, both_ways(ALICE, BOB, Stream.VOICE))
        await eventually(lambda: alice.voice.hears(550.0) and bob.voice.hears(440.0))
        counters = await here.workers.counters()
        assert counters[ALICE][Stream.VOICE].forwarded > 0
        assert here.workers.workers[0].pid != os.getpid()
        here.workers.close(ALICE)
        await eventually(lambda: True)
        assert ALICE not in await here.workers.counters()


async def test_the_calls_of_a_dead_worker_come_back_on_another_and_the_rest_notice_nothing(music_cache: Path) -> None:
    """PLUS-01."""
    async with plant(settings(music_cache), count=2) as here:
        await here.enter(CALL, ALICE, 440.0)
        other = await here.enter(OTHER_CALL, BOB, 550.0)
        music = {BOB: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}}
        here.workers.wire(OTHER_CALL, 1, music)
        await eventually(lambda: other.voice.loudness > 0.01)
        carries_alice = here.workers._legs[ALICE][1].worker  # pyright: ignore
        assert carries_alice is not None
        os.kill(carries_alice.pid, signal.SIGKILL)

        await eventually(lambda: LegDown(ALICE, None, LostBecause.WORKER) in here.events)
        assert not any(isinstance(event, LegDown) and event.leg == BOB for event in here.events)
        with pytest.raises(MediaRefusedError, match="no such leg"):
            await here.workers.reopen(ALICE, offer())
        back = await here.enter(CALL, ALICE, 440.0)
        here.workers.wire(CALL, 2, {ALICE: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}})
        await eventually(lambda: back.voice.loudness > 0.01)
        other.voice.clear()
        await eventually(lambda: other.voice.loudness > 0.01)
        await eventually(lambda: len(here.workers.workers) == 2)


async def test_the_only_worker_is_started_again_on_its_port_and_an_offer_waits_for_it(music_cache: Path) -> None:
    async with plant(settings(music_cache)) as here:
        first = here.workers.workers[0]
        os.kill(first.pid, signal.SIGKILL)
        await eventually(lambda: first.ended.is_set())
        answer = await here.workers.open(CALL, ALICE, offer(), CODECS)
        assert answer.sdp.startswith("v=0")
        assert here.workers.workers[0].pid != first.pid


async def test_there_is_room_as_long_as_one_worker_can_take_a_call_with_its_agent(music_cache: Path) -> None:
    async with plant(settings(music_cache, max_legs=2), 2) as here:
        assert here.workers.has_room
        await here.workers.open(CALL, ALICE, offer(), CODECS)
        assert here.workers.has_room
        await here.workers.open(OTHER_CALL, BOB, offer(), CODECS)
        assert not here.workers.has_room
        here.workers.close(ALICE)
        assert here.workers.has_room


async def test_a_worker_whose_server_is_gone_ends_within_a_second_and_frees_its_port(music_cache: Path) -> None:
    worker = await Worker.spawn(settings(music_cache), "warning", print)
    assert not port_is_free(worker.port)
    began = asyncio.get_running_loop().time()
    worker._writer.transport.abort()  # what the kernel does for a server that was killed  # pyright: ignore
    await worker._process.wait()  # pyright: ignore
    assert asyncio.get_running_loop().time() - began < 10 * 1.0
    assert port_is_free(worker.port)
    await worker.stop()


async def test_a_worker_that_hangs_is_killed_and_what_was_asked_of_it_is_refused(
    music_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "PING_S", 0.1)
    monkeypatch.setattr(worker_module, "SILENT_LIMIT_S", 0.5)
    worker = await Worker.spawn(settings(music_cache), "warning", print)
    os.kill(worker.pid, signal.SIGSTOP)
    with pytest.raises(WorkerGoneError):
        await worker.ask(lambda asked: Open(asked, CALL, ALICE, offer(), CODECS))
    assert worker.ended.is_set()
    await worker.stop()


async def test_a_leg_whose_answer_came_too_late_is_opened_again_by_the_next_offer(
    music_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "REPLY_LIMIT_S", 0.2)
    async with plant(settings(music_cache)) as here:
        worker = here.workers.workers[0]
        os.kill(worker.pid, signal.SIGSTOP)
        with pytest.raises(MediaRefusedError, match="started again"):
            await here.workers.open(CALL, ALICE, offer(), CODECS)
        os.kill(worker.pid, signal.SIGCONT)
        monkeypatch.undo()
        assert (await here.workers.open(CALL, ALICE, offer(), CODECS)).sdp.startswith("v=0")
        assert list(await here.workers.counters()) == [ALICE]


async def test_the_last_figures_of_a_live_leg_are_told_when_the_server_stops(music_cache: Path) -> None:
    async with plant(settings(music_cache)) as here:
        alice = await here.enter(CALL, ALICE, 440.0)
        here.workers.wire(CALL, 1, {ALICE: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}})
        await eventually(lambda: alice.voice.loudness > 0.01)
        await here.workers.stop()
        assert [event.leg for event in here.events if isinstance(event, LegSummed)] == [ALICE]


async def test_a_worker_is_started_again_whatever_went_wrong_with_the_last_one(
    music_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a listener that fails nor a machine without a free descriptor may leave the calls without a worker."""
    spawn, failures = Worker.spawn, iter([OSError("no descriptor is free")])

    async def spawn_at_second_try(*told: Any) -> Worker:
        for failure in failures:
            raise failure
        return await spawn(*told)

    async with plant(settings(music_cache)) as here:
        await here.enter(CALL, ALICE, 440.0)
        first = here.workers.workers[0]
        monkeypatch.setattr(here.workers, "_on_event", fails)
        monkeypatch.setattr(Worker, "spawn", spawn_at_second_try)
        os.kill(first.pid, signal.SIGKILL)
        await eventually(lambda: [worker for worker in here.workers.workers if worker is not first] != [])


def fails(event: MediaEvent) -> None:
    raise RuntimeError(f"nobody can take {event} now")


async def test_a_port_that_somebody_else_has_is_said_at_the_start(music_cache: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 0))
        port = taken.getsockname()[1]
        workers = MediaWorkers(settings(music_cache, port=port), 1, "warning", print)
        with pytest.raises(OSError, match="in use"):
            await workers.start()


async def test_a_recording_has_a_segment_for_each_life_of_its_worker(music_cache: Path, tmp_path: Path) -> None:
    taps = {ALICE: Tapped(RecordingId("rec_1"), Role.CUSTOMER, pictures=False, running=True)}
    async with plant(settings(music_cache, spool=tmp_path)) as here:
        for life in (f"{ALICE}.tap", f"{ALICE}.tap.2"):
            await here.enter(CALL, ALICE, 440.0)
            here.workers.wire(CALL, 1, {ALICE: {}}, taps)
            segment = tmp_path / "rec_1" / life
            await eventually(lambda segment=segment: segment.exists() and len(list(read_journal(segment))) > 10)
            os.kill(here.workers.workers[0].pid, signal.SIGKILL)
            await eventually(lambda: here.events[-1] == LegDown(ALICE, None, LostBecause.WORKER))


async def test_a_refused_offer_is_refused_with_its_own_words(music_cache: Path) -> None:
    async with plant(settings(music_cache)) as here:
        with pytest.raises(MediaRefusedError) as refused:
            await here.workers.open(CALL, ALICE, "v=0", CODECS)
        assert refused.value.code == "sdp_no_fingerprint"


NONSENSE = (b"", b"{}", b"[1, 2]", b'["Nothing", {}]', b'["Open", {"id": "x"}]', b"\xff", b"[" * 5000)


@pytest.mark.parametrize("body", NONSENSE)
def test_nonsense_on_the_control_socket_is_told_from_a_message(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(body)


def test_what_is_written_is_read_back() -> None:
    wiring = {**both_ways(ALICE, BOB, *Stream), LegId("leg_3"): {Stream.VOICE: FromPrompt(HOLD_MUSIC)}}
    taps = {ALICE: Tapped(RecordingId("rec_1"), Role.AGENT, pictures=True, running=False)}
    for message in (WireCall(CALL, 7, wiring, taps), Close(ALICE), Open(1, CALL, ALICE, "sdp \u00e4", CODECS)):
        assert decode(encode(message)[4:]) == message
