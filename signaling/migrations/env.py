"""Alembic's environment. Runs in a thread of its own, with a loop of its own."""

import asyncio
from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, text
from sqlalchemy.types import Enum

from conversations.db import engines
from conversations.db.base import Instant
from conversations.directory.tables import Roles
from signaling.migrations.tables import metadata

MIGRATION_LOCK = 0x7061726C6579
"""Held while migrating, so that nodes that start together take turns. The letters of the name."""


def plain_types(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write revisions in SQLAlchemy's own types: a revision must not change when our code does."""
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Enum):
        return f"sa.String({item.length})"
    if kind == "type" and isinstance(item, Roles):
        return "sa.String(64)"
    return False


def migrate(connection: Connection) -> None:
    """Run the revisions in one transaction: all of them or none, on both engines."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
    context.configure(
        connection=connection,
        target_metadata=metadata(),
        render_item=plain_types,
        transactional_ddl=True,
    )
    context.run_migrations()
    if connection.dialect.name == "sqlite":
        torn = connection.execute(text("PRAGMA foreign_key_check")).all()
        if torn:
            raise RuntimeError(f"the migration would leave rows without what they belong to: {torn[:5]}")


async def run() -> None:
    """Connect as a writer (on SQLite this takes the write lock) and migrate."""
    engine = engines.migrator(context.config.attributes["url"])
    try:
        async with engine.begin() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


asyncio.run(run())
