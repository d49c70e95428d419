"""Where sounds are made ready: spoken, or taken from a file, encoded once and kept in the data folder.

prompts/speech_….opus-packets, prompts/sound_….opus-packets    what the media processes play
sounds/sound_….wav, .mp3, .ogg                                 what people sent, as it came
"""

import asyncio
import time
from pathlib import Path
from typing import Final

from callflow.ids import PromptId
from media import prompts, uploads, voices
from media.shelf import file_of
from media.voices import Language
from media.workshop import Workshop

UNUSED_S: Final = 24 * 3600.0
"""Speech that no strategy names any more is kept for so long, since callers who wait may still hear it."""
HOLD_MUSIC_WAV: Final = "hold-music-1.wav"
ORIGINALS: Final = ("wav", "mp3", "ogg")


class Studio:
    """The sounds in one data folder. Methods that make a sound raise `media.failures.SoundError` and `OSError`."""

    def __init__(self, folder: Path) -> None:
        self._prompts = folder / "prompts"
        self._sounds = folder / "sounds"
        self._workshop = Workshop()
        self._languages: tuple[Language, ...] = ()

    async def stop(self) -> None:
        """End the process that works for it."""
        await self._workshop.stop()

    async def languages(self) -> tuple[Language, ...]:
        """Return the languages that can be spoken, by name."""
        self._languages = self._languages or await self._workshop.run(voices.languages)
        return self._languages

    async def say(self, text: str, language: str, voice: str, rate: int) -> bytes:
        """Return a text as a WAV file, and keep nothing."""
        return await self._workshop.run(voices.speak, text, language, voice, rate)

    async def keep_speech(self, prompt: PromptId, text: str, language: str, voice: str, rate: int) -> None:
        """See that a spoken text can be played under the name of `prompt`."""
        path = self._packets(prompt)
        if not await asyncio.to_thread(prompts.load, path):
            await self._workshop.run(uploads.speak, text, language, voice, rate, path)

    async def keep_upload(self, prompt: PromptId, sent: Path) -> tuple[str, float]:
        """Make a sent file the sound `prompt`; return its kind and its seconds. All is kept, or nothing."""
        try:
            kind, seconds = await self._workshop.run(uploads.render, sent, self._packets(prompt))
            await asyncio.to_thread(sent.replace, self.original(prompt, kind))
        except BaseException:
            self.forget(prompt)
            raise
        finally:
            await asyncio.to_thread(sent.unlink, missing_ok=True)
        return kind, seconds

    async def mend_upload(self, prompt: PromptId, kind: str) -> None:
        """See that an uploaded sound can be played, from the file that was sent."""
        path = self._packets(prompt)
        if not await asyncio.to_thread(prompts.load, path):
            await self._workshop.run(uploads.render, self.original(prompt, kind), path)

    def new_upload(self, prompt: PromptId) -> Path:
        """Return where to write what somebody sends. Raises `OSError`."""
        self._sounds.mkdir(parents=True, exist_ok=True)
        self._prompts.mkdir(parents=True, exist_ok=True)
        return self._sounds / f"{prompt}.upload"

    def original(self, prompt: PromptId, kind: str) -> Path:
        """Return where the file lies that was sent."""
        return self._sounds / f"{prompt}.{kind}"

    async def hold_music(self) -> Path:
        """Return the built-in piece as a file that browsers play."""
        path = self._sounds / HOLD_MUSIC_WAV
        if not await asyncio.to_thread(path.exists):
            await self._workshop.run(uploads.write_hold_music, path)
        return path

    def forget(self, prompt: PromptId) -> None:
        """Delete every file of an uploaded sound."""
        for path in (self._packets(prompt), *(self.original(prompt, kind) for kind in ORIGINALS)):
            path.unlink(missing_ok=True)

    def sweep(self, used: frozenset[PromptId]) -> None:
        """Delete what a stop in the middle left behind, and speech that is out of use. Blocks."""
        now = time.time()
        for path in (*self._prompts.glob("*"), *self._sounds.glob("*")):
            prompt = path.name.split(".", 1)[0]
            if prompt in used or path.name == HOLD_MUSIC_WAV:
                continue
            if not prompt.startswith("speech_") or now - path.stat().st_mtime > UNUSED_S:
                path.unlink(missing_ok=True)

    def _packets(self, prompt: PromptId) -> Path:
        path = file_of(self._prompts, prompt)
        if path is None:
            raise ValueError(f"{prompt!r} is no name of a prompt")
        return path
