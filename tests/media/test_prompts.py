import wave
from pathlib import Path

import av
import numpy as np
import pytest

from callflow.wiring import HOLD_MUSIC
from media.music import LEVEL_DBFS, hold_music
from media.opus import FRAME, RATE
from media.plane import MediaPlane
from media.prompts import PromptError, encode, load, read_sound, save
from media.settings import MediaSettings
from media.shelf import HOLD_MUSIC_FILE
from recording.journal import JournalWriter
from tests.media.parties import write_tone

pytestmark = pytest.mark.unit


def decode(packets: tuple[bytes, ...]) -> np.ndarray:
    codec = av.CodecContext.create("opus", "r")
    codec.sample_rate = RATE
    codec.layout = "mono"
    codec.open()
    frames = [frame for packet in packets for frame in codec.decode(av.Packet(packet))]  # pyright: ignore
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def test_the_hold_music_is_soft_even_and_has_no_seam() -> None:
    """WSV-03."""
    piece = hold_music()
    assert 30 < len(piece) / RATE < 60
    level = 20 * np.log10(np.sqrt(np.mean(piece**2)))
    assert level == pytest.approx(LEVEL_DBFS, abs=1)
    assert np.abs(piece).max() < 0.7
    seconds = piece[: len(piece) // RATE * RATE].reshape(-1, RATE)
    assert np.sqrt((seconds**2).mean(axis=1)).min() > 0.03, "no gap is longer than a breath"
    assert abs(piece[0] - piece[-1]) <= np.abs(np.diff(piece)).max()
    packets = encode(piece, seamless=True)
    assert len(packets) == len(piece) // FRAME
    assert max(map(len, packets)) < 400
    twice = decode(packets + packets)
    seam = twice[len(piece) - 200 : len(piece) + 1000]
    assert np.abs(np.diff(seam)).max() <= 1.5 * np.abs(np.diff(twice)).max()


def test_every_packet_is_one_frame_of_20_ms(tmp_path: Path) -> None:
    write_tone(tmp_path / "tone.wav", 440.0, seconds=0.51)
    packets = encode(read_sound(tmp_path / "tone.wav"))
    assert len(packets) == 26
    assert all(packet[0] & 3 == 0 for packet in packets)
    heard = decode(packets)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert np.argmax(spectrum) * RATE / len(heard) == pytest.approx(440, abs=3)


def test_packets_are_kept_in_a_file_that_is_whole_or_not_used(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "music"
    assert load(path) is None
    save(path, [b"one", b"two packets"])
    assert load(path) == (b"one", b"two packets")
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole[1:], b"", whole + b"\x00"):
        path.write_bytes(damaged)
        assert load(path) is None


@pytest.mark.parametrize("content", [b"", b"not a sound at all" * 50])
def test_a_file_that_is_no_sound_is_refused_with_a_reason(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    with pytest.raises(PromptError, match=r"x\.wav"):
        read_sound(path)
    with pytest.raises(PromptError):
        read_sound(tmp_path / "missing.wav")


def test_sound_of_another_rate_in_stereo_is_converted(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(4 * 8000))
    assert len(read_sound(path)) == pytest.approx(RATE, abs=100)


async def test_a_sound_file_may_be_the_hold_music(tmp_path: Path) -> None:
    write_tone(tmp_path / "own.wav", 440.0, seconds=2)
    plane = MediaPlane(MediaSettings(hold_music=tmp_path / "own.wav"), print, JournalWriter())
    await plane.start()
    assert len(plane._shelf.find(HOLD_MUSIC) or ()) == 100  # pyright: ignore
    await plane.stop()


async def test_the_music_is_encoded_once_and_then_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / HOLD_MUSIC_FILE, [b"\x08ready"])
    plane = MediaPlane(MediaSettings(cache=tmp_path), print, JournalWriter())
    await plane.start()
    assert plane._shelf.find(HOLD_MUSIC) == (b"\x08ready",)  # pyright: ignore
    await plane.stop()
