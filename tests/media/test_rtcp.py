"""RTCP between legs, with aiortc's packets as the other opinion on what the bytes mean."""

import pytest
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpByePacket,
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
    pack_remb_fci,
    unpack_remb_fci,
)
from hypothesis import given
from hypothesis import strategies as st

from callflow.wiring import Stream
from media.rtcp import keep_ready, key_frame_request, measure, parts, translate
from media.streams import LIMIT_KEPT_S
from media.transport import Transport
from tests.media.offers import offer, transport

pytestmark = pytest.mark.unit


def bridged() -> tuple[Transport, Transport]:
    """Two transports whose voice and camera follow each other, a hundred packets into the call."""
    a, b = transport(offer()), transport(offer(opus=109, vp8=120, rtx=124))
    for one, other in ((a, b), (b, a)):
        for stream in (Stream.VOICE, Stream.CAMERA):
            out, source = one.outs[stream], other.ins[stream]
            out.follow(source)
            out.anchor(5_000, 70_000, now=1.0)
            out.sequence = (out.sequence + 100) & 0xFFFF
            out.span = 100
            source.ssrc = source.ssrc or 0
    return a, b


def said(sender: Transport, *packets: AnyRtcpPacket) -> dict[Transport, list[AnyRtcpPacket]]:
    taken = parts(b"".join(map(bytes, packets)))
    measure(sender, taken, 1.0)
    letters = translate(sender, taken, 1.0)
    return {to: RtcpPacket.parse(letter) for to, letter in letters}


def test_a_sender_report_reaches_the_receiver_on_the_clock_that_it_sees() -> None:
    a, b = bridged()
    info = RtcpSenderInfo(ntp_timestamp=123 << 32, rtp_timestamp=75_000, packet_count=9, octet_count=900)
    (report,) = said(a, RtcpSrPacket(ssrc=a.ins[Stream.VOICE].ssrc or 0, sender_info=info))[b]
    out = b.outs[Stream.VOICE]
    assert isinstance(report, RtcpSrPacket)
    assert report.ssrc == out.ssrc
    assert report.sender_info.rtp_timestamp == (75_000 + out.timestamp_offset) & 0xFFFF_FFFF
    assert report.sender_info.ntp_timestamp == 123 << 32
    assert report.reports == []


def test_report_blocks_go_to_the_sender_of_the_stream_in_its_own_numbers() -> None:
    a, b = bridged()
    out = b.outs[Stream.CAMERA]
    block = RtcpReceiverInfo(
        ssrc=out.ssrc, fraction_lost=7, packets_lost=5, highest_sequence=out.sequence, jitter=3, lsr=11, dlsr=12
    )
    (report,) = said(b, RtcpRrPacket(ssrc=1, reports=[block]))[a]
    assert isinstance(report, RtcpRrPacket)
    (got,) = report.reports
    assert got.ssrc == a.ins[Stream.CAMERA].ssrc
    assert got.highest_sequence & 0xFFFF == 5_000 + 99
    assert (got.fraction_lost, got.packets_lost, got.jitter, got.lsr, got.dlsr) == (7, 5, 3, 11, 12)


def test_a_retransmission_is_asked_of_the_present_source_only_for_its_own_packets() -> None:
    a, b = bridged()
    out = b.outs[Stream.CAMERA]
    first = (5_000 + out.sequence_offset) & 0xFFFF
    before_the_switch = (first - 3) & 0xFFFF
    lost = [before_the_switch, (first + 10) & 0xFFFF, (first + 11) & 0xFFFF]
    asked = said(b, RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=1, media_ssrc=out.ssrc, lost=lost))[a]
    assert isinstance(asked[0], RtcpRrPacket)
    assert isinstance(asked[1], RtcpRtpfbPacket)
    assert asked[1].media_ssrc == a.ins[Stream.CAMERA].ssrc
    assert asked[1].lost == [5_010, 5_011]


def test_a_key_frame_request_reaches_the_camera() -> None:
    a, b = bridged()
    out = b.outs[Stream.CAMERA]
    asked = said(b, RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=1, media_ssrc=out.ssrc))[a]
    assert isinstance(asked[1], RtcpPsfbPacket)
    assert (asked[1].fmt, asked[1].media_ssrc) == (RTCP_PSFB_PLI, a.ins[Stream.CAMERA].ssrc)


def test_a_bandwidth_limit_names_the_streams_of_each_leg_that_it_is_passed_to() -> None:
    a, b = bridged()
    c = transport(offer(directions=("sendrecv", "sendrecv", "sendrecv")))
    watcher = transport(offer(directions=("sendrecv", "sendrecv", "sendrecv")))
    watcher.outs[Stream.CAMERA].follow(a.ins[Stream.CAMERA])
    watcher.outs[Stream.SCREEN].follow(c.ins[Stream.SCREEN])
    ssrcs = [watcher.outs[Stream.CAMERA].ssrc, watcher.outs[Stream.SCREEN].ssrc, 4711]
    limit = RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=1, media_ssrc=0, fci=pack_remb_fci(1_234_432, ssrcs))
    letters = said(watcher, limit)
    assert set(letters) == {a, c}
    for to, stream in ((a, Stream.CAMERA), (c, Stream.SCREEN)):
        passed = letters[to][1]
        assert isinstance(passed, RtcpPsfbPacket)
        assert unpack_remb_fci(passed.fci) == (1_234_432, [to.ins[stream].ssrc])
    assert b not in letters


def test_what_concerns_the_server_only_ends_there() -> None:
    a, b = bridged()
    ssrc = a.ins[Stream.VOICE].ssrc or 0
    assert said(a, RtcpByePacket(sources=[ssrc])) == {}
    assert said(a, RtcpSdesPacket(chunks=[RtcpSourceInfo(ssrc=ssrc, items=[(1, b"name")])])) == {}
    assert said(b, RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=1, media_ssrc=99)) == {}


def test_nothing_is_reported_on_before_the_first_packet_of_a_source() -> None:
    a, b = bridged()
    out = b.outs[Stream.CAMERA]
    out.restart()
    block = RtcpReceiverInfo(
        ssrc=out.ssrc, fraction_lost=0, packets_lost=0, highest_sequence=1, jitter=0, lsr=0, dlsr=0
    )
    assert said(b, RtcpRrPacket(ssrc=1, reports=[block])) == {}
    nack = RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=1, media_ssrc=out.ssrc, lost=[out.sequence])
    assert said(b, nack) == {}
    assert a.ins[Stream.CAMERA].outs == (out,)


def test_the_server_asks_for_a_key_frame_itself() -> None:
    a, _ = bridged()
    request = key_frame_request(a.ins[Stream.CAMERA])
    assert request is not None
    _, asked = RtcpPacket.parse(request)
    assert isinstance(asked, RtcpPsfbPacket)
    assert asked.media_ssrc == a.ins[Stream.CAMERA].ssrc


def test_a_camera_that_nobody_receives_is_told_that_all_is_well() -> None:
    lonely = transport(offer())
    camera = lonely.ins[Stream.CAMERA]
    for sequence in (65_535, 0):
        camera.arrivals.arrived(sequence, 0, 0.0)
    letter = keep_ready(lonely, 2_000_000)
    assert letter is not None
    report, limit = RtcpPacket.parse(letter)
    assert isinstance(report, RtcpRrPacket)
    assert [(block.ssrc, block.highest_sequence) for block in report.reports] == [(camera.ssrc, 1 << 16)]
    assert isinstance(limit, RtcpPsfbPacket)
    bitrate, ssrcs = unpack_remb_fci(limit.fci)
    assert abs(bitrate - 2_000_000) < 20
    assert ssrcs == [camera.ssrc]
    a, _ = bridged()
    assert keep_ready(a, 2_000_000) is None


@given(st.binary(max_size=120))
def test_no_bytes_break_the_translator(data: bytes) -> None:
    a, b = bridged()
    for kind in (200, 201, 205, 206):
        for count in (0, 1, 4, 15, 31):
            head = bytes([0x80 | count, kind]) + (len(data) // 4).to_bytes(2)
            taken = parts(head + data)
            measure(a, taken, 1.0)
            for to, letter in translate(a, taken, 1.0):
                assert to is b
                RtcpPacket.parse(letter)


def limited(receiver: Transport, bits_per_second: int, now: float) -> list[tuple[Transport, list[AnyRtcpPacket]]]:
    """Let a receiver name its limit for the camera."""
    ssrcs = [receiver.outs[Stream.CAMERA].ssrc]
    said_by = bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_APP, ssrc=1, media_ssrc=0, fci=pack_remb_fci(bits_per_second, ssrcs)))
    taken = parts(said_by)
    measure(receiver, taken, now)
    return [(to, RtcpPacket.parse(letter)) for to, letter in translate(receiver, taken, now)]


def bit_rates(letters: list[tuple[Transport, list[AnyRtcpPacket]]]) -> list[int]:
    return [unpack_remb_fci(p.fci)[0] for _, letter in letters for p in letter if isinstance(p, RtcpPsfbPacket)]


def test_of_two_receivers_the_lower_limit_counts_until_it_is_old_or_its_pictures_wait() -> None:
    camera = transport(offer())
    good, poor = transport(offer()), transport(offer())
    for receiver in (good, poor):
        receiver.outs[Stream.CAMERA].follow(camera.ins[Stream.CAMERA])

    assert bit_rates(limited(poor, 204_800, 1.0)) == [204_800]
    assert bit_rates(limited(good, 1_024_000, 1.1)) == [204_800]
    assert bit_rates(limited(good, 1_024_000, 1.1 + LIMIT_KEPT_S)) == [1_024_000]

    limited(poor, 102_400, 10.0)
    poor.outs[Stream.CAMERA].pause(True)
    assert bit_rates(limited(good, 1_024_000, 10.1)) == [1_024_000]
    assert keep_ready(camera, 50_000) is None

    good.outs[Stream.CAMERA].pause(True)
    assert limited(good, 1_024_000, 10.2) == []
    letter = keep_ready(camera, 51_200)
    assert letter is not None
    assert bit_rates([(camera, RtcpPacket.parse(letter))]) == [51_200]


def test_a_screen_that_nobody_sees_raises_no_limit_of_a_camera_that_somebody_sees() -> None:
    source = transport(offer(directions=("sendrecv", "sendrecv", "sendrecv")))
    transport(offer()).outs[Stream.CAMERA].follow(source.ins[Stream.CAMERA])
    assert keep_ready(source, 2_000_000) is None, "nor is anything said of it while it sends nothing"
    source.ins[Stream.SCREEN].arrivals.arrived(7, 0, 0.0)
    letter = keep_ready(source, 2_000_000)
    assert letter is not None
    assert bit_rates([(source, RtcpPacket.parse(letter))]) == []


def test_pictures_that_wait_are_asked_for_by_nobody() -> None:
    a, b = bridged()
    out = b.outs[Stream.CAMERA]
    out.pause(True)
    assert said(b, RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=1, media_ssrc=out.ssrc)) == {}
    out.pause(False)
    assert a in said(b, RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=1, media_ssrc=out.ssrc))
