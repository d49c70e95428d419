"""Lists that supervisors keep in an order of their own, with names that differ."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from conversations.agents.tables import DispositionRow, StatusRow
from conversations.directory.people import NAME_LIMIT, fold
from conversations.errors import InvalidError, NotFoundError, RefusedError
from conversations.values import clean_line

R = TypeVar("R", StatusRow, DispositionRow)

LONGEST = 50
"""Names that a list may have: more than anybody finds in a menu."""


async def kept(session: AsyncSession, table: type[R]) -> list[R]:
    """Read and lock the rows that are not archived, so that two changes of one list take turns."""
    statement = select(table).where(table.archived.is_(False)).order_by(table.place, table.id).with_for_update()
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


def find(rows: Sequence[R], key: str) -> R:
    """Return the row of a list. Raises NotFoundError, for an archived one too."""
    row = next((row for row in rows if row.id == key), None)
    if row is None:
        raise NotFoundError
    return row


def rename(rows: Sequence[R], row: R, name: str) -> None:
    """Give a row a name. Raises InvalidError, RefusedError ``name_taken``."""
    name = clean_line("name", name, NAME_LIMIT)
    key = fold(name)[:200]
    if any(other is not row and other.name_key == key for other in rows):
        raise RefusedError("name_taken", "There is one of this name already.")
    row.name, row.name_key = name, key


def put(rows: Sequence[R], row: R, place: int) -> None:
    """Put a row at a place among others of its list, and number all anew. Raises InvalidError."""
    others = [other for other in rows if other is not row]
    if not 0 <= place <= len(others):
        raise InvalidError("place", f"This must be between 0 and {len(others)}.")
    others.insert(place, row)
    for number, each in enumerate(others):
        each.place = number


def require_room(rows: Sequence[R]) -> None:
    """Raise RefusedError ``too_many`` when the list is full."""
    if len(rows) >= LONGEST:
        raise RefusedError("too_many", f"There can be {LONGEST} of these. Delete one first.")
