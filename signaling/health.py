"""Whether this server works and takes calls, for whoever watches it from outside."""

import asyncio
from collections.abc import Callable
from typing import Final

from conversations.db.database import Database

PATIENCE: Final = 2.0
"""Seconds that the database has to answer."""
WELL: Final = "ok"


async def health(database: Database, draining: Callable[[], bool]) -> str:
    """Say how this server is: `WELL`, or what is the matter."""
    if draining():
        return "draining"
    return WELL if await healthy(database) else "database unreachable"


async def healthy(database: Database) -> bool:
    """Say whether the database answers and takes changes."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await database.takes_changes()
    except Exception:  # whatever is wrong with it, the answer is no
        return False
