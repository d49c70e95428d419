"""Where callers stand in the queue, read inside somebody's session (PLUS-12)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.call import Priority
from callflow.ids import CallId, QueueId
from callflow.places import places
from callflow.routing import at_work
from callflow.waiting import Place
from conversations.calls.reading import agents_by_id
from conversations.calls.tables import CallRow
from conversations.db.facts import last_wrapped
from conversations.directory.queues import policies

RECENT = 20
"""So many answered calls of a queue tell how long one keeps an agent."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What of a call its place depends on."""

    id: CallId
    returned: bool
    priority: Priority
    started_at: datetime


async def places_in(session: AsyncSession, queue: QueueId) -> Mapping[CallId, Place]:
    """Say where everybody stands who waits in a queue, rung for or not, there or to be called back.

    Who hears the last message is in line no more.
    """
    waits = CallRow.phase.in_(("waiting", "ringing")), CallRow.transferred_by.is_(None)
    stays = CallRow.hearing["farewell"].as_boolean().is_(False)
    row = CallRow.id, CallRow.returned, CallRow.priority, CallRow.started_at
    found = await session.execute(select(*row).where(CallRow.queue_id == queue, *waits, stays))
    callers = [Caller(CallId(call), returned, priority, started_at) for call, returned, priority, started_at in found]
    if not callers:
        return {}
    policy = (await policies(session)).get(queue)
    members = list(policy.levels) if policy else []
    working = sum(map(at_work, (await agents_by_id(session, members)).values()))
    return places(callers, working, await handling_time(session, queue))


async def places_of(session: AsyncSession, calls: Collection[CallId]) -> Mapping[CallId, Place]:
    """Say where these callers stand, each queue read once; not of who does not wait, or is told nothing of places."""
    told = CallRow.id.in_(calls), CallRow.plan["spoken"].as_string().is_not(None)
    found = await session.execute(select(CallRow.id, CallRow.queue_id).where(*told, CallRow.queue_id.is_not(None)))
    queues = {CallId(call): QueueId(queue) for call, queue in found if queue}
    standing = {queue: await places_in(session, queue) for queue in set(queues.values())}
    return {call: standing[queue][call] for call, queue in queues.items() if call in standing[queue]}


async def handling_time(session: AsyncSession, queue: QueueId) -> timedelta | None:
    """Return how long an answered call of this queue kept an agent of late, talk and wrap-up, or None if none was."""
    recent = await session.execute(
        select(CallRow.id, CallRow.answered_at, CallRow.ended_at)
        .where(CallRow.queue_id == queue, CallRow.answered_at.is_not(None), CallRow.ended_at.is_not(None))
        .order_by(CallRow.ended_at.desc())
        .limit(RECENT)
    )
    calls = {CallId(call): (answered, ended) for call, answered, ended in recent if answered and ended}
    if not calls:
        return None
    wrapped = await last_wrapped(session, calls)
    spans = [max(ended, wrapped.get(call, ended)) - answered for call, (answered, ended) in calls.items()]
    return sum(spans, timedelta(0)) / len(spans)
