"""Dispositions: how a call ended for the customer, chosen in the wrap-up from a list that supervisors keep."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.facts import Actor, Fact, FactKind
from callflow.ids import DispositionId, new_id
from conversations.agents.places import find, kept, put, rename, require_room
from conversations.agents.tables import DispositionRow
from conversations.db.audit import audit
from conversations.db.database import Database, Write
from conversations.errors import NotFoundError, RefusedError, StaleError

NONE_CHOSEN = DispositionId("none_chosen")
"""What is stored when dispositions are in use and the wrap-up ended without one (mission 3.4). Nobody can choose it."""


@dataclass(frozen=True, slots=True)
class Disposition:
    """One of the list."""

    id: DispositionId
    name: str
    place: int
    version: int


class Dispositions:
    """The dispositions that can be chosen."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> list[Disposition]:
        """Return those that can be chosen, in the supervisors' order."""
        async with self._database.read() as session:
            return await choosable_dispositions(session)

    async def choosable(self, disposition: DispositionId) -> DispositionId:
        """Return a disposition that can be chosen. Raises NotFoundError, RefusedError ``disposition_deleted``."""
        async with self._database.read() as session:
            row = await session.get(DispositionRow, disposition)
        if row is None or disposition == NONE_CHOSEN:
            raise NotFoundError("There is no such disposition.")
        if row.archived:
            raise RefusedError("disposition_deleted", "This disposition was deleted. Choose another one.")
        return disposition

    async def create(self, actor: Actor, name: str) -> Disposition:
        """Make one, the last of the list. Raises InvalidError, RefusedError ``name_taken``, ``too_many``."""
        async with self._database.write() as write:
            rows = await kept(write.session, DispositionRow)
            require_room(rows)
            row = DispositionRow(id=new_id("dsp"), place=len(rows), archived=False, version=1)
            rename(rows, row, name)
            write.session.add(row)
            await _changed(write, actor, row, {})
            return _shown(row)

    async def change(
        self,
        actor: Actor,
        disposition: DispositionId,
        version: int,
        *,
        name: str | None = None,
        place: int | None = None,
    ) -> Disposition:
        """Change one. Raises NotFoundError, StaleError, InvalidError, RefusedError ``name_taken``."""
        async with self._database.write() as write:
            rows = await kept(write.session, DispositionRow)
            row = _current(rows, disposition, version)
            before = _audited(row)
            if name is not None:
                rename(rows, row, name)
            if place is not None:
                put(rows, row, place)
            row.version += 1
            await _changed(write, actor, row, before)
            return _shown(row)

    async def delete(self, actor: Actor, disposition: DispositionId, version: int) -> None:
        """Let one be chosen no more; calls that have it keep it. Raises NotFoundError, StaleError."""
        async with self._database.write() as write:
            row = _current(await kept(write.session, DispositionRow), disposition, version)
            before = _audited(row)
            row.archived = True
            row.version += 1
            await _changed(write, actor, row, before)


async def choosable_dispositions(session: AsyncSession) -> list[Disposition]:
    """Return the dispositions that can be chosen, in the supervisors' order."""
    statement = select(DispositionRow).where(DispositionRow.archived.is_(False))
    rows = await session.scalars(statement.order_by(DispositionRow.place, DispositionRow.id))
    return [_shown(row) for row in rows]


async def names_of_dispositions(session: AsyncSession, dispositions: Collection[str]) -> Mapping[str, str]:
    """Return the names of dispositions by id, of deleted ones too."""
    if not dispositions:
        return {}
    rows = await session.execute(
        select(DispositionRow.id, DispositionRow.name).where(DispositionRow.id.in_(dispositions))
    )
    return {row[0]: row[1] for row in rows}


async def _changed(write: Write, actor: Actor, row: DispositionRow, before: Mapping[str, Any]) -> None:
    await audit(write, actor, "disposition", row.id, row.name, before, {} if row.archived else _audited(row))
    write.fact(Fact(FactKind.DISPOSITIONS_CHANGED, actor, data={"disposition": row.id}))


def _current(rows: list[DispositionRow], disposition: DispositionId, version: int) -> DispositionRow:
    row = find(rows, disposition)
    if row.version != version:
        raise StaleError(_shown(row))
    return row


def _shown(row: DispositionRow) -> Disposition:
    return Disposition(DispositionId(row.id), row.name, row.place, row.version)


def _audited(row: DispositionRow) -> dict[str, Any]:
    return {"name": row.name, "place": row.place}
