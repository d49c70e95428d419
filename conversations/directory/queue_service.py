"""What a supervisor does with queues. Each method is one transaction, and audited (SYS-03, SYS-08)."""

from collections.abc import Mapping
from dataclasses import dataclass

from callflow.facts import Actor, Fact, FactKind
from callflow.hours import WorkingHours
from callflow.ids import AgentId, QueueId
from callflow.queueing import CallOrder
from conversations.db.audit import audit
from conversations.db.database import Database, Write
from conversations.db.locking import locked
from conversations.directory.hours import stored
from conversations.directory.queues import add_queue, all_queues, audited, queue_of, rename, set_members
from conversations.directory.tables import QueueRow, WhenGone
from conversations.directory.values import DEFAULT_QUEUE, Queue
from conversations.errors import InvalidError, NotFoundError, RefusedError, StaleError
from conversations.values import UNSET, Unset

BOUNDS: Mapping[str, tuple[int, int]] = {
    "weight": (0, 100),
    "ring_seconds": (5, 120),
    "level_wait_seconds": (0, 3600),
    "target_percent": (1, 100),
    "target_seconds": (1, 3600),
}
"""The least and the most of each number that a queue has."""


@dataclass(frozen=True, slots=True)
class QueueChange:
    """What to change; None leaves a setting as it is. Members are all there are afterwards, each with a level."""

    name: str | None = None
    open: bool | None = None
    members: Mapping[AgentId, int] | None = None
    order: CallOrder | None = None
    weight: int | None = None
    auto_assign: bool | None = None
    ring_seconds: int | None = None
    level_wait_seconds: int | None = None
    target_percent: int | None = None
    target_seconds: int | None = None
    consult: bool | None = None
    when_gone: WhenGone | None = None
    hours: WorkingHours | Unset | None = UNSET
    """None opens it around the clock."""


class Queues:
    """The queues of the centre."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> list[Queue]:
        """Return every queue by name, the Default queue last."""
        async with self._database.read() as session:
            return await all_queues(session)

    async def create(self, actor: Actor, name: str) -> Queue:
        """Make an open queue without members. Raises InvalidError, RefusedError ``name_taken``."""
        async with self._database.write() as write:
            return await add_queue(write, actor, name, ())

    async def change(self, actor: Actor, queue: QueueId, version: int, change: QueueChange) -> Queue:
        """Change a queue.

        Raises NotFoundError, StaleError, InvalidError, RefusedError ``name_taken``, ``not_an_agent`` or
        ``default_queue``.
        """
        async with self._database.write() as write:
            row = await existing(write, queue)
            before = await queue_of(write.session, row)
            if row.version != version:
                raise StaleError(before)
            if change.name is not None:
                await rename(write.session, row, change.name)
            if change.members is not None:
                await set_members(write.session, queue, change.members)
            _apply(row, change)
            row.version += 1
            after = await queue_of(write.session, row)
            write.fact(Fact(FactKind.QUEUE_CHANGED, actor, queue=queue))
            await audit(write, actor, "queue", queue, after.name, audited(before), audited(after))
            return after


async def existing(write: Write, queue: QueueId) -> QueueRow:
    """Return the row of a queue that nobody else can change meanwhile. Raises NotFoundError, also for a deleted one."""
    row = await locked(write.session, QueueRow, queue)
    if row.archived_at is not None:
        raise NotFoundError("There is no such queue.")
    return row


def _apply(row: QueueRow, change: QueueChange) -> None:
    if change.open is not None:
        if row.id == DEFAULT_QUEUE and not change.open:
            raise RefusedError(
                "default_queue",
                "This queue takes what no other takes, so it cannot be closed by hand. Give it working hours instead.",
            )
        row.open = change.open
    for field, (least, most) in BOUNDS.items():
        number: int | None = getattr(change, field)
        if number is not None:
            if not least <= number <= most:
                raise InvalidError(field, f"This must be between {least} and {most}.")
            setattr(row, field, number)
    row.call_order = change.order or row.call_order
    row.when_gone = change.when_gone or row.when_gone
    if change.auto_assign is not None:
        row.auto_assign = change.auto_assign
    if change.consult is not None:
        row.consult = change.consult
    if not isinstance(change.hours, Unset):
        row.hours = stored(change.hours)
