"""Reading a row in order to change it."""

from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from conversations.db.base import Base
from conversations.errors import NotFoundError

R = TypeVar("R", bound=Base)


async def locked(session: AsyncSession, table: type[R], key: object) -> R:
    """Return a row that nobody else can change before this transaction ends. Raises NotFoundError.

    PostgreSQL locks the row; on SQLite the whole transaction holds the write lock. To lock two rows,
    always lock in the same order: the customer, then the conversation.
    """
    # FOR NO KEY UPDATE: rows that only refer to this one may still be added meanwhile.
    row = await session.get(table, key, with_for_update={"key_share": True}, populate_existing=True)
    if row is None:
        raise NotFoundError
    return row
