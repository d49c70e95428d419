"""Signed-in browsers: opaque tokens, an idle and an absolute limit (ASVS 5.0 7.2.3, 7.3)."""

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.errors import StoreAwayError
from callflow.ids import AgentId
from conversations.db.database import Database, Write
from conversations.directory.tables import SessionRow, UserRow
from conversations.directory.values import User, user_of
from conversations.tokens import new_token, token_hash

IDLE = timedelta(hours=8)
ABSOLUTE = timedelta(hours=24)
NOTED_EVERY = timedelta(minutes=5)
"""How often it is written down that a session is used: not with every request."""


class Sessions:
    """The sessions of all users."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, token: str) -> User | None:
        """Return who holds this token; None when it is unknown, too old, idle too long, or the user is disabled."""
        now = self._database.clock.now()
        async with self._database.read() as session:
            found = await _find(session, token_hash(token), now)
        if found is None:
            return None
        row, user = found
        if now - row.seen_at >= NOTED_EVERY:
            with suppress(StoreAwayError):  # who only reads can do that from a database that takes no changes
                await self._note(row.token_hash, now)
        return user

    async def _note(self, hashed: str, now: datetime) -> None:
        async with self._database.write() as write:
            await write.session.execute(update(SessionRow).where(SessionRow.token_hash == hashed).values(seen_at=now))

    async def end(self, token: str) -> None:
        """Sign this browser out."""
        async with self._database.write() as write:
            await write.session.execute(delete(SessionRow).where(SessionRow.token_hash == token_hash(token)))

    async def end_all_for(self, user: AgentId) -> None:
        """Sign this user out everywhere."""
        async with self._database.write() as write:
            await end_sessions(write, user)


async def start_session(write: Write, user: AgentId) -> str:
    """Begin a session and return its token, which is always a new one. Forgets sessions that are over."""
    token, now = new_token(), write.clock.now()
    over = or_(SessionRow.seen_at <= now - IDLE, SessionRow.created_at <= now - ABSOLUTE)
    await write.session.execute(delete(SessionRow).where(over))
    write.session.add(SessionRow(token_hash=token_hash(token), user_id=user, created_at=now, seen_at=now))
    return token


async def end_sessions(write: Write, user: AgentId, *, but: str | None = None) -> None:
    """End the sessions of a user, all or all but the one with this token."""
    mine = delete(SessionRow).where(SessionRow.user_id == user)
    if but is not None:
        mine = mine.where(SessionRow.token_hash != token_hash(but))
    await write.session.execute(mine)


async def _find(session: AsyncSession, hashed: str, now: datetime) -> tuple[SessionRow, User] | None:
    found = await session.execute(
        select(SessionRow, UserRow)
        .join(UserRow, UserRow.id == SessionRow.user_id)
        .where(
            SessionRow.token_hash == hashed,
            SessionRow.seen_at > now - IDLE,
            SessionRow.created_at > now - ABSOLUTE,
            UserRow.disabled.is_(False),
        )
    )
    row = found.one_or_none()
    return None if row is None else (row[0], user_of(row[1]))
