"""The care for pictures whose receiver cannot see them at the moment, and what the meter makes of it."""

import time
from typing import Any, cast

import pytest

from callflow.ids import CallId, LegId
from callflow.wiring import FromLeg, Stream
from media import pictures
from media.leg import Leg
from media.meter import READINGS, LegMeter
from media.mixer import Mixer
from media.patchbay import Patchbay
from media.player import Player, Playing
from media.settings import MediaSettings
from media.shelf import Shelf
from media.streams import In, Out, StreamCount
from tests.media.offers import offer, transport

pytestmark = pytest.mark.unit

CALL = CallId("call")


def connected(name: str) -> Leg:
    """A leg whose transport is up, with keys that nobody uses."""
    leg = Leg(CALL, LegId(name), ("opus", "VP8"))
    leg.current = transport(offer())
    leg.current.rx = cast("Any", object())
    return leg


def ended(_out: Out, _playing: Playing) -> None:
    """No prompt is played here."""


def camera_of(leg: Leg) -> In:
    assert leg.current is not None
    return leg.current.ins[Stream.CAMERA]


@pytest.fixture
def legs() -> tuple[Leg, Leg, Patchbay]:
    """A leg with a camera, one that may see it, and their wiring."""
    camera, viewer = connected("camera"), connected("viewer")
    shelf = Shelf(MediaSettings(), lambda prompt, packets: None)
    return camera, viewer, Patchbay({leg.id: leg for leg in (camera, viewer)}, shelf, Player(ended), Mixer())


def test_a_camera_is_not_asked_for_a_key_frame_that_would_be_held_back(legs: tuple[Leg, Leg, Patchbay]) -> None:
    camera, viewer, patchbay = legs
    assert viewer.current is not None
    viewer.current.outs[Stream.CAMERA].pause(True)
    patchbay.wire(CALL, 1, {viewer.id: {Stream.CAMERA: FromLeg(camera.id)}})
    assert viewer.current.outs[Stream.CAMERA].source is camera_of(camera)
    assert camera_of(camera).asked_at == 0

    patchbay.wire(CALL, 2, {})
    viewer.current.outs[Stream.CAMERA].pause(False)
    patchbay.wire(CALL, 3, {viewer.id: {Stream.CAMERA: FromLeg(camera.id)}})
    assert camera_of(camera).asked_at > 0


def test_a_key_frame_that_may_not_be_asked_for_yet_is_asked_for_later() -> None:
    source, receiver = transport(offer()).ins[Stream.CAMERA], transport(offer())
    out = receiver.outs[Stream.CAMERA]
    out.follow(source)
    out.missed_pictures = True
    source.asked_at = just_now = time.monotonic()
    pictures.care(receiver, just_now)
    assert source.asked_at == just_now
    source.asked_at = 0.0
    pictures.care(receiver, just_now)
    assert source.asked_at > 0
    assert not out.missed_pictures


def frame(source: In, number: int) -> None:
    source.arrivals.arrived(number, 3000 * number, 0.03 * number)
    source.arrivals.begins(memoryview(bytes(20)), 0, 20, 0.03 * number)


def test_a_leg_is_not_said_to_see_pictures_that_wait() -> None:
    source, receiver = transport(offer()).ins[Stream.CAMERA], transport(offer())
    receiver.outs[Stream.CAMERA].follow(source)
    meter = LegMeter(CALL, LegId("viewer"), {stream: StreamCount() for stream in Stream})
    meter.begin(0.0)
    rates: list[float] = []
    for number, paused in enumerate((False, True, True, True, True, True)):
        receiver.outs[Stream.CAMERA].pause(paused)
        rates.append(meter.read(receiver, number).quality.down.frames_per_second)
        frame(source, number)
    assert rates[-1] == 0
    receiver.outs[Stream.CAMERA].pause(False)
    meter.read(receiver, 6.0)
    frame(source, 6)
    assert meter.read(receiver, 7.0).quality.down.frames_per_second == pytest.approx(1 / 4)


def test_a_loss_that_is_taken_back_makes_no_loss_below_none() -> None:
    sender = transport(offer())
    meter = LegMeter(CALL, LegId("speaker"), {stream: StreamCount() for stream in Stream})
    voice = sender.ins[Stream.VOICE].arrivals
    voice.arrived(1, 0, 0.0)
    voice.arrived(3, 0, 0.0)
    measured = [meter.read(sender, 2.0)]
    voice.arrived(2, 0, 0.0)
    for number in range(4, 4 + READINGS):
        voice.arrived(number, 0, 0.0)
        measured.append(meter.read(sender, 2.0 * number))
    assert measured[-1].quality.up.loss == 0
    assert (measured[-1].quality.up.mos or 0) > 4
