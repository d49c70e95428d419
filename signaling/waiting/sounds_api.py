"""Speech to listen to, and uploaded sounds (WSV-06, WSV-07)."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aiohttp import web

from callflow.ids import PromptId, new_id
from conversations.errors import InvalidError
from conversations.waiting.checking import clean_speech
from conversations.waiting.places import places_sample
from conversations.waiting.sounds import Sounds, sound_name
from conversations.waiting.values import Sound as SoundValue
from conversations.waiting.values import SoundKind
from media.failures import SoundError
from media.studio import Studio
from media.voices import VOICES
from signaling.http.api import Api
from signaling.http.problems import Problem
from signaling.http.rules import SUPERVISOR, SignedIn
from signaling.models.waiting import SpokenLanguage, SpokenSource, UploadedSound, Voices

UPLOAD_LIMIT: Final = 20 << 20
"""Bytes (WSV-07)."""
UPLOAD_DEADLINE: Final = 300.0
"""Seconds for the whole file: half a megabit a second is enough."""
CHUNK: Final = 256 << 10
CONTENT_TYPES: Final[Mapping[SoundKind, str]] = {
    SoundKind.WAV: "audio/wav",
    SoundKind.MP3: "audio/mpeg",
    SoundKind.OGG: "audio/ogg",
}


class SoundsApi:
    """Handlers of `/voices`, `/speech` and `/sounds`."""

    def __init__(self, sounds: Sounds, studio: Studio) -> None:
        self._sounds = sounds
        self._studio = studio

    def register(self, api: Api) -> None:
        """Add the routes."""
        api.get("/voices", self.list_voices, rule=SUPERVISOR, tag="sounds")
        api.post("/speech", self.speak, rule=SUPERVISOR, tag="sounds")
        api.get("/sounds", self.list_sounds, rule=SUPERVISOR, tag="sounds")
        api.post("/sounds", self.upload_sound, rule=SUPERVISOR, status=201, tag="sounds")
        api.get("/sounds/{sound_id}/audio", self.get_sound_audio, rule=SUPERVISOR, tag="sounds")
        api.get("/hold-music/audio", self.get_hold_music_audio, rule=SUPERVISOR, tag="sounds")
        api.delete("/sounds/{sound_id}", self.delete_sound, rule=SUPERVISOR, tag="sounds")

    async def list_voices(self) -> Voices:
        """List the languages and voices that can speak."""
        try:
            languages = await self._studio.languages()
        except SoundError as error:
            return Voices(languages=[], voices=[], why_not=str(error))
        shown = [
            SpokenLanguage(code=one.code, name=one.name, places_sample=places_sample(one.code)) for one in languages
        ]
        return Voices(languages=shown, voices=list(VOICES), why_not=None)

    async def speak(self, source: SpokenSource) -> web.Response:
        """Answer a text as it will be spoken, as audio/wav. Keeps nothing."""
        text = clean_speech("text", source.text)
        spoken = await self._studio.say(text, source.language, source.voice, source.rate)
        return web.Response(body=spoken, content_type="audio/wav")

    async def list_sounds(self) -> list[UploadedSound]:
        """List the uploaded sounds, the latest first."""
        return [_shown(sound) for sound in await self._sounds.list()]

    async def upload_sound(self, request: web.Request, who: SignedIn, *, name: str) -> UploadedSound:
        """Take the body as a sound file: WAV, MP3 or Ogg, at most 20 MB, from 0.2 s to 10 minutes."""
        name, sound = sound_name(name), PromptId(new_id("sound"))
        sent = await asyncio.to_thread(self._studio.new_upload, sound)
        try:
            size = await _receive(request, sent)
            kind, seconds = await self._studio.keep_upload(sound, sent)
        finally:
            await asyncio.to_thread(sent.unlink, missing_ok=True)
        try:
            return _shown(await self._sounds.add(who.user.actor, sound, name, kind, size, seconds))
        except BaseException:
            await asyncio.to_thread(self._studio.forget, sound)
            raise

    async def get_sound_audio(self, sound_id: PromptId) -> web.FileResponse:
        """Answer the file as it was sent."""
        sound = await self._sounds.get(sound_id)
        return _file(self._studio.original(sound.id, sound.kind), CONTENT_TYPES[sound.kind])

    async def get_hold_music_audio(self) -> web.FileResponse:
        """Answer the built-in hold music, as audio/wav."""
        return _file(await self._studio.hold_music(), "audio/wav")

    async def delete_sound(self, who: SignedIn, sound_id: PromptId) -> None:
        """Delete a sound that no strategy uses."""
        await self._sounds.delete(who.user.actor, sound_id)
        await asyncio.to_thread(self._studio.forget, sound_id)


async def _receive(request: web.Request, path: Path) -> int:
    """Write a request's body to a file as it arrives; return its size in bytes."""
    if (request.content_length or 0) > UPLOAD_LIMIT:
        raise _too_large()
    size = 0
    try:
        async with asyncio.timeout(UPLOAD_DEADLINE):
            with path.open("wb") as file:
                async for chunk in request.content.iter_chunked(CHUNK):
                    size += len(chunk)
                    if size > UPLOAD_LIMIT:
                        raise _too_large()
                    await asyncio.to_thread(file.write, chunk)
    except TimeoutError:
        raise Problem(408, "too_slow", "The file took too long to arrive.") from None
    if size == 0:
        raise InvalidError("file", "The file is empty.")
    return size


def _too_large() -> Problem:
    return Problem(413, "too_large", f"The file is larger than {UPLOAD_LIMIT >> 20} MB.")


def _file(path: Path, content_type: str) -> web.FileResponse:
    return web.FileResponse(path, headers={"Content-Type": content_type})


def _shown(sound: SoundValue) -> UploadedSound:
    return UploadedSound(
        id=sound.id,
        name=sound.name,
        kind=sound.kind,
        bytes=sound.bytes,
        seconds=sound.seconds,
        added_at=sound.added_at,
        used_by=list(sound.used_by),
    )
