"""Sees that everything a strategy says or plays is ready for the media processes before callers may get it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from callflow.ids import PromptId
from conversations.waiting.places import spoken_places
from conversations.waiting.sounds import Sounds
from conversations.waiting.strategies import Strategies
from conversations.waiting.values import Recorded, Source, Speech, StrategyWish
from media.failures import SoundError
from media.studio import Studio

log = logging.getLogger(__name__)


class Rendering:
    """Renders what strategies need, and what is said `elsewhere`, and mends what was lost."""

    def __init__(
        self,
        studio: Studio,
        sounds: Sounds,
        strategies: Strategies,
        elsewhere: Callable[[], Awaitable[Source | None]],
    ) -> None:
        self._elsewhere = elsewhere
        self._studio = studio
        self._sounds = sounds
        self._strategies = strategies

    async def prepare(self, wish: StrategyWish) -> None:
        """Make every prompt of a strategy. Raises what `make` raises."""
        for source in wish.sources:
            await self.make(source)
        await self._speak(_spoken_places(wish))

    async def make(self, source: Source) -> None:
        """Make one prompt. Raises `SoundError`, NotFoundError for a sound, and `OSError`."""
        match source:
            case Speech():
                await self._speak([source])
            case Recorded(sound):
                await self._studio.mend_upload(sound, (await self._sounds.get(sound)).kind)

    async def sweep(self) -> None:
        """Delete files that nothing names. Only while nobody can send any."""
        wishes = [strategy.wish for strategy in await self._strategies.list()]
        used = {source.prompt for wish in wishes for source in (*wish.sources, *_spoken_places(wish))}
        used |= {sound.id for sound in await self._sounds.list()}
        if (source := await self._elsewhere()) is not None:
            used.add(source.prompt)
        try:
            await asyncio.to_thread(self._studio.sweep, frozenset[PromptId](used))
        except OSError as error:
            log.warning("the sounds could not be looked through: %s", error)

    async def mend(self) -> None:
        """Make anew what is missing of all strategies, one after the other; what cannot be made is logged."""
        for strategy in await self._strategies.list():
            try:
                await self.prepare(strategy.wish)
            except (SoundError, OSError) as error:
                log.warning("callers of %r will not hear all of it: %s", strategy.id, error)
        try:
            if (source := await self._elsewhere()) is not None:
                await self.make(source)
        except (SoundError, OSError) as error:
            log.warning("customers will not hear that they are recorded: %s", error)

    async def _speak(self, said: Iterable[Speech]) -> None:
        for one in said:
            voice = one.voice
            await self._studio.keep_speech(one.prompt, one.text, voice.language, voice.voice, voice.rate)


def _spoken_places(wish: StrategyWish) -> tuple[Speech, ...]:
    return spoken_places(wish.places.voice)[1] if wish.places.on and wish.places.voice else ()
