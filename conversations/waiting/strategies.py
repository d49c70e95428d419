"""Waiting strategies: what the callers of some queues and links hear until somebody answers (WSV-01 to WSV-07)."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from callflow.facts import Actor, Fact, FactKind
from callflow.ids import LinkId, QueueId, StrategyId, new_id
from conversations.db.audit import audit
from conversations.db.database import Database, Write
from conversations.db.locking import locked
from conversations.directory.people import NAME_LIMIT, fold
from conversations.directory.queues import names_of_queues
from conversations.errors import InvalidError, NotFoundError, RefusedError, StaleError
from conversations.waiting.checking import checked, described
from conversations.waiting.rows import fill, replace_parts, strategy_by_id, strategy_of
from conversations.waiting.tables import SoundRow, StrategyRow, WaitingLinkRow, WaitingQueueRow
from conversations.waiting.values import Recorded, Strategy, StrategyWish

SUBJECT = "waiting_strategy"
LinkNames = Callable[[AsyncSession, Collection[LinkId]], Awaitable[Mapping[LinkId, str]]]
"""Returns what to call each of some links; those that do not exist are left out."""


class Strategies:
    """The waiting strategies of the centre. Rendering what they say is another's work (`signaling.waiting`)."""

    def __init__(self, database: Database, link_names: LinkNames) -> None:
        self._database = database
        self._link_names = link_names

    async def list(self) -> list[Strategy]:
        """Return every strategy, by name."""
        async with self._database.read() as session:
            rows = (await session.scalars(select(StrategyRow).order_by(StrategyRow.name_key))).all()
            return [await strategy_of(session, row) for row in rows]

    async def names(self, strategies: Collection[Strategy]) -> tuple[Mapping[QueueId, str], Mapping[LinkId, str]]:
        """Return the names of all queues and links that some strategies apply to."""
        queues = {queue for strategy in strategies for queue in strategy.wish.queues}
        links = {link for strategy in strategies for link in strategy.wish.links}
        async with self._database.read() as session:
            named = await names_of_queues(session, queues)
            return {QueueId(queue): name for queue, name in named.items()}, await self._link_names(session, links)

    async def create(self, actor: Actor, wish: StrategyWish) -> Strategy:
        """Make a strategy. Raises InvalidError, NotFoundError, RefusedError ``name_taken``, ``entry_taken``."""
        async with self._database.write() as write:
            strategy = StrategyId(new_id("strategy"))
            row = StrategyRow(id=strategy, name="", name_key=strategy, version=1)
            return await self._write(write, actor, row, wish, before={})

    async def change(self, actor: Actor, strategy: StrategyId, version: int, wish: StrategyWish) -> Strategy:
        """Replace a strategy; who waits already goes on as before. Raises StaleError, and what `create` raises."""
        async with self._database.write() as write:
            row = await locked(write.session, StrategyRow, strategy)
            before = await strategy_of(write.session, row)
            if row.version != version:
                raise StaleError(before)
            row.version += 1
            return await self._write(write, actor, row, wish, before=described(before.wish))

    async def delete(self, actor: Actor, strategy: StrategyId, version: int) -> None:
        """Delete a strategy; its queues and links have none then. Raises NotFoundError, StaleError."""
        async with self._database.write() as write:
            row = await locked(write.session, StrategyRow, strategy)
            before = await strategy_of(write.session, row)
            if row.version != version:
                raise StaleError(before)
            # The table's own keys take its parts and entries along.
            await write.session.execute(delete(StrategyRow).where(StrategyRow.id == strategy))
            await audit(write, actor, SUBJECT, strategy, row.name, described(before.wish), {})
            write.fact(Fact(FactKind.STRATEGIES_CHANGED, actor))

    async def _write(
        self, write: Write, actor: Actor, row: StrategyRow, wish: StrategyWish, before: Mapping[str, object]
    ) -> Strategy:
        wish = checked(wish)
        strategy, session = StrategyId(row.id), write.session
        await _rename(session, row, wish.name)
        fill(row, wish)
        session.add(row)
        await _require_sounds(session, wish)
        await self._refuse_taken(session, strategy, wish)
        try:
            await session.flush()
            await replace_parts(session, strategy, wish)
            await _replace_entries(session, strategy, wish)
        except IntegrityError as error:  # somebody else was faster by a moment
            raise RefusedError(
                "entry_taken", "One of these queues or links was just given another strategy."
            ) from error
        after = await strategy_by_id(session, strategy)
        await audit(write, actor, SUBJECT, strategy, row.name, before, described(after.wish))
        write.fact(Fact(FactKind.STRATEGIES_CHANGED, actor))
        return after

    async def _refuse_taken(self, session: AsyncSession, strategy: StrategyId, wish: StrategyWish) -> None:
        """Refuse an entry that does not exist, or that has another strategy, by names (WSV-01)."""
        queues = await names_of_queues(session, wish.queues)
        links = await self._link_names(session, wish.links)
        if len(queues) < len(wish.queues) or len(links) < len(wish.links):
            raise NotFoundError("One of these queues or links does not exist any more.")
        taken = [
            *await _taken(session, queues, WaitingQueueRow.queue_id, WaitingQueueRow.strategy_id, strategy),
            *await _taken(session, links, WaitingLinkRow.link_id, WaitingLinkRow.strategy_id, strategy),
        ]
        for entry, other in taken:
            raise RefusedError(
                "entry_taken", f"“{entry}” already has the waiting strategy “{other}”. Remove it there first."
            )


async def _taken(
    session: AsyncSession,
    names: Mapping[Any, str],
    column: InstrumentedAttribute[str],
    owner: InstrumentedAttribute[str],
    strategy: StrategyId,
) -> list[tuple[str, str]]:
    found = await session.execute(
        select(column, StrategyRow.name)
        .join(StrategyRow, StrategyRow.id == owner)
        .where(column.in_(list(names)), owner != strategy)
    )
    return [(names[entry], other) for entry, other in found]


async def _rename(session: AsyncSession, row: StrategyRow, name: str) -> None:
    key = fold(name)[:200]
    holder = await session.scalar(select(StrategyRow.id).where(StrategyRow.name_key == key))
    if holder not in (None, row.id):
        raise RefusedError("name_taken", "There is a waiting strategy of this name already.")
    row.name, row.name_key = name[:NAME_LIMIT], key


async def _require_sounds(session: AsyncSession, wish: StrategyWish) -> None:
    """Refuse a sound that was deleted meanwhile; lock the others, so that none is deleted before the commit."""
    wanted = {source.sound for source in wish.sources if isinstance(source, Recorded)}
    for sound in sorted(wanted):
        if await session.get(SoundRow, sound, with_for_update={"key_share": True}) is None:
            raise InvalidError("sound_id", "One of these sounds does not exist any more. Choose another.")


async def _replace_entries(session: AsyncSession, strategy: StrategyId, wish: StrategyWish) -> None:
    await session.execute(delete(WaitingQueueRow).where(WaitingQueueRow.strategy_id == strategy))
    await session.execute(delete(WaitingLinkRow).where(WaitingLinkRow.strategy_id == strategy))
    for queue in sorted(wish.queues):
        await session.execute(insert(WaitingQueueRow).values(queue_id=queue, strategy_id=strategy))
    for link in sorted(wish.links):
        await session.execute(insert(WaitingLinkRow).values(link_id=link, strategy_id=strategy))
