"""What the media plane tells when a party does not come, falls silent, or speaks again."""

import asyncio
import time
from pathlib import Path

import pytest

from callflow.wiring import LegDown, LostBecause, Stream
from media.settings import MediaSettings
from tests.media.parties import (
    ALICE,
    BOB,
    CALL,
    CODECS,
    Party,
    Stage,
    both_ways,
    clients_on_loopback,
    eventually,
    stage,
)
from tests.media.wire import Relay, enter_through

pytestmark = pytest.mark.wire


def settings(cache: Path, **changes: float) -> MediaSettings:
    return MediaSettings(announced=("127.0.0.1",), cache=cache, **changes)  # pyright: ignore


async def test_a_talking_leg_that_falls_silent_is_told_down_after_three_seconds_and_up_when_it_speaks_again(
    music_cache: Path,
) -> None:
    """PLUS-01; §3.5: a leg detects its loss itself."""
    with clients_on_loopback():
        async with stage(settings(music_cache)) as here, Relay.to(here) as relay:
            up = await enter_through(relay, here, Party(440.0))
            await eventually(lambda: here.plane.counters()[ALICE][Stream.VOICE].received > 60)

            relay.cut()
            cut_at = time.monotonic()
            await eventually(lambda: here.downs(ALICE) == [LegDown(ALICE, up.transport, LostBecause.SILENT)])
            assert 2.8 < time.monotonic() - cut_at < 3.8

            relay.mend()
            await eventually(lambda: here.ups(ALICE) == [up, up])


async def test_junk_in_the_name_of_a_silent_leg_does_not_count_as_speech(music_cache: Path) -> None:
    """SRTP that fails to authenticate proves nothing."""
    with clients_on_loopback():
        async with stage(settings(music_cache, silent_after_s=0.6)) as here, Relay.to(here) as relay:
            await enter_through(relay, here, Party(440.0))
            await eventually(lambda: here.plane.counters()[ALICE][Stream.VOICE].received > 40)
            replayed = relay.last_media
            relay.cut()
            for _ in range(100):
                relay.inject(bytes([0x80, 111]) + bytes(60))
                relay.inject(bytes([0x80, 200]) + bytes(60))
                relay.inject(replayed)
                if here.downs(ALICE):
                    break
                await asyncio.sleep(0.02)
            assert here.downs(ALICE)


async def test_a_leg_that_only_listens_may_be_quiet_for_longer(music_cache: Path) -> None:
    quick = settings(music_cache, silent_after_s=0.5, listener_silent_after_s=2.0)
    with clients_on_loopback():
        async with stage(quick) as here, Relay.to(here) as relay:
            await enter_through(relay, here, Party(None))
            relay.cut()
            cut_at = time.monotonic()
            await eventually(lambda: bool(here.downs(ALICE)))
            assert time.monotonic() - cut_at > 1.5


async def test_a_pause_of_the_server_is_not_taken_for_the_legs_silence(music_cache: Path) -> None:
    with clients_on_loopback():
        async with stage(settings(music_cache, silent_after_s=0.5)) as here:
            await here.enter(ALICE)
            await eventually(lambda: here.plane.counters()[ALICE][Stream.VOICE].received > 10)
            time.sleep(1.2)  # noqa: ASYNC251  # the pause itself
            received = here.plane.counters()[ALICE][Stream.VOICE].received
            await eventually(lambda: here.plane.counters()[ALICE][Stream.VOICE].received > received + 40)
            assert here.downs(ALICE) == []


async def test_a_leg_that_never_comes_is_told_after_the_set_up_limit(music_cache: Path) -> None:
    """L6: nothing pends for longer."""
    with clients_on_loopback():
        async with stage(settings(music_cache, setup_limit_s=0.3)) as here:
            party = Party(440.0)
            here.parties.append(party)
            answer = await here.plane.open(CALL, ALICE, await party.offer(), CODECS)
            await eventually(lambda: here.events == [LegDown(ALICE, answer.transport, LostBecause.SETUP)])

            again = await here.enter(ALICE, 440.0, reopen=True)
            bob = await here.enter(BOB, 660.0)
            here.plane.wire(CALL, 1, both_ways(ALICE, BOB, Stream.VOICE))
            await eventually(lambda: again.voice.hears(660) and bob.voice.hears(440))


async def test_when_a_new_transport_fails_the_one_before_is_told_to_serve(music_cache: Path) -> None:
    """PLUS-01, PLUS-15: else its loss would be that of a transport which nobody counts any more."""
    with clients_on_loopback():
        async with stage(settings(music_cache, setup_limit_s=1.0)) as here:
            await here.enter(ALICE)
            up = here.ups(ALICE)[0]
            never_comes = Party()
            here.parties.append(never_comes)
            await here.plane.reopen(ALICE, await never_comes.offer())
            await eventually(lambda: here.ups(ALICE) == [up, up])
            assert here.downs(ALICE) == []


async def test_another_certificate_than_the_offers_is_refused(on_stage: Stage) -> None:
    party, impostor = Party(440.0), Party(440.0)
    on_stage.parties += [party, impostor]
    offer = await party.offer()
    impostors = await impostor.offer()
    lines = [
        other if line.startswith("a=fingerprint") else line
        for line, other in zip(offer.splitlines(), _fingerprints_of(impostors, offer), strict=True)
    ]
    answer = await on_stage.plane.open(CALL, ALICE, "\r\n".join(lines) + "\r\n", CODECS)
    await party.accept(answer.sdp)
    await eventually(lambda: on_stage.events == [LegDown(ALICE, answer.transport, LostBecause.CLOSED)])


def _fingerprints_of(impostors: str, offer: str) -> list[str]:
    found = {line.split(" ")[0]: line for line in impostors.splitlines() if line.startswith("a=fingerprint")}
    return [found.get(line.split(" ")[0], line) for line in offer.splitlines()]
