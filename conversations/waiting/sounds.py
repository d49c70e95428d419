"""The uploaded sounds: their names and where they are used. The files are another's work (`signaling.waiting`)."""

from collections.abc import Awaitable, Callable, Collection, Mapping

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.facts import Actor, Fact, FactKind
from callflow.ids import PromptId
from conversations.db.audit import audit
from conversations.db.database import Database
from conversations.db.locking import locked
from conversations.directory.people import NAME_LIMIT
from conversations.errors import NotFoundError, RefusedError
from conversations.values import clean_line
from conversations.waiting.tables import PartRow, SoundKind, SoundRow, StrategyRow
from conversations.waiting.values import Sound, sound_of

SUBJECT = "sound"
UsedBy = Callable[[AsyncSession, str], Awaitable[tuple[str, ...]]]
"""Names what of another room uses a sound."""


class Sounds:
    """The uploaded sounds of the centre."""

    def __init__(self, database: Database, elsewhere: UsedBy | None = None) -> None:
        self._database = database
        self._elsewhere = elsewhere

    async def list(self) -> list[Sound]:
        """Return every sound, the latest first."""
        async with self._database.read() as session:
            rows = await session.scalars(select(SoundRow).order_by(SoundRow.added_at.desc(), SoundRow.id))
            return [sound_of(row, await self._used_by(session, row.id)) for row in rows]

    async def get(self, sound: PromptId) -> Sound:
        """Return a sound. Raises NotFoundError."""
        async with self._database.read() as session:
            row = await session.get(SoundRow, sound)
            if row is None:
                raise NotFoundError
            return sound_of(row, await self._used_by(session, sound))

    async def add(self, actor: Actor, sound: PromptId, name: str, kind: str, size: int, seconds: float) -> Sound:
        """Keep a sound whose files are there. Raises InvalidError for its name."""
        name = sound_name(name)
        async with self._database.write() as write:
            row = SoundRow(
                id=sound,
                name=name,
                kind=SoundKind(kind),
                bytes=size,
                seconds=seconds,
                added_by=actor.id,
                added_at=write.clock.now(),
            )
            write.session.add(row)
            await audit(write, actor, SUBJECT, sound, name, {}, {"name": name, "kind": kind, "seconds": seconds})
            write.fact(Fact(FactKind.STRATEGIES_CHANGED, actor))
            return sound_of(row)

    async def delete(self, actor: Actor, sound: PromptId) -> None:
        """Delete a sound that nothing uses. Raises NotFoundError, RefusedError ``in_use`` that says where."""
        async with self._database.write() as write:
            row = await locked(write.session, SoundRow, sound)
            used = await self._used_by(write.session, sound)
            if used:
                raise _in_use(row.name, ", ".join(f"“{name}”" for name in used))
            try:
                await write.session.execute(delete(SoundRow).where(SoundRow.id == sound))
            except IntegrityError as error:  # a strategy was faster by a moment
                raise _in_use(row.name, "a strategy that was just saved") from error
            await audit(write, actor, SUBJECT, sound, row.name, {"name": row.name, "kind": row.kind}, {})
            write.fact(Fact(FactKind.STRATEGIES_CHANGED, actor))

    async def _used_by(self, session: AsyncSession, sound: str) -> tuple[str, ...]:
        elsewhere = await self._elsewhere(session, sound) if self._elsewhere is not None else ()
        return (*await _used_by(session, sound), *elsewhere)


def sound_name(name: str) -> str:
    """Return the name of a sound as it is kept. Raises InvalidError."""
    return clean_line("name", name, NAME_LIMIT)


async def _used_by(session: AsyncSession, sound: str) -> tuple[str, ...]:
    found = await session.scalars(
        select(StrategyRow.name)
        .join(PartRow, PartRow.strategy_id == StrategyRow.id)
        .where(PartRow.sound_id == sound)
        .distinct()
        .order_by(StrategyRow.name)
    )
    return tuple(found)


def _in_use(name: str, where: str) -> RefusedError:
    return RefusedError("in_use", f"“{name}” is used by {where}. Choose another sound there first.")


async def names_of_sounds(session: AsyncSession, sounds: Collection[str]) -> Mapping[str, str]:
    """Return the names of sounds by id."""
    found = await session.execute(select(SoundRow.id, SoundRow.name).where(SoundRow.id.in_(sounds)))
    return {row[0]: row[1] for row in found}
