"""Sounds and waiting strategies as the rest of Parley sees them."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from callflow.ids import LinkId, PromptId, QueueId, StrategyId
from conversations.waiting.tables import SoundKind, SoundRow

TEXT_LIMIT: Final = 2000
RATES: Final = range(80, 301)
"""Words a minute (WSV-06)."""
LONGEST: Final = range(10, 3601)
"""Seconds that a caller may wait at most (WSV-01)."""
GAPS: Final = range(10, 3601)
"""Seconds between two announcements (WSV-04)."""
ANNOUNCEMENTS_LIMIT: Final = 10


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks: a language of the speech synthesis, one of its voices, and the words a minute (WSV-06)."""

    language: str
    voice: str
    rate: int


@dataclass(frozen=True, slots=True)
class Speech:
    """A text that is spoken."""

    text: str
    voice: Voice

    @property
    def prompt(self) -> PromptId:
        """The name of the rendered speech: the same text in the same voice is rendered once."""
        said = json.dumps([self.text, self.voice.language, self.voice.voice, self.voice.rate])
        return PromptId(f"speech_{hashlib.sha256(said.encode()).hexdigest()[:32]}")


@dataclass(frozen=True, slots=True)
class Recorded:
    """An uploaded sound, by its id, which is also the name of its prompt."""

    sound: PromptId

    @property
    def prompt(self) -> PromptId:
        """The name of the sound, as the media plane knows it."""
        return self.sound


Source = Speech | Recorded


@dataclass(frozen=True, slots=True)
class Part:
    """One of the four parts: switched off it keeps what it would say."""

    on: bool = False
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Announcements:
    """What is said again and again, in turn (WSV-04)."""

    on: bool = False
    sources: tuple[Source, ...] = ()
    gap_seconds: int = 60
    """From the end of one to the beginning of the next."""


@dataclass(frozen=True, slots=True)
class Places:
    """Whether callers are told their place and the expected wait, and by whom (PLUS-12)."""

    on: bool = False
    voice: Voice | None = None


@dataclass(frozen=True, slots=True)
class StrategyWish:
    """Everything that a supervisor may choose of a waiting strategy (WSV-01 to WSV-07)."""

    name: str
    queues: frozenset[QueueId] = frozenset()
    links: frozenset[LinkId] = frozenset()
    greeting: Part = Part()
    music: Part = Part(on=True)
    """Without a source it is the piece that comes with the program."""
    announcements: Announcements = Announcements()
    farewell: Part = Part()
    places: Places = Places()
    longest_seconds: int = 600
    messages: bool = True
    """Whether callers may leave a message instead of waiting (PLUS-12)."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """Everything that it says or plays, switched on or not."""
        parts = (self.greeting.source, self.music.source, *self.announcements.sources, self.farewell.source)
        return tuple(source for source in parts if source is not None)


@dataclass(frozen=True, slots=True)
class Strategy:
    """A waiting strategy as it is kept."""

    id: StrategyId
    wish: StrategyWish
    version: int


@dataclass(frozen=True, slots=True)
class Sound:
    """An uploaded sound, and the names of the strategies that use it."""

    id: PromptId
    name: str
    kind: SoundKind
    bytes: int
    seconds: float
    added_at: datetime
    used_by: tuple[str, ...] = ()


def sound_of(row: SoundRow, used_by: tuple[str, ...] = ()) -> Sound:
    """Return the sound of a row."""
    return Sound(PromptId(row.id), row.name, row.kind, row.bytes, row.seconds, row.added_at, used_by)
