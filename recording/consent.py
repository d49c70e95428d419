"""What customers hear before they are recorded: kept with the system's settings, given to calls on their way in."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.ids import PromptId
from conversations.db.database import Write
from conversations.errors import InvalidError
from conversations.waiting.rows import columns_of, source_in, voice_in
from conversations.waiting.values import Part, Source
from recording.tables import SpokenConsentRow

NOTHING: Mapping[str, Any] = dict.fromkeys(("text", "language", "voice", "rate", "sound_id"))
USED_BY = "Recording"
"""How the list of sounds names this: the page of its settings."""


async def spoken_consent(session: AsyncSession) -> Part:
    """Return what is said, and whether it is."""
    row = await session.get_one(SpokenConsentRow, 1)
    return Part(row.on, source_in(row.text, voice_in(row.language, row.voice, row.rate), row.sound_id))


async def keep_spoken_consent(write: Write, spoken: Part) -> None:
    """Keep what is said from the next call on. Raises InvalidError for a sound that is gone."""
    row = await write.session.get_one(SpokenConsentRow, 1)
    row.on = spoken.on
    for name, value in (columns_of(spoken.source) if spoken.source else NOTHING).items():
        setattr(row, name, value)
    try:
        await write.session.flush()
    except IntegrityError as error:
        raise InvalidError("spoken", "This sound does not exist any more. Choose another.") from error


async def users_of_sound(session: AsyncSession, sound: str) -> tuple[str, ...]:
    """Say whether the consent is an uploaded sound, as the list of sounds names it."""
    found = await session.scalar(select(SpokenConsentRow.id).where(SpokenConsentRow.sound_id == sound))
    return (USED_BY,) if found is not None else ()


def prompt_of(spoken: Part) -> PromptId | None:
    """Return what is played; None when nothing is."""
    source: Source | None = spoken.source if spoken.on else None
    return source.prompt if source is not None else None
