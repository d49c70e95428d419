"""Queues and the agents in them."""

from collections.abc import Collection, Mapping

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.facts import Actor, Fact, FactKind
from callflow.ids import AgentId, QueueId, new_id
from conversations.db.database import Database, Write
from conversations.db.locking import locked
from conversations.directory.people import NAME_LIMIT, fold
from conversations.directory.tables import MemberRow, QueueRow, UserRole, UserRow
from conversations.directory.values import Named, Queue, queue_of
from conversations.errors import RefusedError, StaleError
from conversations.values import clean_line


class Queues:
    """The queues of the centre."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> list[Queue]:
        """Return every queue, by name."""
        async with self._database.read() as session:
            return await all_queues(session)

    async def create(self, actor: Actor, name: str) -> Queue:
        """Make an open queue without members. Raises InvalidError, RefusedError ``name_taken``."""
        async with self._database.write() as write:
            return await add_queue(write, actor, name, ())

    async def change(
        self,
        actor: Actor,
        queue: QueueId,
        version: int,
        *,
        name: str | None = None,
        open: bool | None = None,
        members: Collection[AgentId] | None = None,
    ) -> Queue:
        """Change a queue.

        Raises NotFoundError, StaleError, InvalidError, RefusedError ``name_taken`` or ``not_an_agent``.
        """
        async with self._database.write() as write:
            row = await locked(write.session, QueueRow, queue)
            if row.version != version:
                raise StaleError(queue_of(row, await _members(write.session, queue)))
            if name is not None:
                await _rename(write.session, row, name)
            if open is not None:
                row.open = open
            if members is not None:
                await _set_members(write.session, queue, members)
            row.version += 1
            write.fact(Fact(FactKind.QUEUE_CHANGED, actor, queue=queue))
            return queue_of(row, await _members(write.session, queue))


async def add_queue(write: Write, actor: Actor, name: str, members: Collection[AgentId]) -> Queue:
    """Make an open queue. Raises InvalidError, RefusedError ``name_taken``, ``not_an_agent``."""
    queue = QueueId(new_id("queue"))
    row = QueueRow(id=queue, name="", name_key=queue, open=True, version=1)
    await _rename(write.session, row, name)
    write.session.add(row)
    try:
        await write.session.flush()
    except IntegrityError as error:
        raise _taken() from error
    await _set_members(write.session, queue, members)
    write.fact(Fact(FactKind.QUEUE_CHANGED, actor, queue=queue))
    return queue_of(row, await _members(write.session, queue))


async def all_queues(session: AsyncSession) -> list[Queue]:
    """Return every queue, by name."""
    rows = (await session.scalars(select(QueueRow).order_by(QueueRow.name_key))).all()
    return [queue_of(row, await _members(session, QueueId(row.id))) for row in rows]


async def queue_by_id(session: AsyncSession, queue: QueueId) -> Queue | None:
    """Find a queue."""
    row = await session.get(QueueRow, queue)
    return queue_of(row, await _members(session, queue)) if row else None


async def names_of_queues(session: AsyncSession, queues: Collection[str]) -> Mapping[str, str]:
    """Return the names of queues by id."""
    if not queues:
        return {}
    found = await session.execute(select(QueueRow.id, QueueRow.name).where(QueueRow.id.in_(queues)))
    return {row[0]: row[1] for row in found}


async def queues_of(session: AsyncSession, user: AgentId) -> frozenset[QueueId]:
    """Return the queues that a user is a member of."""
    found = await session.scalars(select(MemberRow.queue_id).where(MemberRow.user_id == user))
    return frozenset(QueueId(queue) for queue in found)


async def members_by_queue(session: AsyncSession) -> Mapping[QueueId, frozenset[AgentId]]:
    """Return which agents may be offered each queue's work: members who are agents and not disabled."""
    found = await session.execute(
        select(MemberRow.queue_id, UserRow.id, UserRow.roles)
        .join(UserRow, UserRow.id == MemberRow.user_id)
        .where(UserRow.disabled.is_(False))
    )
    members: dict[QueueId, set[AgentId]] = {}
    for queue, user, roles in found:
        if UserRole.AGENT in roles:
            members.setdefault(QueueId(queue), set()).add(AgentId(user))
    return {queue: frozenset(users) for queue, users in members.items()}


async def _rename(session: AsyncSession, row: QueueRow, name: str) -> None:
    name = clean_line("name", name, NAME_LIMIT)
    holder = await session.scalar(select(QueueRow.id).where(QueueRow.name_key == fold(name)[:200]))
    if holder not in (None, row.id):
        raise _taken()
    row.name, row.name_key = name, fold(name)[:200]


async def _set_members(session: AsyncSession, queue: QueueId, members: Collection[AgentId]) -> None:
    wanted = set(members)
    agents = {
        row.id
        for row in await session.scalars(select(UserRow).where(UserRow.id.in_(wanted)))
        if UserRole.AGENT in row.roles
    }
    if wanted - agents:
        raise RefusedError("not_an_agent", "Only people with the role agent can be in a queue.")
    await session.execute(delete(MemberRow).where(MemberRow.queue_id == queue))
    if wanted:
        await session.execute(insert(MemberRow), [{"queue_id": queue, "user_id": user} for user in sorted(wanted)])


async def _members(session: AsyncSession, queue: QueueId) -> tuple[Named, ...]:
    found = await session.execute(
        select(UserRow.id, UserRow.name)
        .join(MemberRow, MemberRow.user_id == UserRow.id)
        .where(MemberRow.queue_id == queue)
        .order_by(UserRow.name, UserRow.id)
    )
    return tuple(Named(row[0], row[1]) for row in found)


def _taken() -> RefusedError:
    return RefusedError("name_taken", "There is a queue of this name already.")
