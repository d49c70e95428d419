"""The prompts that can be played: those that come with the program, and those of a folder, read when asked for."""

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final

from callflow.ids import PromptId
from callflow.wiring import HOLD_MUSIC, MESSAGE_TONE, RINGBACK
from media import prompts
from media.music import hold_music, message_tone, ringback
from media.opus import Samples
from media.settings import MediaSettings

log = logging.getLogger(__name__)

Packets = tuple[bytes, ...]
MAX_BYTES: Final = 64 << 20
"""Of prompts from the folder that are kept in memory; those asked for least lately go first."""
SUFFIX: Final = ".opus-packets"
HOLD_MUSIC_FILE: Final = f"hold-music-1{SUFFIX}"
RINGBACK_FILE: Final = f"ringback-1{SUFFIX}"
_KEPT: Final = re.compile(r"(sound|speech)_[0-9a-f]{20,64}")


def file_of(folder: Path, prompt: PromptId) -> Path | None:
    """Return where a prompt's packets are kept; None for an id that names no such file, whatever it holds."""
    return folder / f"{prompt}{SUFFIX}" if _KEPT.fullmatch(prompt) else None


class Shelf:
    """Packets by prompt. `ready` is called, on the loop, when one that was asked for has been read or is not there."""

    def __init__(self, settings: MediaSettings, ready: Callable[[PromptId, Packets | None], None]) -> None:
        self._settings = settings
        self._ready = ready
        self._own: dict[PromptId, Packets] = {}
        self._read: OrderedDict[PromptId, Packets] = OrderedDict()
        self._size = 0
        self._reading: dict[PromptId, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Prepare what comes with the program, off the loop. Raises `PromptError` for a bad hold music file."""
        self._own[HOLD_MUSIC] = await asyncio.to_thread(self._hold_music)
        self._own[RINGBACK] = await asyncio.to_thread(self._prepare, RINGBACK_FILE, ringback)
        self._own[MESSAGE_TONE] = await asyncio.to_thread(lambda: prompts.encode(message_tone()))

    async def stop(self) -> None:
        """Give up what is being read."""
        reading = list(self._reading.values())
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)

    def keep(self, prompt: PromptId, packets: Packets) -> None:
        """Add a prompt for as long as the process lives."""
        self._own[prompt] = packets

    def find(self, prompt: PromptId) -> Packets | None:
        """Return a prompt's packets; None when there are none, or not yet: `reading` tells which."""
        if prompt in self._own:
            return self._own[prompt]
        if prompt in self._read:
            self._read.move_to_end(prompt)
            return self._read[prompt]
        path = file_of(self._settings.prompts, prompt) if self._settings.prompts is not None else None
        if path is not None and prompt not in self._reading:
            self._reading[prompt] = asyncio.create_task(self._load(prompt, path), name=f"prompt {prompt}")
        return None

    def reading(self, prompt: PromptId) -> bool:
        """Say whether `ready` will be called for a prompt."""
        return prompt in self._reading

    async def _load(self, prompt: PromptId, path: Path) -> None:
        packets: Packets | None = None
        try:
            packets = await asyncio.to_thread(prompts.load, path)
        finally:
            del self._reading[prompt]
        if packets is None:
            log.warning("prompt %s is not there", prompt)
        else:
            self._remember(prompt, packets)
        self._ready(prompt, packets)

    def _remember(self, prompt: PromptId, packets: Packets) -> None:
        self._read[prompt] = packets
        self._size += sum(map(len, packets))
        while self._size > MAX_BYTES and len(self._read) > 1:
            _, old = self._read.popitem(last=False)
            self._size -= sum(map(len, old))

    def _hold_music(self) -> Packets:
        if self._settings.hold_music is not None:
            return prompts.encode(prompts.read_sound(self._settings.hold_music), seamless=True)
        return self._prepare(HOLD_MUSIC_FILE, hold_music)

    def _prepare(self, name: str, compute: Callable[[], Samples]) -> Packets:
        """Read a piece that was computed and encoded once, or do so now."""
        path = self._settings.cache / name if self._settings.cache is not None else None
        packets = prompts.load(path) if path is not None else None
        if packets is None:
            packets = prompts.encode(compute(), seamless=True)
            if path is not None:
                try:
                    prompts.save(path, packets)
                except OSError as exc:
                    log.warning("%s could not be kept: %s", name, exc)
        return packets
