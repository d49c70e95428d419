"""Reading what the wallboard shows, and what is stuck (PLUS-15)."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.agent import new_agent
from callflow.ids import QueueId
from conversations.calls.board import Board, CallLine, beginning_of_day, board, word_of
from conversations.calls.reading import all_agents
from conversations.calls.tables import AgentRow, CallRow
from conversations.directory.people import all_users
from conversations.directory.queues import all_queues
from conversations.directory.tables import UserRole

LATE = timedelta(seconds=5)
"""The sweeper moves what is late within about a second; what is later than this is stuck."""
LONGEST_CALL = timedelta(hours=12)
"""Longer than a caller can wait and talk together: what began earlier than that before midnight ended before it."""


async def read_board(session: AsyncSession, now: datetime) -> Board:
    """Work out the wallboard as of one moment. Its day is that of the Default queue's working hours, if it has any,
    else the machine's.
    """
    queues = await all_queues(session)
    hours = next((queue.hours for queue in queues if queue.is_default), None)
    day_began = beginning_of_day(now, hours.zone if hours else None)
    known = await all_agents(session)
    agents = {
        user.id: word_of(known.get(user.id) or new_agent(user.id, now))
        for user in await all_users(session)
        if UserRole.AGENT in user.roles and not user.disabled
    }
    return board(await _calls(session, day_began), agents, queues, day_began, now)


async def stuck(session: AsyncSession, now: datetime) -> Mapping[str, int]:
    """Count the calls and the agents whose deadline is over for longer than it can take to look at them (PLUS-15)."""
    counts = {"call": CallRow.deadline_at, "agent": AgentRow.deadline_at}
    return {
        kind: await session.scalar(select(func.count()).where(deadline < now - LATE)) or 0
        for kind, deadline in counts.items()
    }


async def _calls(session: AsyncSession, day_began: datetime) -> list[CallLine]:
    today = or_(CallRow.answered_at >= day_began, CallRow.ended_at >= day_began)
    over = and_(CallRow.phase == "ended", CallRow.started_at >= day_began - LONGEST_CALL, today)
    found = await session.execute(
        select(
            CallRow.queue_id,
            CallRow.phase,
            CallRow.started_at,
            CallRow.waiting_since,
            CallRow.answered_at,
            CallRow.ended_at,
            CallRow.end_reason,
            CallRow.callback_at.is_(None),
        ).where(or_(CallRow.phase != "ended", over))
    )
    return [
        CallLine(QueueId(queue), phase, started_at, waiting_since, answered_at, ended_at, reason, on_the_line)
        for queue, phase, started_at, waiting_since, answered_at, ended_at, reason, on_the_line in found
    ]
