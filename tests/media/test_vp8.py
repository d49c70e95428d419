import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor
from hypothesis import given
from hypothesis import strategies as st

from media.vp8 import PictureNumbers, starts_key_frame

pytestmark = pytest.mark.unit


def payload(picture: int | None, tl0: int | None = None, key: bool = False, start: bool = True) -> bytearray:
    descriptor = VpxPayloadDescriptor(
        partition_start=1 if start else 0,
        partition_id=0,
        picture_id=picture,
        tl0picidx=tl0,
        tid=(0, 0) if tl0 is not None else None,
    )
    return bytearray(bytes(descriptor) + bytes([0x10 if key else 0x11]) + b"frame")


def sent(numbers: PictureNumbers, data: bytearray) -> tuple[int | None, int | None]:
    numbers.renumber(memoryview(data), 0, len(data))
    descriptor, rest = VpxPayloadDescriptor.parse(bytes(data))
    assert rest.endswith(b"frame")
    return descriptor.picture_id, descriptor.tl0picidx


def test_the_first_source_keeps_its_numbers() -> None:
    numbers = PictureNumbers()
    assert [sent(numbers, payload(n, n & 255)) for n in (4000, 4001)] == [(4000, 160), (4001, 161)]


def test_another_source_continues_where_the_last_one_stopped() -> None:
    numbers = PictureNumbers()
    sent(numbers, payload(4000, 10))
    numbers.expect_another_source()
    assert [sent(numbers, payload(n, t)) for n, t in ((30000, 200), (30000, 200), (30001, 201))] == [
        (4001, 11),
        (4001, 11),
        (4002, 12),
    ]


def test_numbers_wrap_around() -> None:
    numbers = PictureNumbers()
    sent(numbers, payload(0x7FFF, 255))
    numbers.expect_another_source()
    assert sent(numbers, payload(500, 7)) == (0, 0)
    assert sent(numbers, payload(0x7FFF, 255))[0] == 0x7FFF - 500


def test_a_late_picture_of_the_source_does_not_turn_the_count_back() -> None:
    numbers = PictureNumbers()
    for picture in (200, 202, 201):
        sent(numbers, payload(picture))
    numbers.expect_another_source()
    assert sent(numbers, payload(9000))[0] == 203


def test_short_numbers_wrap_around_too() -> None:
    numbers = PictureNumbers()
    for picture in (126, 127, 0, 127):
        sent(numbers, bytearray([0x90, 0x80, picture, 0x11, *b"frame"]))  # aiortc itself writes long ones only
    numbers.expect_another_source()
    assert sent(numbers, payload(9000))[0] == 1


@pytest.mark.parametrize("tl0", [None, 3])
@pytest.mark.parametrize("picture", [None, 5, 3000])
def test_the_beginning_of_a_key_frame_is_found_in_every_form_of_the_descriptor(
    picture: int | None, tl0: int | None
) -> None:
    key, delta = payload(picture, tl0, key=True), payload(picture, tl0, key=False)
    later = payload(picture, tl0, key=True, start=False)
    assert starts_key_frame(memoryview(key), 0, len(key))
    assert not starts_key_frame(memoryview(delta), 0, len(delta))
    assert not starts_key_frame(memoryview(later), 0, len(later))


@given(st.binary(max_size=12))
def test_no_payload_breaks_the_reader(data: bytes) -> None:
    numbers = PictureNumbers()
    view = memoryview(bytearray(data))
    starts_key_frame(view, 0, len(data))
    numbers.renumber(view, 0, len(data))
    numbers.expect_another_source()
    numbers.renumber(view, 0, len(data))
    assert len(view) == len(data)
