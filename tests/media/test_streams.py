import pytest

from callflow.wiring import Stream
from media.extensions import MID_URI, elements, find, payload, translate
from media.streams import In, Out
from tests.media.offers import SEND_TIME, offer, transport

pytestmark = pytest.mark.unit


def a_pair() -> tuple[In, In, Out]:
    """Two sources and a receiver, each with ids and mids of its own."""
    one, two = transport(offer()), transport(offer(mid_id=3, time_id=7, mids=("v", "c", "s")))
    return one.ins[Stream.VOICE], two.ins[Stream.VOICE], transport(offer()).outs[Stream.VOICE]


def test_a_new_source_continues_the_numbers_and_the_clock() -> None:
    one, two, out = a_pair()
    out.follow(one)
    out.anchor(60_000, 5, now=100.0)
    first = (60_000 + out.sequence_offset) & 0xFFFF
    out.sequence, out.timestamp, out.sent_at = first, (5 + out.timestamp_offset) & 0xFFFF_FFFF, 100.0
    clock = out.timestamp

    out.follow(two)
    assert not out.anchored
    out.anchor(3, 4_000_000_000, now=102.5)

    assert (3 + out.sequence_offset) & 0xFFFF == (first + 1) & 0xFFFF
    assert (4_000_000_000 + out.timestamp_offset) & 0xFFFF_FFFF == (clock + int(2.5 * 48_000)) & 0xFFFF_FFFF


def test_only_the_present_sources_numbers_are_reached() -> None:
    _, two, out = a_pair()
    out.follow(two)
    out.anchor(10, 0, now=1.0)
    for _ in range(3):
        out.sequence = (out.sequence + 1) & 0xFFFF
        out.span += 1
    assert [out.reaches((out.sequence - back) & 0xFFFF) for back in range(5)] == [True, True, True, False, False]
    assert not out.reaches((out.sequence + 1) & 0xFFFF)


def test_a_source_knows_its_receivers_and_following_twice_changes_nothing() -> None:
    one, two, out = a_pair()
    out.follow(one)
    out.anchored = True
    out.follow(one)
    assert out.anchored
    assert one.outs == (out,)
    out.follow(two)
    assert (one.outs, two.outs) == ((), (out,))
    out.follow(None)
    assert two.outs == ()


def test_the_servers_own_reports_count_cycles() -> None:
    one, _, _ = a_pair()
    for sequence in (65_533, 65_535, 2, 1, 5):
        one.arrivals.arrived(sequence, 0, 0.0)
    assert one.arrivals.highest == 1 << 16 | 5


def rtp(*extensions: tuple[int, bytes]) -> memoryview:
    body = b"".join(bytes([number << 4 | len(data) - 1]) + data for number, data in extensions)
    body += bytes(-len(body) % 4)
    return memoryview(bytearray(b"\x90\x6f" + bytes(10) + b"\xbe\xde" + (len(body) // 4).to_bytes(2) + body + b"frame"))


def test_header_extensions_get_the_receivers_ids_and_mid() -> None:
    one, two, out = a_pair()
    out.follow(one)
    assert out.id_table is None
    out.follow(two)
    assert out.id_table is not None
    packet = rtp((3, b"v"), (7, b"\x01\x02\x03"), (9, b"??"))
    mid, send_time = out.extensions[MID_URI], out.extensions[SEND_TIME]

    translate(packet, len(packet), out.id_table, mid, out.mid)

    assert find(packet, len(packet), mid) == b"0"
    assert find(packet, len(packet), send_time) == b"\x01\x02\x03"
    assert len(elements(packet, len(packet))) == 2
    assert bytes(packet[-5:]) == b"frame"


def test_a_mid_of_another_length_is_blanked() -> None:
    two, out = transport(offer(mids=("voice", "c", "s"))), transport(offer()).outs[Stream.VOICE]
    out.follow(two.ins[Stream.VOICE])
    assert out.id_table is not None
    packet = rtp((4, b"voice"), (2, b"abc"))
    translate(packet, len(packet), out.id_table, out.extensions[MID_URI], out.mid)
    assert elements(packet, len(packet)) == [(22, 2, 3)]


def test_a_stream_that_the_offer_did_not_name_is_learnt_by_its_mid_or_its_payload_type() -> None:
    unnamed = transport(offer(ssrcs=False, directions=("sendrecv", "sendrecv", "sendrecv")))
    assert unnamed.lanes == {}
    screen = rtp((4, b"2"))
    lane = unnamed.learn(77, 96, screen)
    assert lane is not None
    assert (lane.source.stream, lane.repair, lane.source.ssrc) == (Stream.SCREEN, False, 77)
    repair = unnamed.learn(78, 97, screen)
    assert repair is not None
    assert repair.repair
    assert unnamed.learn(79, 96, rtp()) is None  # camera or screen: nobody knows
    voice = unnamed.learn(80, 111, rtp())
    assert voice is not None
    assert voice.source.stream is Stream.VOICE
    unnamed.learn(81, 111, rtp())
    assert set(unnamed.lanes) == {77, 78, 81}


def test_many_packets_of_one_unknown_ssrc_count_as_one_of_them() -> None:
    unnamed = transport(offer(ssrcs=False, directions=("sendrecv", "sendrecv", "sendrecv")))
    for _ in range(100):
        assert unnamed.learn(79, 96, rtp()) is None
    assert unnamed.unknown_ssrcs == {79}


def test_a_stream_that_goes_on_under_another_ssrc_has_lost_nothing() -> None:
    unnamed = transport(offer(ssrcs=False))
    voice = unnamed.ins[Stream.VOICE]
    for ssrc, sequences in ((80, (100, 101, 103)), (81, (50, 51))):
        unnamed.learn(ssrc, 111, rtp())
        assert voice.arrivals.highest is None
        for sequence in sequences:
            voice.arrivals.arrived(sequence, 0, 0.0)
    assert voice.arrivals.highest == 51
    assert voice.arrivals.take() == (6, 1)


def test_a_payload_ends_before_it_begins_when_the_header_lies_but_never_before_the_packet() -> None:
    good = bytearray(b"\xa0\x6f" + bytes(10) + b"frame\x00\x00\x03")
    assert payload(memoryview(good), len(good)) == (12, 17)
    good[-1] = 255
    start, end = payload(memoryview(good), len(good))
    assert 0 <= end < start
    torn = rtp((4, b"2"))
    start, end = payload(torn, 14)
    assert end < start
