"""Listen, whisper and barge: who is wired to a mix hears several at once, and nobody else hears more than before."""

import asyncio
import time

import pytest

from callflow.ids import LegId
from callflow.wiring import HOLD_MUSIC, FromLeg, FromMix, FromPrompt, Source, Stream, Wiring
from tests.media.parties import ALICE, BOB, CALL, CAROL, Party, Stage, eventually
from tests.media.wire import Relay, enter_through

pytestmark = pytest.mark.wire

CUSTOMER, AGENT, SUPERVISOR = ALICE, BOB, CAROL
CUSTOMER_HZ, AGENT_HZ, SUPERVISOR_HZ = 700.0, 1500.0, 2300.0
LOUD, QUIET = 0.12, 0.005
"""A tone is sent at 0.24; what leaks from one tone to another's frequency in the codec stays under `QUIET`."""


def voices(**of: Source) -> Wiring:
    return {LegId(f"leg_{leg}"): {Stream.VOICE: source} for leg, source in of.items()}


LISTEN = voices(alice=FromLeg(AGENT), bob=FromLeg(CUSTOMER), carol=FromMix((CUSTOMER, AGENT)))
WHISPER = voices(alice=FromLeg(AGENT), bob=FromMix((CUSTOMER, SUPERVISOR)), carol=FromMix((CUSTOMER, AGENT)))
BARGE = voices(
    alice=FromMix((AGENT, SUPERVISOR)), bob=FromMix((CUSTOMER, SUPERVISOR)), carol=FromMix((CUSTOMER, AGENT))
)
PLAIN = voices(alice=FromLeg(AGENT), bob=FromLeg(CUSTOMER), carol=FromPrompt(HOLD_MUSIC))


async def three(here: Stage) -> tuple[Party, Party, Party]:
    return (
        await here.enter(CUSTOMER, CUSTOMER_HZ),
        await here.enter(AGENT, AGENT_HZ),
        await here.enter(SUPERVISOR, SUPERVISOR_HZ),
    )


def hears(party: Party, *hertz: float) -> bool:
    """Exactly these of the three tones."""
    return all(
        party.voice.level(tone) > LOUD if tone in hertz else party.voice.level(tone) < QUIET
        for tone in (CUSTOMER_HZ, AGENT_HZ, SUPERVISOR_HZ)
    )


async def test_a_supervisor_listens_then_whispers_then_joins_in(on_stage: Stage) -> None:
    """PLUS-20."""
    customer, agent, supervisor = await three(on_stage)

    on_stage.plane.wire(CALL, 1, LISTEN)
    await eventually(lambda: hears(supervisor, CUSTOMER_HZ, AGENT_HZ))
    await eventually(lambda: hears(customer, AGENT_HZ) and hears(agent, CUSTOMER_HZ))

    on_stage.plane.wire(CALL, 2, WHISPER)
    await eventually(lambda: hears(agent, CUSTOMER_HZ, SUPERVISOR_HZ))
    loudest = 0.0
    for _ in range(50):
        loudest = max(loudest, customer.voice.level(SUPERVISOR_HZ))
        await asyncio.sleep(0.02)
    # Not `QUIET`: on a busy machine a late packet is a click, which has a little of every tone.
    assert loudest < LOUD / 2, "the customer heard the whisper"
    await eventually(lambda: hears(customer, AGENT_HZ) and hears(supervisor, CUSTOMER_HZ, AGENT_HZ))

    on_stage.plane.wire(CALL, 3, BARGE)
    await eventually(
        lambda: (
            hears(customer, AGENT_HZ, SUPERVISOR_HZ)
            and hears(agent, CUSTOMER_HZ, SUPERVISOR_HZ)
            and hears(supervisor, CUSTOMER_HZ, AGENT_HZ)
        )
    )

    on_stage.plane.wire(CALL, 4, PLAIN)
    await eventually(lambda: hears(customer, AGENT_HZ) and hears(agent, CUSTOMER_HZ))
    assert not on_stage.plane._mixer._voices  # pyright: ignore
    assert not on_stage.plane._mixer._mixes  # pyright: ignore


async def test_who_leaves_or_comes_back_is_silent_meanwhile_and_the_others_are_heard(on_stage: Stage) -> None:
    _, agent, supervisor = await three(on_stage)
    on_stage.plane.wire(CALL, 1, LISTEN)
    await eventually(lambda: hears(supervisor, CUSTOMER_HZ, AGENT_HZ))

    await agent.close()
    await eventually(lambda: hears(supervisor, CUSTOMER_HZ))

    await on_stage.enter(AGENT, SUPERVISOR_HZ, reopen=True)
    await eventually(lambda: hears(supervisor, CUSTOMER_HZ, SUPERVISOR_HZ))
    again = await on_stage.enter(SUPERVISOR, AGENT_HZ, reopen=True)
    await eventually(lambda: hears(again, CUSTOMER_HZ, SUPERVISOR_HZ))


async def test_a_mix_that_nobody_forwards_counts_as_mixed_and_every_packet_is_explained(on_stage: Stage) -> None:
    await three(on_stage)
    on_stage.plane.wire(CALL, 1, voices(carol=FromMix((CUSTOMER, AGENT))))
    await eventually(lambda: on_stage.plane.counters()[CUSTOMER][Stream.VOICE].dropped.get("mixed", 0) > 20)

    for streams in on_stage.plane.counters().values():
        for figures in streams.values():
            assert figures.received == figures.forwarded + sum(figures.dropped.values())


async def test_a_mix_stops_within_one_frame_of_being_unwired(on_stage: Stage) -> None:
    await on_stage.enter(BOB, AGENT_HZ)
    await on_stage.enter(CAROL, SUPERVISOR_HZ)
    async with Relay.to(on_stage) as relay:
        customer = Party(CUSTOMER_HZ)
        await enter_through(relay, on_stage, customer)
        on_stage.plane.wire(CALL, 1, voices(alice=FromMix((BOB, CAROL))))
        await eventually(lambda: hears(customer, AGENT_HZ, SUPERVISOR_HZ))

        on_stage.plane.wire(CALL, 2, voices())
        unwired_at = time.monotonic()
        await asyncio.sleep(0.3)

        assert relay.headers[-1][0] - unwired_at < 0.02
