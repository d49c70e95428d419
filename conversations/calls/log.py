"""Every call as a line in a list: what came of it, whom it reached, how long it took (EVT-01 to EVT-04)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.call import Direction, EndedBy, EndReason, Media, Role
from callflow.ids import AgentId, CallId, ConversationId, QueueId
from conversations.calls.handling import HandlingRow, handle
from conversations.calls.outcomes import Outcome, having, outcome_of, wants_handling
from conversations.calls.tables import CallRow, PartyRow
from conversations.db.database import Database
from conversations.db.facts import agents_who_answered
from conversations.directory.people import names_of_users
from conversations.directory.queues import names_of_queues, queues_of
from conversations.directory.values import Named, User
from conversations.errors import NotFoundError
from conversations.threads.customers import customers_named, names_of_customers

PAGE = 50
MISSED_LIMIT = 100
"""Lines on top; there are seldom more, and a number tells of them."""


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls are wanted; None leaves a condition out. `since` is within the period, `until` is not."""

    since: datetime | None = None
    until: datetime | None = None
    queue: QueueId | None = None
    agent: AgentId | None = None
    """Who answered it, or at whom it rang."""
    outcome: Outcome | None = None
    media: Media | None = None
    search: str = ""
    """A part of the customer's name or address."""


@dataclass(frozen=True, slots=True)
class Handled:
    """Who has seen to a call that nobody answered."""

    at: datetime
    by: Named | None
    """None when it was automation."""
    by_call: CallId | None


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One call in the list."""

    id: CallId
    conversation: ConversationId
    customer: Named
    queue: Named
    agents: tuple[Named, ...]
    """Who answered it, in that order."""
    direction: Direction
    media: Media
    outcome: Outcome
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    end_reason: EndReason | None
    ended_by: EndedBy | None
    handled: Handled | None

    @property
    def waited_seconds(self) -> float | None:
        """How long the customer waited until the first answer or the end; None while he waits."""
        until = self.answered_at or self.ended_at
        return None if until is None else (until - self.started_at).total_seconds()

    @property
    def talked_seconds(self) -> float | None:
        """How long it was talked in, from the first answer to the end; None before that."""
        if self.answered_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.answered_at).total_seconds()


@dataclass(frozen=True, slots=True)
class MissedCall:
    """A customer's latest call that nobody answered and nobody has seen to."""

    call: LoggedCall
    tries: int
    """How many calls of his are like that, this one included."""


@dataclass(frozen=True, slots=True)
class CallPage:
    """Calls, latest first; `next` is where the next page begins, None after the last."""

    items: tuple[LoggedCall, ...]
    next: CallId | None


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of all that some calls mention."""

    customers: Mapping[str, str] = field(default_factory=dict[str, str])
    queues: Mapping[str, str] = field(default_factory=dict[str, str])
    users: Mapping[str, str] = field(default_factory=dict[str, str])


class CallLog:
    """The calls of the centre, for those who look at them afterwards."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, user: User, wanted: CallFilter, before: CallId | None = None, limit: int = PAGE) -> CallPage:
        """Return the latest calls that fit, or those before a call: all for who leads, else one's own (SYS-01)."""
        async with self._database.read() as session:
            found = select(CallRow).where(_own(user), *_conditions(wanted))
            if before is not None:
                mark = await session.get(CallRow, before)
                if mark is None:
                    raise NotFoundError
                found = found.where(tuple_(CallRow.started_at, CallRow.id) < (mark.started_at, mark.id))
            ordered = found.order_by(CallRow.started_at.desc(), CallRow.id.desc()).limit(limit + 1)
            rows = (await session.scalars(ordered)).all()
            items = await _logged(session, rows[:limit])
        return CallPage(tuple(items), items[-1].id if len(rows) > limit else None)

    async def missed(self, user: User) -> tuple[list[MissedCall], int]:
        """Return each customer's latest call that nobody has seen to, latest first, and how many customers there are.

        An agent is shown the own ones and those of the own queues.
        """
        async with self._database.read() as session:
            scope = await _concerning(session, user)
            calls = _unhandled(scope).subquery()
            place = func.row_number().over(
                partition_by=calls.c.customer_id, order_by=(calls.c.started_at.desc(), calls.c.id.desc())
            )
            tries = func.count().over(partition_by=calls.c.customer_id)
            ranked = select(calls.c.id, tries.label("tries"), place.label("place")).subquery()
            latest = select(CallRow, ranked.c.tries).join(ranked, and_(ranked.c.id == CallRow.id, ranked.c.place == 1))
            ordered = latest.order_by(CallRow.started_at.desc(), CallRow.id.desc())
            found = (await session.execute(ordered.limit(MISSED_LIMIT))).all()
            total = await session.scalar(select(func.count(calls.c.customer_id.distinct())))
            items = await _logged(session, [row for row, _ in found])
        counts = [count for _, count in found]
        return [MissedCall(item, count) for item, count in zip(items, counts, strict=True)], total or 0

    async def handle(self, user: User, call: CallId) -> LoggedCall:
        """Note that this person has seen to a call that nobody answered.

        Raises NotFoundError, also for a call that is not this person's to see to, and what `handling.handle` raises.
        """
        async with self._database.write() as write:
            if not await concerns(write.session, user, call):
                raise NotFoundError
            queues = None if user.leads else sorted(await queues_of(write.session, user.id))
            await handle(write, user.actor, user.id, call, queues)
            return (await _logged(write.session, [await write.session.get_one(CallRow, call)]))[0]


async def concerns(session: AsyncSession, user: User, call: CallId) -> bool:
    """Say whether it is this person's to see to a call, be it over or not."""
    scope = await _concerning(session, user)
    return await session.scalar(select(CallRow.id).where(CallRow.id == call, scope)) is not None


def _own(user: User) -> ColumnElement[bool]:
    """Return the condition on calls that this person may see them: everybody's for who leads, else one's own."""
    return true() if user.leads else _of_agent(user.id)


async def _concerning(session: AsyncSession, user: User) -> ColumnElement[bool]:
    """Return the condition on calls that it is this person's to see to them."""
    return true() if user.leads else or_(_of_agent(user.id), CallRow.queue_id.in_(await queues_of(session, user.id)))


def _of_agent(agent: AgentId) -> ColumnElement[bool]:
    return CallRow.id.in_(select(PartyRow.call_id).where(PartyRow.agent_id == agent, PartyRow.role == Role.AGENT))


def _unhandled(scope: ColumnElement[bool]) -> Select[str, str, datetime]:
    return (
        select(CallRow.id, CallRow.customer_id, CallRow.started_at)
        .outerjoin(HandlingRow, HandlingRow.call_id == CallRow.id)
        .where(wants_handling(), HandlingRow.call_id.is_(None), scope)
    )


def _conditions(wanted: CallFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool] | None] = [
        None if wanted.since is None else CallRow.started_at >= wanted.since,
        None if wanted.until is None else CallRow.started_at < wanted.until,
        None if wanted.queue is None else CallRow.queue_id == wanted.queue,
        None if wanted.agent is None else _of_agent(wanted.agent),
        None if wanted.outcome is None else having(wanted.outcome),
        None if wanted.media is None else CallRow.media == wanted.media,
        CallRow.customer_id.in_(customers_named(wanted.search)) if wanted.search else None,
    ]
    return [condition for condition in conditions if condition is not None]


async def _logged(session: AsyncSession, rows: Sequence[CallRow]) -> list[LoggedCall]:
    ids = [CallId(row.id) for row in rows]
    threads = {ConversationId(row.conversation_id) for row in rows}
    answered = await agents_who_answered(session, threads, ids)
    done = {row.call_id: row for row in await session.scalars(select(HandlingRow).where(HandlingRow.call_id.in_(ids)))}
    people: set[str] = {agent for agents in answered.values() for agent in agents}
    people |= {row.user_id for row in done.values() if row.user_id}
    names = _Names(
        await names_of_customers(session, {row.customer_id for row in rows}),
        await names_of_queues(session, {row.queue_id for row in rows}),
        await names_of_users(session, people),
    )
    return [_item(row, answered.get(CallId(row.id), ()), done.get(row.id), names) for row in rows]


def _item(row: CallRow, agents: Collection[AgentId], done: HandlingRow | None, names: _Names) -> LoggedCall:
    return LoggedCall(
        id=CallId(row.id),
        conversation=ConversationId(row.conversation_id),
        customer=Named(row.customer_id, names.customers[row.customer_id]),
        queue=Named(row.queue_id, names.queues[row.queue_id]),
        agents=tuple(Named(agent, names.users[agent]) for agent in agents),
        direction=row.direction,
        media=row.media,
        outcome=outcome_of(row.phase, row.end_reason, row.answered_at, row.callback_at),
        started_at=row.started_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
        ended_by=row.ended_by,
        handled=None if done is None else _handled(done, names),
    )


def _handled(row: HandlingRow, names: _Names) -> Handled:
    by = Named(row.user_id, names.users[row.user_id]) if row.user_id else None
    return Handled(row.at, by, CallId(row.by_call_id) if row.by_call_id else None)
