"""Speaking with eSpeak NG through pyttsx3.

Its state is global, so all of this runs in one process and one thread: that of `media.workshop`.
"""

import ctypes
import io
import os
import tempfile
import wave
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from media.failures import Failed

VOICES: Final = ("", "f1", "f2", "f3", "f4", "f5", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8")
"""The voices of every language: the language's own, five of women and eight of men."""
_MADE_UP: Final = "art/"
_LEAST_SECONDS: Final = 0.1
_NOTHING: Final = Failed("nothing_to_say", "There is nothing to be spoken.")


@dataclass(frozen=True, slots=True)
class Language:
    """A language that can be spoken, such as ``en-us``, with its English name."""

    code: str
    name: str


def languages() -> tuple[Language, ...] | Failed:
    """Return every language, by name."""
    try:
        return tuple(sorted((Language(code, name) for code, (_, name) in _known().items()), key=lambda one: one.name))
    except (ImportError, OSError, RuntimeError) as error:
        return _unable(error)


def speak(text: str, language: str, voice: str, rate: int) -> bytes | Failed:
    """Return a text as a WAV file. The rate is in words a minute."""
    if not any(letter.isalnum() for letter in text):
        return _NOTHING
    try:
        known = _known()
        if language not in known or voice not in VOICES:
            return Failed("unknown_voice", "There is no such language or voice. Choose another.")
        engine, errors = _engine()
        with tempfile.TemporaryDirectory(prefix="parley-speech-") as folder:
            path = Path(folder) / "speech.wav"
            errors.clear()
            engine.setProperty("voice", known[language][0] + (f"+{voice}" if voice else ""))
            engine.setProperty("rate", rate)
            # The rate is set in the background and would be too late; and the loop ends before the file is written.
            _espeak().Synchronize()
            engine.save_to_file(text, str(path))
            engine.runAndWait()
            _espeak().Synchronize()
            if errors:
                raise RuntimeError(str(errors[0]))
            spoken = path.read_bytes() if path.exists() else b""
    except (ImportError, OSError, RuntimeError) as error:
        return _unable(error)
    return spoken if _seconds(spoken) >= _LEAST_SECONDS else _NOTHING


@cache
def _engine() -> tuple[Any, list[Exception]]:
    loader = import_module("espeakng_loader")
    os.environ.setdefault("ESPEAK_DATA_PATH", loader.get_data_path())
    # pyttsx3 asks for the library by its plain name, which is satisfied once it is loaded for all.
    ctypes.CDLL(loader.get_library_path(), mode=ctypes.RTLD_GLOBAL)
    errors: list[Exception] = []
    engine = import_module("pyttsx3").init("espeak")

    def note(name: str, exception: Exception) -> None:
        errors.append(exception)

    engine.connect("error", note)
    return engine, errors


def _espeak() -> Any:
    return import_module("pyttsx3.drivers._espeak")


@cache
def _known() -> dict[str, tuple[str, str]]:
    """Return for each language how the library calls it, and its name."""
    engine, _ = _engine()
    return {
        voice.id.rsplit("/", 1)[-1]: (voice.id, voice.name.strip())
        for voice in engine.getProperty("voices")
        if not voice.id.startswith(_MADE_UP)
    }


def _seconds(sound: bytes) -> float:
    try:
        with wave.open(io.BytesIO(sound)) as file:
            return file.getnframes() / file.getframerate()
    except (wave.Error, EOFError):
        return 0.0


def _unable(error: Exception) -> Failed:
    return Failed("no_speech", f"This server cannot speak ({error}). Sounds can be uploaded instead.")
