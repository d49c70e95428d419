"""Whether a transaction was committed whose COMMIT got no answer, because the connection broke or the server froze.

PostgreSQL remembers the fate of each transaction by its number (`pg_xact_status`, its manual 9.28.10), so nothing
has to be written for it and nothing is done twice. SQLite answers in this process: it has no such doubt.
"""

import asyncio
import logging
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.errors import StoreAwayError
from conversations.db.door import Door

log = logging.getLogger(__name__)

ASK_EVERY: Final = 0.25
"""Seconds between two questions."""


async def number_of(session: AsyncSession, *, writes: bool) -> str | None:
    """Return the number under which PostgreSQL keeps this transaction's fate, None when it has written nothing.

    `writes`: it has something to write yet, so it needs a number in any case.
    """
    if session.get_bind().dialect.name != "postgresql":
        return None
    asked = "pg_current_xact_id()" if writes else "pg_current_xact_id_if_assigned()"
    return await session.scalar(text(f"SELECT CAST({asked} AS text)"))


def in_doubt(error: Exception) -> bool:
    """Say whether this failure of a COMMIT leaves open what became of it; the server's own refusal does not."""
    return not isinstance(error, DBAPIError) or error.connection_invalidated


async def was_committed(door: Door, number: str) -> bool:
    """Ask over other connections until the database knows."""
    log.warning("transaction %s got no answer to its COMMIT", number)
    while True:
        try:
            async with door.session() as session:
                asked = text("SELECT pg_xact_status(CAST(CAST(:number AS text) AS xid8))")
                fate = await session.scalar(asked, {"number": number})
        except StoreAwayError as error:
            log.warning("what became of transaction %s is not known yet: %s", number, error)
        else:
            if fate != "in progress":
                log.warning("transaction %s was %s", number, fate)
                return fate == "committed"
        await asyncio.sleep(ASK_EVERY)
