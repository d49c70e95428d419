import json
from pathlib import Path

import pytest

from callflow.roles import Role
from callflow.wiring import Stream
from recording.records import Kind, Record
from recording.spool import look_into
from recording.taps import Start, parse_start, read_taps
from tests.recording.talk import AGENT, CUSTOMER, OTHER_AGENT, Call, voice

pytestmark = pytest.mark.unit

FACTS = {
    "role": "agent", "began": 5, "monotonic": 1.5, "boot": "one",
    "streams": {"voice": {"payload_type": 111, "repair_payload_type": None, "codec": "opus"},
                "camera": {"payload_type": 96, "repair_payload_type": 97, "codec": "VP8"}},
}  # fmt: skip


def start(**changed: object) -> Start | None:
    return parse_start(Record(Kind.START, None, 0.0, json.dumps({**FACTS, **changed}).encode()))


def test_a_start_says_whose_packets_follow_and_when() -> None:
    assert start() == Start(
        Role.AGENT, 5.0, 1.5, "one", {Stream.VOICE: 111, Stream.CAMERA: 96}, {Stream.CAMERA: 97}
    )  # fmt: skip
    other = start(streams={"voice": {"payload_type": 0, "codec": "PCMU"}, "camera": 7, "screen": {"payload_type": "x"}})
    assert other is not None
    assert (other.media, other.repairs) == ({}, {})


@pytest.mark.parametrize(
    "changed",
    [
        {"role": "supervisor"}, {"role": None}, {"role": ["agent"]}, {"began": "x"}, {"began": 1e999}, {"began": True},
        {"monotonic": None}, {"monotonic": 10**400}, {"streams": []}, {"streams": None},
    ],
)  # fmt: skip
def test_a_start_that_does_not_is_none(changed: dict[str, object]) -> None:
    assert start(**changed) is None


def move(path: Path, boot: str, began: float, monotonic: float) -> None:
    """Change what a tap says about its clocks, by as much."""
    whole = path.read_bytes()
    begin, end = whole.index(b"{"), whole.index(b"}}}") + 3
    facts = json.loads(whole[begin:end])
    facts["began"] += began
    facts["monotonic"] += monotonic
    facts["boot"] = boot
    said = json.dumps(facts).encode()
    head = whole[: begin - 10] + len(said).to_bytes(2) + whole[begin - 8 : begin]
    path.write_bytes(head + said + whole[end:])


def test_taps_of_one_run_of_the_machine_stand_by_its_monotonic_clock_and_others_by_the_wall_clock(
    tmp_path: Path,
) -> None:
    """The wall clock is set back an hour between the first two taps; the third was written after a restart."""
    call = Call(tmp_path)
    move(call.tap(CUSTOMER, Role.CUSTOMER, voice(500, 0, 1)), "one", 0, 0)
    move(call.tap(AGENT, Role.AGENT, voice(500, 0, 1)), "one", -3600, 2)
    move(call.tap(OTHER_AGENT, Role.AGENT, voice(500, 0, 1)), "two", 9, -1000)
    folder, _ = look_into(call.path)
    for began, shift in ((call.began, 0.0), (call.began - 3, 3.0), (None, 0.0)):
        taps = read_taps(folder.taps, began)
        agents = taps.sides[Role.AGENT][Stream.VOICE].arrival
        assert taps.sides[Role.CUSTOMER][Stream.VOICE].arrival[0] == pytest.approx(shift, abs=0.001)
        assert (agents[0], agents[50]) == pytest.approx((2 + shift, 9 + shift), abs=0.001)
        assert not taps.flaws
