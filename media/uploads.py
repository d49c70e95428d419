"""Judging and encoding sound files that people send, and encoding speech. All of it runs in `media.workshop`."""

import io
import wave
from pathlib import Path
from typing import Final

import numpy as np

from media import prompts, voices
from media.failures import Failed
from media.music import hold_music
from media.opus import RATE

SHORTEST_S: Final = 0.2
LONGEST_S: Final = 600
_HEAD: Final = 12


def render(path: Path, packets: Path) -> tuple[str, float] | Failed:
    """Encode a sound file to packets; return its kind (``wav``, ``mp3``, ``ogg``), by its content, and its seconds."""
    kind = kind_of(path)
    if kind is None:
        return Failed("not_a_sound", "This is not a WAV, MP3 or Ogg file, whatever its name says.")
    try:
        samples = prompts.read_sound(path, kind)
    except prompts.TooLongError:
        return Failed("too_long", f"The sound is longer than {LONGEST_S // 60} minutes.")
    except prompts.PromptError:
        return Failed("damaged", f"This {kind.upper()} file is damaged or empty: its sound cannot be read.")
    seconds = len(samples) / RATE
    if seconds < SHORTEST_S:
        return Failed("too_short", f"The sound is shorter than {SHORTEST_S} seconds.")
    prompts.save(packets, prompts.encode(samples))
    return kind, seconds


def speak(text: str, language: str, voice: str, rate: int, packets: Path) -> Failed | None:
    """Encode a spoken text to packets."""
    spoken = voices.speak(text, language, voice, rate)
    if isinstance(spoken, Failed):
        return spoken
    prompts.save(packets, prompts.encode(prompts.read_sound(io.BytesIO(spoken), "wav")))
    return None


def write_hold_music(path: Path) -> None:
    """Write the built-in piece as a file that browsers play."""
    samples = hold_music()[::2]  # it holds nothing above 12 kHz that would fold back
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with wave.open(str(part), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE // 2)
        file.writeframes((samples * 32767).astype(np.dtype("<i2")).tobytes())
    part.replace(path)


def kind_of(path: Path) -> str | None:
    """Tell by its first bytes what a file is; None for anything but the three kinds. Raises `OSError`."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] == b"OggS":
        return "ogg"
    if head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "mp3"
    return None
