"""Reading and writing strategies as rows."""

from collections.abc import Iterable

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.ids import LinkId, PromptId, QueueId, StrategyId
from conversations.errors import NotFoundError
from conversations.waiting.tables import PartKind, PartRow, StrategyRow, WaitingLinkRow, WaitingQueueRow
from conversations.waiting.values import (
    Announcements,
    Part,
    Places,
    Recorded,
    Source,
    Speech,
    Strategy,
    StrategyWish,
    Voice,
)


async def strategy_by_id(session: AsyncSession, strategy: str) -> Strategy:
    """Return a strategy. Raises NotFoundError."""
    row = await session.get(StrategyRow, strategy)
    if row is None:
        raise NotFoundError
    return await strategy_of(session, row)


async def strategy_of(session: AsyncSession, row: StrategyRow) -> Strategy:
    """Return the strategy of a row, with its parts and entries."""
    parts = list(
        await session.scalars(
            select(PartRow).where(PartRow.strategy_id == row.id).order_by(PartRow.kind, PartRow.number)
        )
    )
    queues = await session.scalars(select(WaitingQueueRow.queue_id).where(WaitingQueueRow.strategy_id == row.id))
    links = await session.scalars(select(WaitingLinkRow.link_id).where(WaitingLinkRow.strategy_id == row.id))
    wish = StrategyWish(
        name=row.name,
        queues=frozenset(QueueId(queue) for queue in queues),
        links=frozenset(LinkId(link) for link in links),
        greeting=Part(row.greeting_on, _only(parts, PartKind.GREETING)),
        music=Part(row.music_on, _only(parts, PartKind.MUSIC)),
        announcements=Announcements(
            row.announcements_on, tuple(_sources(parts, PartKind.ANNOUNCEMENT)), row.gap_seconds
        ),
        farewell=Part(row.farewell_on, _only(parts, PartKind.FAREWELL)),
        places=Places(row.places_on, voice_in(row.places_language, row.places_voice, row.places_rate)),
        longest_seconds=row.longest_seconds,
        messages=row.messages_on,
    )
    return Strategy(StrategyId(row.id), wish, row.version)


def fill(row: StrategyRow, wish: StrategyWish) -> None:
    """Write into a row what is not in other rows, the name excepted."""
    row.longest_seconds, row.gap_seconds = wish.longest_seconds, wish.announcements.gap_seconds
    row.greeting_on, row.music_on = wish.greeting.on, wish.music.on
    row.announcements_on, row.farewell_on = wish.announcements.on, wish.farewell.on
    row.messages_on = wish.messages
    row.places_on, voice = wish.places.on, wish.places.voice
    row.places_language = voice.language if voice else None
    row.places_voice = voice.voice if voice else None
    row.places_rate = voice.rate if voice else None


async def replace_parts(session: AsyncSession, strategy: StrategyId, wish: StrategyWish) -> None:
    """Write what a strategy says and plays."""
    await session.execute(delete(PartRow).where(PartRow.strategy_id == strategy))
    parts: list[tuple[PartKind, tuple[Source | None, ...]]] = [
        (PartKind.GREETING, (wish.greeting.source,)),
        (PartKind.MUSIC, (wish.music.source,)),
        (PartKind.ANNOUNCEMENT, wish.announcements.sources),
        (PartKind.FAREWELL, (wish.farewell.source,)),
    ]
    rows = [
        {"strategy_id": strategy, "kind": kind, "number": number, **columns_of(source)}
        for kind, sources in parts
        for number, source in enumerate(sources)
        if source is not None
    ]
    if rows:
        await session.execute(insert(PartRow), rows)


def columns_of(source: Source) -> dict[str, object]:
    """Return a source as the columns that any table keeps it in."""
    match source:
        case Speech(text, voice):
            spoken = {"language": voice.language, "voice": voice.voice, "rate": voice.rate}
            return {"text": text, **spoken, "sound_id": None}
        case Recorded(sound):
            return {"text": None, "language": None, "voice": None, "rate": None, "sound_id": sound}


def source_in(text: str | None, voice: Voice | None, sound: str | None) -> Source | None:
    """Return the source that such columns hold."""
    if sound is not None:
        return Recorded(PromptId(sound))
    return Speech(text, voice) if text is not None and voice is not None else None


def _sources(parts: Iterable[PartRow], kind: PartKind) -> list[Source]:
    kept = (
        source_in(part.text, voice_in(part.language, part.voice, part.rate), part.sound_id)
        for part in parts
        if part.kind is kind
    )
    return [source for source in kept if source is not None]


def _only(parts: Iterable[PartRow], kind: PartKind) -> Source | None:
    return next(iter(_sources(parts, kind)), None)


def voice_in(language: str | None, voice: str | None, rate: int | None) -> Voice | None:
    """Return the voice that three columns hold."""
    return Voice(language, voice, rate) if language is not None and voice is not None and rate is not None else None
