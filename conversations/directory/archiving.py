"""Deleting a queue: what uses it goes to another queue, and its row stays for the threads that name it (SYS-03)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from callflow.facts import Actor, Fact, FactKind
from callflow.ids import QueueId
from conversations.db.audit import audit
from conversations.db.database import Database, Write
from conversations.directory.queue_service import existing
from conversations.directory.queues import audited, queue_by_id, queue_of, set_members
from conversations.directory.values import DEFAULT_QUEUE
from conversations.errors import InvalidError, NotFoundError, RefusedError


@dataclass(frozen=True, slots=True)
class Uses:
    """How many things of one kind use a queue, and the names of the first ones."""

    kind: str
    count: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueUser:
    """A room that names queues: what of it uses one, and how that is sent to another."""

    uses: Callable[[AsyncSession, QueueId], Awaitable[Uses]]
    move: Callable[[Write, Actor, QueueId, QueueId], Awaitable[None]]


LiveCalls = Callable[[AsyncSession, QueueId], Awaitable[tuple[int, int]]]
"""Counts the callers who wait in a queue, and those who talk."""


@dataclass(frozen=True, slots=True)
class Usage:
    """All that uses a queue."""

    waiting: int
    talking: int
    uses: tuple[Uses, ...]


class QueueRemoval:
    """Deletes queues. `users` are told in the order in which they lock their rows."""

    def __init__(self, database: Database, live_calls: LiveCalls, users: Sequence[QueueUser]) -> None:
        self._database = database
        self._live_calls = live_calls
        self._users = tuple(users)

    async def usage(self, queue: QueueId) -> Usage:
        """Say what uses a queue. Raises NotFoundError."""
        async with self._database.read() as session:
            if await queue_by_id(session, queue) is None:
                raise NotFoundError
            waiting, talking = await self._live_calls(session, queue)
            uses = [await user.uses(session, queue) for user in self._users]
        return Usage(waiting, talking, tuple(one for one in uses if one.count))

    async def delete(self, actor: Actor, queue: QueueId, move_to: QueueId) -> None:
        """Delete a queue; what uses it goes to `move_to`, and its name is free again.

        Raises NotFoundError, InvalidError for another queue that cannot be, RefusedError ``default_queue``, or
        ``queue_in_use`` while there are calls in it.
        """
        if queue == DEFAULT_QUEUE:
            raise RefusedError("default_queue", "The Default queue takes what no other takes, so it must stay.")
        async with self._database.write() as write:
            # Whoever is just arriving holds the row until his call is there to be counted.
            row = await existing(write, queue)
            if move_to == queue or await queue_by_id(write.session, move_to) is None:
                raise InvalidError("move_to", "What uses this queue needs another queue to go to.")
            self._refuse_in_use(*await self._live_calls(write.session, queue))
            before = await queue_of(write.session, row)
            for user in self._users:
                await user.move(write, actor, queue, move_to)
            await set_members(write.session, queue, {})
            row.name_key, row.archived_at = queue, write.clock.now()
            row.version += 1
            write.fact(Fact(FactKind.QUEUE_CHANGED, actor, queue=queue))
            await audit(write, actor, "queue", queue, before.name, audited(before), {})

    @staticmethod
    def _refuse_in_use(waiting: int, talking: int) -> None:
        if waiting or talking:
            raise RefusedError(
                "queue_in_use",
                f"There are calls in this queue: {waiting} waiting, {talking} with an agent. "
                "Close it so that nobody new comes in, and delete it when they are over.",
            )
