"""Whether this server works, for whoever watches it from outside."""

import asyncio
from typing import Final

from conversations.db.database import Database
from conversations.db.facts import last_number

PATIENCE: Final = 2.0
"""Seconds that the database has to answer."""


async def healthy(database: Database) -> bool:
    """Say whether the database answers."""
    try:
        async with asyncio.timeout(PATIENCE), database.read() as session:
            await last_number(session)
    except Exception:  # whatever is wrong with it, the answer is no
        return False
    return True
