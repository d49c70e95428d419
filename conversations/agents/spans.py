"""How agents spend their time (AST-08): spans of one status and one activity, written with the change itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.agent import Agent, Group
from callflow.agent_machine import activity_name
from callflow.ids import AgentId
from conversations.agents.tables import SpanRow
from conversations.db.database import Write


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which an agent's status and activity were the same; `ended_at` is None while it lasts."""

    status: str
    group: Group
    activity: str
    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class TimeSpent:
    """How an agent spent a period."""

    by_status: Mapping[str, timedelta]
    """Each status's time, whatever he was doing in it."""
    by_activity: Mapping[str, timedelta]
    """Each activity's time; `idle` only while he was signed in."""
    signed_in: timedelta
    working: timedelta
    """Ringing, in calls and in wrap-ups."""

    @property
    def utilisation(self) -> float | None:
        """The share of the time signed in that was work; None when he was not signed in at all."""
        return self.working / self.signed_in if self.signed_in else None


async def note_span(write: Write, agent: Agent) -> None:
    """Begin a new span when the agent's status or activity is another than before; nothing is lost by a restart."""
    same = {"status": agent.status.id, "status_group": agent.status.group, "activity": activity_name(agent.activity)}
    now = write.clock.now()
    differs = or_(*(getattr(SpanRow, column) != value for column, value in same.items()))
    ended = await write.session.execute(
        update(SpanRow)
        .where(SpanRow.agent_id == agent.id, SpanRow.ended_at.is_(None), differs)
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )
    if isinstance(ended, CursorResult) and ended.rowcount:
        await begin_span(write, agent)


async def begin_span(write: Write, agent: Agent) -> None:
    """Begin the span of what an agent is doing."""
    await write.session.execute(
        insert(SpanRow).values(
            agent_id=agent.id,
            status=agent.status.id,
            status_group=agent.status.group,
            activity=activity_name(agent.activity),
            began_at=write.clock.now(),
        )
    )


async def spans_between(session: AsyncSession, begin: datetime, end: datetime) -> Mapping[AgentId, Sequence[Span]]:
    """Read every agent's spans that lie in a period at least in part, in order."""
    rows = await session.scalars(
        select(SpanRow)
        .where(SpanRow.began_at < end, or_(SpanRow.ended_at.is_(None), SpanRow.ended_at > begin))
        .order_by(SpanRow.agent_id, SpanRow.began_at, SpanRow.number)
    )
    found: dict[AgentId, list[Span]] = {}
    for row in rows:
        span = Span(row.status, row.status_group, row.activity, row.began_at, row.ended_at)
        found.setdefault(AgentId(row.agent_id), []).append(span)
    return found


def time_spent(spans: Sequence[Span], begin: datetime, end: datetime) -> TimeSpent:
    """Add up the parts of spans that lie in a period. `end` must not be in the future."""
    by_status: dict[str, timedelta] = {}
    by_activity: dict[str, timedelta] = {}
    signed_in = working = timedelta(0)
    for span in spans:
        lasted = min(span.ended_at or end, end) - max(span.began_at, begin)
        if lasted <= timedelta(0):
            continue
        by_status[span.status] = by_status.get(span.status, timedelta(0)) + lasted
        works = span.activity != "idle"
        if works or span.group is not Group.UNAVAILABLE:
            by_activity[span.activity] = by_activity.get(span.activity, timedelta(0)) + lasted
            signed_in += lasted
            working += lasted if works else timedelta(0)
    return TimeSpent(by_status, by_activity, signed_in, working)
