"""Queues and the agents in them, read inside somebody's session, and made."""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.facts import Actor, Fact, FactKind
from callflow.ids import AgentId, QueueId, new_id
from callflow.queueing import CallOrder, QueuePolicy
from conversations.db.audit import audit
from conversations.db.database import Write
from conversations.directory.hours import from_stored, stored
from conversations.directory.people import NAME_LIMIT, fold
from conversations.directory.tables import MemberRow, QueueRow, UserRole, UserRow, WhenGone
from conversations.directory.values import Member, Queue
from conversations.errors import InvalidError, RefusedError
from conversations.values import clean_line

LEVELS = range(1, 10)
"""From the best to the last resort."""


async def add_queue(write: Write, actor: Actor, name: str, members: Iterable[AgentId]) -> Queue:
    """Make an open queue whose members are all at the best level.

    Raises InvalidError, RefusedError ``name_taken``, ``not_an_agent``.
    """
    queue = QueueId(new_id("queue"))
    row = QueueRow(
        id=queue,
        name="",
        name_key=queue,
        open=True,
        call_order=CallOrder.LONGEST_IDLE,
        weight=0,
        auto_assign=True,
        ring_seconds=20,
        level_wait_seconds=0,
        target_percent=80,
        target_seconds=20,
        consult=False,
        when_gone=WhenGone.KEEP,
        hours=None,
        archived_at=None,
        version=1,
    )
    await rename(write.session, row, name)
    write.session.add(row)
    try:
        await write.session.flush()
    except IntegrityError as error:
        raise _taken() from error
    await set_members(write.session, queue, dict.fromkeys(members, LEVELS[0]))
    made = await queue_of(write.session, row)
    write.fact(Fact(FactKind.QUEUE_CHANGED, actor, queue=queue))
    await audit(write, actor, "queue", queue, made.name, {}, audited(made))
    return made


async def all_queues(session: AsyncSession) -> list[Queue]:
    """Return every queue by name, the Default queue last."""
    rows = (await session.scalars(select(QueueRow).where(QueueRow.archived_at.is_(None)))).all()
    members = await _members(session)
    queues = [_queue(row, members.get(QueueId(row.id), ())) for row in rows]
    return sorted(queues, key=lambda queue: (queue.is_default, fold(queue.name)))


async def queue_by_id(session: AsyncSession, queue: QueueId) -> Queue | None:
    """Find a queue that was not deleted."""
    row = await session.get(QueueRow, queue)
    return await queue_of(session, row) if row and row.archived_at is None else None


async def held_queue(session: AsyncSession, queue: QueueId) -> Queue | None:
    """Find a queue that nobody can change or delete before this transaction ends."""
    held = select(QueueRow.id).where(QueueRow.id == queue).with_for_update(read=True)
    return await queue_by_id(session, queue) if await session.scalar(held) else None


async def queue_of(session: AsyncSession, row: QueueRow) -> Queue:
    """Return the queue of a row."""
    queue = QueueId(row.id)
    return _queue(row, (await _members(session, queue)).get(queue, ()))


async def names_of_queues(session: AsyncSession, queues: Collection[str]) -> Mapping[str, str]:
    """Return the names of queues by id, also of deleted ones: old threads name them."""
    if not queues:
        return {}
    found = await session.execute(select(QueueRow.id, QueueRow.name).where(QueueRow.id.in_(queues)))
    return {row[0]: row[1] for row in found}


async def queues_of(session: AsyncSession, user: AgentId) -> frozenset[QueueId]:
    """Return the queues that a user is a member of."""
    found = await session.scalars(select(MemberRow.queue_id).where(MemberRow.user_id == user))
    return frozenset(QueueId(queue) for queue in found)


async def policies(session: AsyncSession) -> Mapping[QueueId, QueuePolicy]:
    """Return how each queue hands out its calls, and to whom: members who are agents and not disabled (CALL-03).

    A deleted queue is among them, without members: no call of it is lost sight of.
    """
    members = await _members(session, only_working=True)
    return {
        QueueId(row.id): QueuePolicy(
            id=QueueId(row.id),
            levels={member.id: member.level for member in members.get(QueueId(row.id), ())},
            order=row.call_order,
            weight=row.weight,
            auto_assign=row.auto_assign,
            ring_time=timedelta(seconds=row.ring_seconds),
            level_wait=timedelta(seconds=row.level_wait_seconds),
            consult=row.consult,
        )
        for row in await session.scalars(select(QueueRow))
    }


async def rename(session: AsyncSession, row: QueueRow, name: str) -> None:
    """Name a queue. Raises InvalidError, RefusedError ``name_taken``."""
    name = clean_line("name", name, NAME_LIMIT)
    holder = await session.scalar(select(QueueRow.id).where(QueueRow.name_key == fold(name)[:200]))
    if holder not in (None, row.id):
        raise _taken()
    row.name, row.name_key = name, fold(name)[:200]


async def set_members(session: AsyncSession, queue: QueueId, members: Mapping[AgentId, int]) -> None:
    """Put agents into a queue, each at a level, and nobody else. Raises InvalidError, RefusedError ``not_an_agent``."""
    if any(level not in LEVELS for level in members.values()):
        raise InvalidError("members", f"A level is a number from {LEVELS[0]} to {LEVELS[-1]}.")
    agents = {
        row.id
        for row in await session.scalars(select(UserRow).where(UserRow.id.in_(members)))
        if UserRole.AGENT in row.roles
    }
    if members.keys() - agents:
        raise RefusedError("not_an_agent", "Only people with the role agent can be in a queue.")
    await session.execute(delete(MemberRow).where(MemberRow.queue_id == queue))
    rows = [{"queue_id": queue, "user_id": user, "level": level} for user, level in sorted(members.items())]
    if rows:
        await session.execute(insert(MemberRow), rows)


def audited(queue: Queue) -> dict[str, object]:
    """Return a queue as the audit log shows it."""
    return {
        "name": queue.name,
        "open": queue.open,
        "members": {member.id: member.level for member in queue.members},
        "order": queue.order,
        "weight": queue.weight,
        "auto_assign": queue.auto_assign,
        "ring_seconds": queue.ring_seconds,
        "level_wait_seconds": queue.level_wait_seconds,
        "target_percent": queue.target_percent,
        "target_seconds": queue.target_seconds,
        "consult": queue.consult,
        "when_gone": queue.when_gone,
        "hours": stored(queue.hours),
    }


async def _members(
    session: AsyncSession, queue: QueueId | None = None, *, only_working: bool = False
) -> Mapping[QueueId, tuple[Member, ...]]:
    wanted = (
        select(MemberRow, UserRow)
        .join(UserRow, UserRow.id == MemberRow.user_id)
        .order_by(MemberRow.level, UserRow.name, UserRow.id)
        .execution_options(populate_existing=True)
    )
    if queue is not None:
        wanted = wanted.where(MemberRow.queue_id == queue)
    members: dict[QueueId, tuple[Member, ...]] = {}
    for row, user in await session.execute(wanted):
        if only_working and (user.disabled or UserRole.AGENT not in user.roles):
            continue
        key = QueueId(row.queue_id)
        members[key] = (*members.get(key, ()), Member(AgentId(user.id), user.name, row.level))
    return members


def _queue(row: QueueRow, members: tuple[Member, ...]) -> Queue:
    return Queue(
        id=QueueId(row.id),
        name=row.name,
        open=row.open,
        members=members,
        order=row.call_order,
        weight=row.weight,
        auto_assign=row.auto_assign,
        ring_seconds=row.ring_seconds,
        level_wait_seconds=row.level_wait_seconds,
        target_percent=row.target_percent,
        target_seconds=row.target_seconds,
        consult=row.consult,
        when_gone=row.when_gone,
        hours=from_stored(row.hours),
        version=row.version,
    )


def _taken() -> RefusedError:
    return RefusedError("name_taken", "There is a queue of this name already.")
