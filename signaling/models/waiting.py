"""Sounds, speech and waiting strategies."""

from typing import Annotated, Literal

from pydantic import Field

from callflow.ids import LinkId, PromptId, QueueId
from conversations.waiting.values import (
    ANNOUNCEMENTS_LIMIT,
    TEXT_LIMIT,
    Announcements,
    Part,
    Places,
    Recorded,
    SoundKind,
    Source,
    Speech,
    StrategyWish,
    Voice,
)
from signaling.models.common import Id, Model, Moment, Name, Ref, Version

Code = Annotated[str, Field(max_length=40, pattern=r"^[a-z0-9-]*$")]
Rate = Annotated[int, Field(ge=80, le=300)]
SpokenText = Annotated[str, Field(min_length=1, max_length=TEXT_LIMIT)]


class SpokenLanguage(Model):
    """A language that can be spoken. `places_sample` is how a place is told in it, null where Parley has no words."""

    code: str
    name: str
    places_sample: str | None


class Voices(Model):
    """What can speak here. Where nothing can, `why_not` says so and the lists are empty."""

    languages: list[SpokenLanguage]
    voices: list[str]
    """Of every language; the empty one is the language's own."""
    why_not: str | None


class VoiceChoice(Model):
    """Who speaks: a language, a voice of it, and the words a minute (WSV-06)."""

    language: Code
    voice: Code = ""
    rate: Rate = 160

    def value(self) -> Voice:
        """Return it for the service."""
        return Voice(self.language, self.voice, self.rate)


class SpokenSource(VoiceChoice):
    """A text to be spoken."""

    kind: Literal["speech"] = "speech"
    text: SpokenText


class SoundSource(Model):
    """An uploaded sound."""

    kind: Literal["sound"] = "sound"
    sound_id: Id


AnySource = Annotated[SpokenSource | SoundSource, Field(discriminator="kind")]


class StrategyPart(Model):
    """A part of a strategy; switched off it keeps its source. Music without a source is the built-in piece."""

    on: bool
    source: AnySource | None = None

    def value(self) -> Part:
        """Return it for the service."""
        return Part(self.on, _source(self.source) if self.source else None)


class StrategyAnnouncements(Model):
    """What is said in turn, with `gap_seconds` from the end of one to the beginning of the next (WSV-04)."""

    on: bool
    gap_seconds: Annotated[int, Field(ge=10, le=3600)] = 60
    sources: Annotated[list[AnySource], Field(max_length=ANNOUNCEMENTS_LIMIT, default_factory=list[AnySource])]


class StrategyPlaces(Model):
    """Whether callers are told their place and the expected wait (PLUS-12)."""

    on: bool
    voice: VoiceChoice | None = None


class StrategyParts(Model):
    """What callers hear."""

    greeting: StrategyPart
    music: StrategyPart
    announcements: StrategyAnnouncements
    farewell: StrategyPart
    places: StrategyPlaces
    longest_seconds: Annotated[int, Field(ge=10, le=3600)]
    messages: bool = True
    """Whether callers may leave a message instead of waiting (PLUS-12)."""


class NewWaitingStrategy(StrategyParts):
    """A strategy to keep, with the queues and links that it applies to."""

    name: Name
    queues: Annotated[set[Id], Field(max_length=1000, default_factory=set[str])]
    links: Annotated[set[Id], Field(max_length=1000, default_factory=set[str])]

    def value(self) -> StrategyWish:
        """Return it for the service."""
        said = self.announcements
        return StrategyWish(
            name=self.name,
            queues=frozenset(QueueId(queue) for queue in self.queues),
            links=frozenset(LinkId(link) for link in self.links),
            greeting=self.greeting.value(),
            music=self.music.value(),
            announcements=Announcements(said.on, tuple(map(_source, said.sources)), said.gap_seconds),
            farewell=self.farewell.value(),
            places=Places(self.places.on, self.places.voice.value() if self.places.voice else None),
            longest_seconds=self.longest_seconds,
            messages=self.messages,
        )


class WaitingStrategyChange(NewWaitingStrategy):
    """The whole strategy as it shall be, and the version that it replaces."""

    version: Version


class WaitingStrategy(StrategyParts):
    """A waiting strategy."""

    id: str
    name: str
    queues: list[Ref]
    links: list[Ref]
    version: int


class UploadedSound(Model):
    """An uploaded sound. `used_by` names the strategies that use it: one that is used cannot be deleted (WSV-07)."""

    id: str
    name: str
    kind: SoundKind
    bytes: int
    seconds: float
    added_at: Moment
    used_by: list[str]


def part_of(part: Part) -> StrategyPart:
    """Show a part."""
    return StrategyPart(on=part.on, source=source_of(part.source) if part.source else None)


def source_of(source: Source) -> SpokenSource | SoundSource:
    """Show what is said or played."""
    match source:
        case Speech(text, voice):
            return SpokenSource(text=text, language=voice.language, voice=voice.voice, rate=voice.rate)
        case Recorded(sound):
            return SoundSource(sound_id=sound)


def _source(source: SpokenSource | SoundSource) -> Source:
    match source:
        case SpokenSource():
            return Speech(source.text, source.value())
        case SoundSource(sound_id=sound):
            return Recorded(PromptId(sound))
