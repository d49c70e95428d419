"""Speech and uploads for real: the real library speaks, real files are judged."""

import asyncio
import io
import os
import signal
import struct
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from callflow.ids import PromptId
from media.failures import Failed, SoundError
from media.opus import RATE
from media.prompts import load
from media.shelf import file_of
from media.studio import Studio
from media.uploads import kind_of
from media.voices import VOICES
from media.workshop import Workshop
from tests.media.parties import write_tone

pytestmark = pytest.mark.wire

SPEECH = PromptId(f"speech_{1:032x}")
SOUND = PromptId(f"sound_{1:020x}")
HELLO = "Hello. You are next in line."


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    made = Studio(tmp_path)
    yield made
    await made.stop()


def samples_of(sound: bytes) -> np.ndarray:
    with wave.open(io.BytesIO(sound)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def packets_of(folder: Path, prompt: PromptId) -> tuple[bytes, ...] | None:
    path = file_of(folder / "prompts", prompt)
    assert path is not None
    return load(path)


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def test_a_text_is_spoken_in_many_languages_voices_and_rates(studio: Studio) -> None:
    """WSV-06."""
    languages = {one.code: one.name for one in await studio.languages()}
    assert len(languages) > 100
    assert languages["en-us"] == "English (America)"
    assert languages["hr"] == "Croatian"
    slow, fast = await studio.say(HELLO, "en-us", "", 100), await studio.say(HELLO, "en-us", "", 250)
    assert len(slow) > 1.5 * len(fast)
    spoken = {await studio.say(HELLO, "en-us", voice, 160) for voice in VOICES}
    assert len(spoken) == len(VOICES)
    for language in ("de", "fr", "es", "it", "hr"):
        sound = samples_of(await studio.say("1 2 3", language, "f2", 160))
        assert np.sqrt(np.mean(sound**2)) > 0.02


@pytest.mark.parametrize(
    ("text", "language", "voice", "code"),
    [
        (HELLO, "nonsense", "", "unknown_voice"),
        (HELLO, "en-us", "nonsense", "unknown_voice"),
        (HELLO, "en-us", "../f2", "unknown_voice"),
        (HELLO, "../../../etc/passwd", "", "unknown_voice"),
        ("", "en-us", "", "nothing_to_say"),
        ("\n", "en-us", "", "nothing_to_say"),
    ],
)
async def test_what_cannot_be_spoken_is_refused_with_a_reason(
    studio: Studio, text: str, language: str, voice: str, code: str
) -> None:
    """WSV-06."""
    with pytest.raises(SoundError) as refused:
        await studio.say(text, language, voice, 160)
    assert refused.value.code == code
    assert await studio.say(HELLO, "en-us", "", 160)  # and the voice before is not kept by accident


async def test_speech_is_encoded_once_and_made_anew_when_its_file_is_lost(studio: Studio, tmp_path: Path) -> None:
    """WSV-06."""
    await studio.keep_speech(SPEECH, HELLO, "en-us", "f2", 160)
    packets = packets_of(tmp_path, SPEECH)
    assert packets is not None
    assert 50 < len(packets) < 250
    path = tmp_path / "prompts" / f"{SPEECH}.opus-packets"
    made = path.stat().st_mtime_ns
    await studio.keep_speech(SPEECH, HELLO, "en-us", "f2", 160)
    assert path.stat().st_mtime_ns == made
    path.write_bytes(b"damaged")
    await studio.keep_speech(SPEECH, HELLO, "en-us", "f2", 160)
    anew = packets_of(tmp_path, SPEECH)
    assert anew is not None
    assert len(anew) == pytest.approx(len(packets), abs=3)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(marker: Path) -> str | Failed:
    if marker.exists():
        return "done"
    marker.touch()
    die()
    return Failed("", "")


async def test_a_process_that_dies_is_replaced_and_the_work_tried_once_more(studio: Studio, tmp_path: Path) -> None:
    workshop = Workshop()
    try:
        assert await workshop.run(die_once, tmp_path / "marker") == "done"
        outcomes = await asyncio.gather(
            *(workshop.run(job, tmp_path / "marker") for job in (die_once, die_once)), return_exceptions=True
        )
        assert outcomes == ["done", "done"]
        with pytest.raises(SoundError) as refused:
            await workshop.run(die)  # pyright: ignore
        assert refused.value.code == "sound_failed"
        assert await workshop.run(die_once, tmp_path / "marker") == "done"
    finally:
        await workshop.stop()


def write_encoded(path: Path, codec: str, seconds: float, hertz: float = 440.0) -> None:
    """Write a tone with FFmpeg's own encoder; the suffix says the container."""
    with av.open(str(path), "w") as opened:
        container: Any = opened
        stream: Any = container.add_stream(codec, rate=48_000)
        tone = (8000 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * RATE)) / RATE)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(tone[None, :], "s16", "mono")
        frame.sample_rate = RATE
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


@pytest.mark.parametrize(("kind", "codec"), [("wav", ""), ("mp3", "libmp3lame"), ("ogg", "libopus")])
async def test_wav_mp3_and_ogg_are_taken_by_their_content_and_kept(
    studio: Studio, tmp_path: Path, kind: str, codec: str
) -> None:
    """WSV-07."""
    path = tmp_path / f"tone.{kind}"
    if codec:
        write_encoded(path, codec, 2)
    else:
        write_tone(path, 440, 2)
    sent, content = studio.new_upload(SOUND), path.read_bytes()
    sent.write_bytes(content)
    assert kind_of(sent) == kind
    told, seconds = await studio.keep_upload(SOUND, sent)
    assert (told, seconds) == (kind, pytest.approx(2, abs=0.1))
    assert studio.original(SOUND, kind).read_bytes() == content
    packets = packets_of(tmp_path, SOUND)
    assert packets is not None
    assert len(packets) == pytest.approx(100, abs=5)
    (tmp_path / "prompts" / f"{SOUND}.opus-packets").unlink()
    await studio.mend_upload(SOUND, kind)
    assert packets_of(tmp_path, SOUND) == packets
    studio.forget(SOUND)
    assert files_in(tmp_path) == [path.name]


def playlist() -> bytes:
    return b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n"


def wav_of(seconds: float) -> bytes:
    rate = 8000 if seconds < 1 else 1000
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(rate)
        sound.writeframes(bytes([128]) * int(seconds * rate))
    return file.getvalue()


BAD = {
    "not_a_sound": [b"", b"R", b"\x89PNG\r\n\x1a\n" + bytes(5000), b"<html>" * 500, playlist(), bytes(1000)],
    "damaged": [
        b"RIFF" + struct.pack("<I", 36) + b"WAVE" + bytes(200),
        b"OggS" + os.urandom(3000),
        b"ID3" + bytes(3000),
        wav_of(0),
    ],
    "too_short": [wav_of(0.01), wav_of(0.19)],
    "too_long": [wav_of(3 * 3600), wav_of(601)],
}


@pytest.mark.parametrize(
    ("code", "number"), [(code, number) for code, contents in BAD.items() for number in range(len(contents))]
)
async def test_a_file_that_is_no_sound_is_refused_in_words_and_leaves_nothing(
    studio: Studio, tmp_path: Path, code: str, number: int
) -> None:
    """WSV-07."""
    sent = studio.new_upload(SOUND)
    sent.write_bytes(BAD[code][number])
    with pytest.raises(SoundError) as refused:
        await studio.keep_upload(SOUND, sent)
    assert refused.value.code == code
    assert files_in(tmp_path) == []


async def test_what_an_interrupted_server_left_behind_is_swept_up(studio: Studio, tmp_path: Path) -> None:
    studio.new_upload(SOUND).write_bytes(b"half")
    await studio.keep_speech(SPEECH, HELLO, "en-us", "", 160)
    old = PromptId(f"speech_{2:032x}")
    await studio.keep_speech(old, HELLO, "en-us", "", 160)
    os.utime(tmp_path / "prompts" / f"{old}.opus-packets", (0, 0))
    used = PromptId(f"sound_{7:020x}")
    studio.original(used, "wav").write_bytes(b"kept")
    studio.sweep(frozenset({used}))
    assert files_in(tmp_path) == [f"{used}.wav", f"{SPEECH}.opus-packets"]


async def test_the_built_in_music_can_be_heard_in_the_page(studio: Studio) -> None:
    """WSV-03."""
    path = await studio.hold_music()
    assert await studio.hold_music() == path
    sound = samples_of(path.read_bytes())
    assert len(sound) > 30 * 24_000
    assert np.sqrt(np.mean(sound**2)) > 0.05
