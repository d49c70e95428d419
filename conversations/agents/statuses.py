"""The statuses of the centre: one that each group has for good, and those that supervisors make (AST-01, AST-02)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.agent import DEFAULTS, Group, Status
from callflow.facts import Actor, Fact, FactKind
from callflow.ids import StatusId, new_id
from conversations.agents.places import find, kept, put, rename, require_room
from conversations.agents.tables import StatusRow
from conversations.db.audit import audit
from conversations.db.database import Database, Write
from conversations.errors import NotFoundError, RefusedError, StaleError

GROUPS = tuple(Group)


@dataclass(frozen=True, slots=True)
class NamedStatus:
    """A status as people see it."""

    status: Status
    name: str
    place: int
    version: int

    @property
    def built_in(self) -> bool:
        """Whether the centre has it for good."""
        return DEFAULTS[self.status.group] == self.status


class Statuses:
    """The statuses that can be chosen."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> list[NamedStatus]:
        """Return those that can be chosen, by group and place."""
        async with self._database.read() as session:
            rows = await session.scalars(select(StatusRow).where(StatusRow.archived.is_(False)))
            return sorted(map(_named, rows), key=lambda one: (GROUPS.index(one.status.group), one.place))

    async def choosable(self, status: StatusId) -> Status:
        """Return a status that can be chosen. Raises NotFoundError, RefusedError ``status_deleted``."""
        async with self._database.read() as session:
            row = await session.get(StatusRow, status)
        if row is None:
            raise NotFoundError("There is no such status.")
        if row.archived:
            raise RefusedError("status_deleted", "This status was deleted. Choose another one.")
        return _status(row)

    async def present(self, status: Status) -> Status:
        """Return what a status is now: in another group perhaps, or its group's own one when it was deleted."""
        async with self._database.read() as session:
            row = await session.get(StatusRow, status.id)
        return DEFAULTS[status.group] if row is None or row.archived else _status(row)

    async def create(self, actor: Actor, name: str, group: Group) -> NamedStatus:
        """Make a status, the last of its group. Raises InvalidError, RefusedError ``name_taken``, ``too_many``."""
        async with self._database.write() as write:
            rows = await kept(write.session, StatusRow)
            require_room(rows)
            row = StatusRow(id=new_id("sts"), status_group=group, archived=False, version=1)
            rename(rows, row, name)
            row.place = sum(other.status_group is group for other in rows)
            write.session.add(row)
            await _changed(write, actor, row, {})
            return _named(row)

    async def change(
        self,
        actor: Actor,
        status: StatusId,
        version: int,
        *,
        name: str | None = None,
        group: Group | None = None,
        place: int | None = None,
    ) -> NamedStatus:
        """Change a status. `place` counts in its group.

        Raises NotFoundError, StaleError, InvalidError, RefusedError ``name_taken`` or ``built_in``.
        """
        async with self._database.write() as write:
            rows = await kept(write.session, StatusRow)
            row = _current(rows, status, version)
            before = _audited(row)
            if name is not None:
                rename(rows, row, name)
            if group is not None and group is not row.status_group:
                _require_made(row)
                row.status_group = group
                place = sum(other.status_group is group for other in rows) - 1 if place is None else place
            if place is not None:
                put([other for other in rows if other.status_group is row.status_group], row, place)
            row.version += 1
            await _changed(write, actor, row, before)
            return _named(row)

    async def delete(self, actor: Actor, status: StatusId, version: int) -> None:
        """Let a status be chosen no more. Raises NotFoundError, StaleError, RefusedError ``built_in``."""
        async with self._database.write() as write:
            row = _current(await kept(write.session, StatusRow), status, version)
            _require_made(row)
            before = _audited(row)
            row.archived = True
            row.version += 1
            await _changed(write, actor, row, before)


async def names_of_statuses(session: AsyncSession) -> Mapping[str, str]:
    """Return the names of all statuses by id, of deleted ones too."""
    return {row[0]: row[1] for row in await session.execute(select(StatusRow.id, StatusRow.name))}


async def _changed(write: Write, actor: Actor, row: StatusRow, before: Mapping[str, Any]) -> None:
    await audit(write, actor, "status", row.id, row.name, before, {} if row.archived else _audited(row))
    write.fact(Fact(FactKind.STATUSES_CHANGED, actor, data={"status": row.id}))


def _current(rows: list[StatusRow], status: StatusId, version: int) -> StatusRow:
    row = find(rows, status)
    if row.version != version:
        raise StaleError(_named(row))
    return row


def _require_made(row: StatusRow) -> None:
    if _named(row).built_in:
        raise RefusedError("built_in", "Each group keeps its own status. It can get another name, but no other place.")


def _status(row: StatusRow) -> Status:
    return Status(StatusId(row.id), row.status_group)


def _named(row: StatusRow) -> NamedStatus:
    return NamedStatus(_status(row), row.name, row.place, row.version)


def _audited(row: StatusRow) -> dict[str, Any]:
    return {"name": row.name, "group": row.status_group, "place": row.place}
