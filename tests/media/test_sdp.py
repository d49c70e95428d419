import contextlib
import time

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import given
from hypothesis import strategies as st

from callflow.wiring import MediaRefusedError, Stream
from media.sdp import MAX_BYTES, Credentials, Offer, read_offer, write_answer
from tests.media.offers import CHROMIUM, FINGERPRINT, damaged, offer

pytestmark = pytest.mark.unit

CODECS = ("opus", "VP8")
CREDENTIALS = Credentials("ufrag", "password-of-the-transport", FINGERPRINT)
SSRCS = {Stream.VOICE: (1, 2), Stream.CAMERA: (3, 4), Stream.SCREEN: (5, 6)}


def answer(read: Offer, addresses: tuple[str, ...] = ("192.0.2.1",)) -> SessionDescription:
    return SessionDescription.parse(write_answer(read, CREDENTIALS, addresses, 5000, SSRCS))


def refusal(text: str, codecs: tuple[str, ...] = CODECS) -> str:
    with pytest.raises(MediaRefusedError) as refused:
        read_offer(text, codecs)
    assert str(refused.value).endswith(".")
    return refused.value.code


def test_chromiums_offer_is_understood() -> None:
    read = read_offer(CHROMIUM, CODECS)
    voice, camera, screen = read.sections
    assert [section.stream for section in read.sections] == list(Stream)
    assert (voice.payload_type, voice.repair_payload_type) == (111, None)
    assert (camera.payload_type, camera.repair_payload_type) == (screen.payload_type, screen.repair_payload_type)
    assert all(section.receives and section.sends for section in read.sections)
    assert len({camera.ssrc, camera.repair_ssrc, screen.ssrc, screen.repair_ssrc, None}) == 5
    assert not read.answer_as_client


def test_the_answer_has_the_servers_transport_and_one_codec_for_each_stream() -> None:
    written = write_answer(read_offer(CHROMIUM, CODECS), CREDENTIALS, ("192.0.2.1", "2001:db8::1"), 5000, SSRCS)
    parsed = SessionDescription.parse(written)
    assert "a=ice-lite" in written
    assert [media.rtp.muxId for media in parsed.media] == ["0", "1", "2"]
    assert [[codec.name for codec in media.rtp.codecs] for media in parsed.media] == [
        ["opus"],
        ["VP8", "rtx"],
        ["VP8", "rtx"],
    ]
    assert {(c.ip, c.port) for media in parsed.media for c in media.ice_candidates} == {
        ("192.0.2.1", 5000),
        ("2001:db8::1", 5000),
    }
    assert all(media.dtls is not None and media.dtls.role == "server" for media in parsed.media)
    assert "transport-wide" not in written
    assert "transport-cc" not in written


def test_directions_are_answered_one_by_one() -> None:
    directions = ("sendrecv", "sendonly", "recvonly")
    assert [m.direction for m in answer(read_offer(offer(directions=directions), CODECS)).media] == [
        "sendrecv",
        "recvonly",
        "sendonly",
    ]
    assert [m.direction for m in answer(read_offer(offer(), CODECS)).media] == ["sendrecv", "sendrecv", "inactive"]


def test_a_call_without_pictures_leaves_their_lines_inactive() -> None:
    read = read_offer(CHROMIUM, ("opus",))
    assert [section.receives for section in read.sections] == [True, False, False]
    assert [m.direction for m in answer(read).media] == ["sendrecv", "inactive", "inactive"]


def test_retransmissions_are_for_pictures_only() -> None:
    text = offer().replace("SAVPF 111\r\n", "SAVPF 111 98\r\n")
    text = text.replace("opus/48000/2\r\n", "opus/48000/2\r\na=rtpmap:98 rtx/48000\r\na=fmtp:98 apt=111\r\n")
    read = read_offer(text, CODECS)
    assert [section.repair_payload_type for section in read.sections] == [None, 97, 97]


def test_missing_trailing_lines_are_absent() -> None:
    read = read_offer(offer(mids=("a",), directions=("sendrecv",)), CODECS)
    assert len(read.sections) == 1
    assert len(answer(read).media) == 1


def test_a_line_that_the_browser_switched_off_is_answered_as_such() -> None:
    text = offer().replace("m=video 9", "m=video 0").replace("BUNDLE 0 1 2", "BUNDLE 0")
    parsed = answer(read_offer(text, CODECS))
    assert [media.port for media in parsed.media] == [5000, 0, 0]
    bundle_only = offer().replace("m=video 9", "m=video 0").replace("a=mid:1", "a=mid:1\r\na=bundle-only")
    assert [section.bundled for section in read_offer(bundle_only, CODECS).sections] == [True, True, False]


def test_the_server_starts_dtls_only_with_a_browser_that_will_not() -> None:
    assert "a=setup:passive" in write_answer(read_offer(offer(setup="active"), CODECS), CREDENTIALS, ("::1",), 1, SSRCS)
    assert "a=setup:active" in write_answer(read_offer(offer(setup="passive"), CODECS), CREDENTIALS, ("::1",), 1, SSRCS)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("sdp_no_fingerprint", ""),
        ("sdp_no_fingerprint", "v=0"),
        ("sdp_no_fingerprint", CHROMIUM.replace("a=fingerprint:sha-256", "a=fingerprint:sha-1")),
        ("sdp_no_fingerprint", offer().replace(FINGERPRINT, FINGERPRINT[:20])),
        ("sdp_too_large", CHROMIUM + "a=x\r\n" * MAX_BYTES),
        ("sdp_too_large", CHROMIUM + "é" * (MAX_BYTES // 2)),
        ("sdp_malformed", CHROMIUM + "a=x\r\n" * 1000),
        ("sdp_malformed", offer().replace("m=audio", "m=video")),
        ("sdp_malformed", offer().replace("m=video", "m=audio")),
        ("sdp_malformed", offer(mids=("0", "0", "2"))),
        ("sdp_malformed", offer(mids=("0", "x y", "2"))),
        ("sdp_malformed", offer() + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:3\r\n"),
        ("sdp_malformed", offer() + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" * 700),
        ("sdp_malformed", offer() + "a=candidate:1 1 udp 1 x 9 typ host\r\n" * 800),
        ("sdp_malformed", offer().replace("a=setup:actpass\r\n", "")),
        ("sdp_malformed", offer().replace("a=rtcp-mux\r\n", "")),
        ("sdp_malformed", offer().replace("UDP/TLS/RTP/SAVPF", "RTP/AVP")),
        ("sdp_malformed", offer(opus=80)),
        ("sdp_malformed", offer(mid_id=2, time_id=2)),
        ("sdp_malformed", offer().replace("a=ssrc:1000", "a=ssrc:99999999999")),
        ("sdp_malformed", offer().replace("a=group:BUNDLE 0 1 2", "a=group:BUNDLE 0 1")),
        ("sdp_no_codec", offer().replace("opus/48000", "opus/8000")),
        ("sdp_no_codec", offer().replace("VP8/90000", "VP9/90000")),
        ("sdp_no_codec", offer(directions=("inactive", "inactive", "inactive"))),
    ],
)
def test_a_bad_offer_is_refused_with_a_word_and_a_sentence(code: str, text: str) -> None:
    """S8; the words are the contract's."""
    assert refusal(text) == code


def test_the_browsers_candidates_are_not_even_read() -> None:
    """L5: a .local candidate costs a second where it is resolved."""
    text = offer() + "a=candidate:nonsense\r\na=candidate:1 1 udp 1 x.local 9 typ host\r\n"
    assert len(read_offer(text, CODECS).sections) == 3


@pytest.mark.parametrize(
    "line", ["a=rtpmap:{n} x/9\r\na=rtcp-fb:* y", "a=ssrc:{n} cname:x\r\na=x", "a=rtpmap:9{n} x/9\r\na=fmtp:9{n} x"]
)
def test_the_largest_offer_is_read_or_refused_quickly(line: str) -> None:
    """S8: under 100 ms for any offer."""
    head = offer()
    filler = "".join(line.format(n=n + 1) + "\r\n" for n in range(370))
    began = time.perf_counter()
    with contextlib.suppress(MediaRefusedError):
        read_offer(head + filler, CODECS)
    assert time.perf_counter() - began < 0.1


def test_a_thousand_damaged_offers_are_answered_or_refused_and_nothing_else() -> None:
    """L5, S8."""
    outcomes = {"answered": 0, "refused": 0}
    for seed in range(1000):
        try:
            read = read_offer(damaged(seed), CODECS)
        except MediaRefusedError:
            outcomes["refused"] += 1
        else:
            outcomes["answered"] += 1
            SessionDescription.parse(write_answer(read, CREDENTIALS, ("192.0.2.1",), 5000, SSRCS))
    assert min(outcomes.values()) > 100


@given(st.text(max_size=400))
def test_any_text_behind_a_fingerprint_is_refused_or_read(text: str) -> None:
    with contextlib.suppress(MediaRefusedError):
        read_offer(f"a=fingerprint:sha-256 {FINGERPRINT}\r\n{text}", CODECS)
