"""What a waiting strategy must be like to be kept, and how the audit log tells of it. Pure."""

from dataclasses import replace
from typing import Any

from conversations.directory.people import NAME_LIMIT
from conversations.errors import InvalidError
from conversations.values import clean_line, clean_text
from conversations.waiting.places import can_say_places
from conversations.waiting.values import (
    ANNOUNCEMENTS_LIMIT,
    GAPS,
    LONGEST,
    RATES,
    TEXT_LIMIT,
    Part,
    Recorded,
    Source,
    Speech,
    StrategyWish,
    Voice,
)


def checked(wish: StrategyWish) -> StrategyWish:
    """Return a strategy with its texts cleaned. Raises InvalidError for one that callers could not be given."""
    said = wish.announcements
    if wish.longest_seconds not in LONGEST:
        raise InvalidError("longest_seconds", "The longest wait is from 10 seconds to 60 minutes.")
    if said.gap_seconds not in GAPS:
        raise InvalidError("gap_seconds", "Between two announcements are at least 10 seconds, and at most 60 minutes.")
    if len(said.sources) > ANNOUNCEMENTS_LIMIT:
        raise InvalidError("announcements", f"At most {ANNOUNCEMENTS_LIMIT} announcements can take turns.")
    if not (wish.greeting.on or wish.music.on or said.on or wish.farewell.on):
        raise InvalidError("music", "Switch on at least one of greeting, music, announcements and last message.")
    if said.on and not said.sources:
        raise InvalidError("announcements", "Add an announcement, or switch them off.")
    return replace(
        wish,
        name=clean_line("name", wish.name, NAME_LIMIT),
        greeting=checked_part("greeting", wish.greeting),
        music=checked_part("music", wish.music, needed=False),
        announcements=replace(said, sources=tuple(_source("announcements", source) for source in said.sources)),
        farewell=checked_part("farewell", wish.farewell),
        places=replace(wish.places, voice=_places_voice(wish)),
    )


def check_voice(field: str, voice: Voice) -> None:
    """Refuse a rate that nobody speaks at. Raises InvalidError."""
    if voice.rate not in RATES:
        raise InvalidError(field, f"The rate is from {RATES.start} to {RATES.stop - 1} words a minute.")


def clean_speech(field: str, text: str) -> str:
    """Return a text to be spoken. Raises InvalidError for an empty one and one that is too long."""
    return clean_text(field, text, TEXT_LIMIT)


def described(wish: StrategyWish) -> dict[str, Any]:
    """Return a strategy as plain JSON for the audit log."""
    return {
        "name": wish.name,
        "queues": sorted(wish.queues),
        "links": sorted(wish.links),
        "greeting": described_part(wish.greeting),
        "music": described_part(wish.music),
        "announcements": {"on": wish.announcements.on, "sources": [_told(one) for one in wish.announcements.sources]},
        "gap_seconds": wish.announcements.gap_seconds,
        "farewell": described_part(wish.farewell),
        "places": {"on": wish.places.on, "voice": _told_voice(wish.places.voice)},
        "longest_seconds": wish.longest_seconds,
        "messages": wish.messages,
    }


def checked_part(field: str, part: Part, *, needed: bool = True) -> Part:
    """Return a part with its text cleaned. Raises InvalidError with the field."""
    if part.on and part.source is None and needed:
        raise InvalidError(field, "Say what callers hear here, or switch it off.")
    return replace(part, source=_source(field, part.source) if part.source else None)


def _source(field: str, source: Source) -> Source:
    if isinstance(source, Recorded):
        return source
    check_voice(field, source.voice)
    return replace(source, text=clean_speech(field, source.text))


def _places_voice(wish: StrategyWish) -> Voice | None:
    voice = wish.places.voice
    if wish.places.on and (voice is None or not can_say_places(voice.language)):
        raise InvalidError(
            "places", "Place and wait can be said in English, German, French, Spanish, Italian and Croatian."
        )
    if voice is not None:
        check_voice("places", voice)
    return voice


def described_part(part: Part) -> dict[str, Any]:
    """Return a part as plain JSON for the audit log."""
    return {"on": part.on, "source": _told(part.source) if part.source else None}


def _told(source: Source) -> dict[str, Any]:
    match source:
        case Speech(text, voice):
            return {"text": text, "voice": _told_voice(voice)}
        case Recorded(sound):
            return {"sound": sound}


def _told_voice(voice: Voice | None) -> list[Any] | None:
    return [voice.language, voice.voice, voice.rate] if voice else None
