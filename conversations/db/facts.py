"""The log of facts as rows: written by the unit of work, read by everybody.

The numbers come from a one-row counter that the same transaction updates last, so they have no
holes and become visible in their order; a sequence promises neither.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Index, Integer, String, and_, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callflow.clock import Clock
from callflow.facts import Actor, ActorKind, Fact, FactKind, Value
from callflow.ids import AgentId, CallId, ConversationId, QueueId
from conversations.db.base import Base, BigNumber, word

WRAPPED = f"kind = '{FactKind.CALL_WRAPPED}'"
"""The facts that say when an agent was done with a call, which are looked up by the call."""


class FactRow(Base):
    """One fact that happened."""

    __tablename__ = "facts"
    __table_args__ = (
        Index(None, "conversation_id", "number"),
        Index("ix_facts_wrapped", "call_id", sqlite_where=text(WRAPPED), postgresql_where=text(WRAPPED)),
    )

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
    session: AsyncSession,
    conversation: ConversationId,
    after: int,
    limit: int,
    kinds: Collection[FactKind] | None = None,
) -> list[LoggedFact]:
    """Return up to `limit` facts of one thread with a number greater than `after`, in order; only of these kinds."""
    wanted = select(FactRow).where(FactRow.conversation_id == conversation, FactRow.number > after)
    if kinds is not None:
        wanted = wanted.where(FactRow.kind.in_(kinds))
    rows = await session.scalars(wanted.order_by(FactRow.number).limit(limit))
    return [_logged(row) for row in rows]


async def fact_of_text(session: AsyncSession, conversation: ConversationId, text: str) -> LoggedFact | None:
    """Return the fact that a message or note was added, which holds the id of the text."""
    row = await session.scalar(
        select(FactRow)
        .where(FactRow.conversation_id == conversation)
        .where(FactRow.kind.in_((FactKind.MESSAGE_ADDED, FactKind.NOTE_ADDED)))
        .where(FactRow.data["text"].as_string() == text)
    )
    return _logged(row) if row else None


async def fact_of_call(
    session: AsyncSession, conversation: ConversationId, call: CallId, kind: FactKind
) -> LoggedFact | None:
    """Return the first fact of this kind about a call of a thread."""
    row = await session.scalar(
        select(FactRow)
        .where(FactRow.conversation_id == conversation, FactRow.call_id == call, FactRow.kind == kind)
        .order_by(FactRow.number)
        .limit(1)
    )
    return _logged(row) if row else None


async def agents_who_answered(
    session: AsyncSession, conversations: Collection[ConversationId], calls: Collection[CallId]
) -> Mapping[CallId, Sequence[AgentId]]:
    """Name who answered each call of these threads, in that order, each agent once."""
    found = await session.execute(
        select(FactRow.call_id, FactRow.agent_id)
        .where(FactRow.conversation_id.in_(conversations), FactRow.kind == FactKind.CALL_ANSWERED)
        .where(FactRow.call_id.in_(calls), FactRow.agent_id.is_not(None))
        .order_by(FactRow.number)
    )
    answered: dict[CallId, dict[AgentId, None]] = {}
    for call, agent in found:
        answered.setdefault(CallId(call or ""), {})[AgentId(agent or "")] = None
    return {call: tuple(agents) for call, agents in answered.items()}


async def customer_messages_since(
    session: AsyncSession, read_upto: Mapping[ConversationId, int]
) -> Mapping[ConversationId, int]:
    """Count each thread's messages by the customer after a number of its own (MW-05)."""
    if not read_upto:
        return {}
    since = or_(*(and_(FactRow.conversation_id == key, FactRow.number > upto) for key, upto in read_upto.items()))
    found = await session.execute(
        select(FactRow.conversation_id, func.count())
        .where(since, FactRow.kind == FactKind.MESSAGE_ADDED, FactRow.actor_kind == ActorKind.CUSTOMER)
        .group_by(FactRow.conversation_id)
    )
    return {ConversationId(key or ""): count for key, count in found}


async def last_number(session: AsyncSession) -> int:
    """Return the number of the latest fact, 0 before the first."""
    return (await session.execute(select(FactCounter.last))).scalar_one()


async def last_time(session: AsyncSession) -> datetime | None:
    """Return when the latest fact was logged, None before the first."""
    return await session.scalar(select(FactRow.at).order_by(FactRow.number.desc()).limit(1))


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


async def last_wrapped(session: AsyncSession, calls: Collection[CallId]) -> Mapping[CallId, datetime]:
    """Say when the last agent was done with each of these calls; ones without a wrap-up are left out."""
    of_these = FactRow.call_id.in_(calls)
    found = await session.execute(
        select(FactRow.call_id, func.max(FactRow.at)).where(of_these, text(WRAPPED)).group_by(FactRow.call_id)
    )
    return {CallId(call): at for call, at in found if call is not None}
