"""Real clients through a real media plane: what each side sends is heard and seen at the other."""

import pytest

from callflow.wiring import Stream
from tests.media.parties import ALICE, BOB, CALL, Stage, both_ways, eventually

pytestmark = pytest.mark.wire

RED, BLUE, GREEN = (200, 30, 30), (30, 30, 200), (30, 160, 30)


async def test_two_legs_hear_and_see_each_other(on_stage: Stage) -> None:
    alice = await on_stage.enter(ALICE, 440.0, RED)
    bob = await on_stage.enter(BOB, 660.0, BLUE)

    on_stage.plane.wire(CALL, 1, both_ways(ALICE, BOB, Stream.VOICE, Stream.CAMERA))

    await eventually(lambda: alice.voice.hears(660) and bob.voice.hears(440))
    await eventually(lambda: alice.camera.sees(BLUE) and bob.camera.sees(RED))
    figures = on_stage.plane.counters()
    for leg in (ALICE, BOB):
        voice = figures[leg][Stream.VOICE]
        assert voice.received > 10
        assert voice.received == voice.forwarded + voice.dropped.get("unwired", 0)
