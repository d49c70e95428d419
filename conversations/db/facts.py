"""The log of facts as rows: written by the unit of work, read by everybody.

The numbers come from a one-row counter that the same transaction updates last, so they have no
holes and become visible in their order; a sequence promises neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, Integer, String, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callflow.clock import Clock
from callflow.facts import Actor, ActorKind, Fact, FactKind, Value
from callflow.ids import AgentId, CallId, ConversationId, QueueId
from conversations.db.base import Base, BigNumber, word


class FactRow(Base):
    """One fact that happened."""

    __tablename__ = "facts"
    __table_args__ = (Index(None, "conversation_id", "number"),)

    number: Mapped[int] = mapped_column(BigNumber, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[FactKind] = mapped_column(word(FactKind))
    actor_kind: Mapped[ActorKind] = mapped_column(word(ActorKind))
    actor_id: Mapped[str | None] = mapped_column(String(40))
    conversation_id: Mapped[str | None] = mapped_column(String(40))
    call_id: Mapped[str | None] = mapped_column(String(40))
    agent_id: Mapped[str | None] = mapped_column(String(40))
    queue_id: Mapped[str | None] = mapped_column(String(40))
    data: Mapped[dict[str, Value]]


class FactCounter(Base):
    """The one row that holds the last number given out."""

    __tablename__ = "fact_counter"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(BigNumber)


@dataclass(frozen=True, slots=True)
class LoggedFact:
    """A fact with its number and time."""

    number: int
    at: datetime
    fact: Fact


async def append(session: AsyncSession, facts: Sequence[Fact], clock: Clock) -> tuple[int, int]:
    """Number and store `facts`; return the first and last number.

    Must be the last statements of a transaction: from here to the commit no other writer can proceed.
    The time is read after the counter is held, so that within one process times never run against numbers.
    """
    counted = update(FactCounter).values(last=FactCounter.last + len(facts)).returning(FactCounter.last)
    last = (await session.execute(counted)).scalar_one()
    first = last - len(facts) + 1
    at = clock.now()
    rows = [_row(number, at, fact) for number, fact in enumerate(facts, first)]
    await session.execute(insert(FactRow), rows)
    return first, last


async def facts_after(session: AsyncSession, number: int, limit: int) -> list[LoggedFact]:
    """Return up to `limit` facts with a greater number, in order."""
    rows = await session.scalars(select(FactRow).where(FactRow.number > number).order_by(FactRow.number).limit(limit))
    return [_logged(row) for row in rows]


async def facts_of_conversation(
    session: AsyncSession, conversation: ConversationId, after: int, limit: int
) -> list[LoggedFact]:
    """Return up to `limit` facts of one thread with a number greater than `after`, in order."""
    rows = await session.scalars(
        select(FactRow)
        .where(FactRow.conversation_id == conversation, FactRow.number > after)
        .order_by(FactRow.number)
        .limit(limit)
    )
    return [_logged(row) for row in rows]


async def last_number(session: AsyncSession) -> int:
    """Return the number of the latest fact, 0 before the first."""
    return (await session.execute(select(FactCounter.last))).scalar_one()


def _row(number: int, at: datetime, fact: Fact) -> dict[str, object]:
    return {
        "number": number,
        "at": at,
        "kind": fact.kind,
        "actor_kind": fact.actor.kind,
        "actor_id": fact.actor.id,
        "conversation_id": fact.conversation,
        "call_id": fact.call,
        "agent_id": fact.agent,
        "queue_id": fact.queue,
        "data": dict(fact.data),
    }


def _logged(row: FactRow) -> LoggedFact:
    fact = Fact(
        kind=row.kind,
        actor=Actor(row.actor_kind, row.actor_id),
        conversation=ConversationId(row.conversation_id) if row.conversation_id else None,
        call=CallId(row.call_id) if row.call_id else None,
        agent=AgentId(row.agent_id) if row.agent_id else None,
        queue=QueueId(row.queue_id) if row.queue_id else None,
        data=row.data,
    )
    return LoggedFact(row.number, row.at, fact)
