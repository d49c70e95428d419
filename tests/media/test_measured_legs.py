"""What the media plane tells of its legs' networks, against networks that are known."""

import pytest

from callflow.wiring import LegSummed, PlaneMeasured, Stream
from tests.media.parties import ALICE, BOB, CALL, Party, Stage, both_ways, eventually
from tests.media.wire import Relay, enter_through

pytestmark = pytest.mark.wire


async def test_a_leg_on_a_lossy_slow_line_is_told_apart_from_a_good_one(on_stage: Stage) -> None:
    """One in ten packets lost upwards and one in five downwards, 40 ms each way."""
    async with Relay.to(on_stage) as relay:
        relay.delay_s, relay.lose_every_up, relay.lose_every = 0.04, 10, 5
        await enter_through(relay, on_stage, Party(rgb=(200, 0, 0)))
        await on_stage.enter(BOB, 880.0, rgb=(0, 0, 200))
        on_stage.plane.wire(CALL, 1, both_ways(ALICE, BOB, Stream.VOICE, Stream.CAMERA))

        def known() -> bool:
            last = on_stage.measured(ALICE)[-1].quality if on_stage.measured(ALICE) else None
            if last is None or last.round_trip_ms is None or not last.up.width:
                return False
            return (last.down.loss or 0) > 0.1 and len(on_stage.measured(BOB)) > 1

        await eventually(known, 12)
        poor, good = on_stage.measured(ALICE)[-1], on_stage.measured(BOB)[-1]
        assert poor.call == CALL
        assert poor.quality.up.loss == pytest.approx(0.1, abs=0.04)
        assert poor.quality.down.loss == pytest.approx(0.2, abs=0.08)
        assert poor.quality.round_trip_ms == pytest.approx(80, abs=40)
        assert (poor.quality.up.width, poor.quality.up.height) == (160, 120)
        assert poor.quality.up.frames_per_second == pytest.approx(10, abs=3)
        assert poor.quality.up.bits_per_second > 10_000
        assert good.quality.up.loss == 0
        assert (good.quality.down.loss or 0) < 0.04, "what Alice's line lost is not Bob's loss"
        for line in (good.quality.up, good.quality.down):
            assert (line.jitter_ms or 0) < 20
            assert (line.mos or 5) > (poor.quality.down.mos or 0)

    on_stage.plane.close(ALICE)
    (summed,) = [event for event in on_stage.measures if isinstance(event, LegSummed)]
    assert (summed.call, summed.leg) == (CALL, ALICE)
    assert summed.seconds > 2
    assert summed.average.up.loss == pytest.approx(0.1, abs=0.04)
    assert summed.worst_loss is not None
    assert summed.worst_loss >= (poor.quality.down.loss or 0)
    plane = [event for event in on_stage.measures if isinstance(event, PlaneMeasured)][-1]
    assert plane.legs == 2
    voice = plane.streams[Stream.VOICE]
    assert min(voice.packets_received, voice.packets_sent) > 50
    assert voice.bytes_received > 12 * voice.packets_received
    assert plane.lag.max_ms >= plane.lag.p99_ms >= plane.lag.p50_ms >= 0
