"""Reading and making users inside somebody's transaction."""

import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.facts import Actor, Fact, FactKind
from callflow.ids import AgentId, new_id
from conversations.db.audit import audit
from conversations.db.database import Write
from conversations.directory.tables import UserRole, UserRow
from conversations.directory.values import User, user_of
from conversations.errors import InvalidError, RefusedError
from conversations.values import clean_line, storable

NAME_LIMIT = 100


def fold(name: str) -> str:
    """Return what two spellings of the same name have in common."""
    return unicodedata.normalize("NFKC", storable(name)).casefold().strip()


async def row_by_login(session: AsyncSession, login: str) -> UserRow | None:
    """Find a user's row by login, whatever its case."""
    return (await session.scalars(select(UserRow).where(UserRow.login_key == fold(login)[:200]))).one_or_none()


async def user_by_id(session: AsyncSession, user: AgentId) -> User | None:
    """Find a user."""
    row = await session.get(UserRow, user)
    return user_of(row) if row else None


async def all_users(session: AsyncSession) -> list[User]:
    """Return every user, by name."""
    return [user_of(row) for row in await session.scalars(select(UserRow).order_by(UserRow.name, UserRow.id))]


async def made_at(session: AsyncSession) -> Mapping[AgentId, datetime]:
    """Say when each user was made."""
    found = await session.execute(select(UserRow.id, UserRow.created_at))
    return {AgentId(row[0]): row[1] for row in found}


async def names_of_users(session: AsyncSession, users: Collection[str]) -> Mapping[str, str]:
    """Return the names of users by id."""
    if not users:
        return {}
    found = await session.execute(select(UserRow.id, UserRow.name).where(UserRow.id.in_(users)))
    return {row[0]: row[1] for row in found}


async def has_users(session: AsyncSession) -> bool:
    """Say whether there is anybody yet."""
    return await session.scalar(select(UserRow.id).limit(1)) is not None


async def add_user(
    write: Write,
    actor: Actor,
    *,
    login: str,
    name: str,
    roles: frozenset[UserRole],
    password_hash: str,
    must_change_password: bool,
) -> User:
    """Make a user. Raises InvalidError, or RefusedError ``login_taken``."""
    login, name = clean_line("login", login, NAME_LIMIT), clean_line("name", name, NAME_LIMIT)
    check_roles(roles)
    if await row_by_login(write.session, login) is not None:
        raise _login_taken()
    row = UserRow(
        id=new_id("user"),
        login=login,
        login_key=fold(login)[:200],
        name=name,
        roles=roles,
        password_hash=password_hash,
        must_change_password=must_change_password,
        disabled=False,
        wrap_up_seconds=None,
        text_capacity=None,
        phone=None,
        version=1,
        created_at=write.clock.now(),
    )
    write.session.add(row)
    try:
        await write.session.flush()
    except IntegrityError as error:
        raise _login_taken() from error
    write.fact(Fact(FactKind.USER_CHANGED, actor, agent=AgentId(row.id), data={"sessions_ended": False}))
    await audit(write, actor, "user", row.id, row.name, {}, audited_user(row))
    return user_of(row)


def audited_user(row: UserRow) -> dict[str, Any]:
    """Return what the audit log keeps of a user; a password is never in it."""
    return {
        "login": row.login,
        "name": row.name,
        "roles": sorted(row.roles),
        "disabled": row.disabled,
        "wrap_up_seconds": row.wrap_up_seconds,
        "text_capacity": row.text_capacity,
        "phone": row.phone,
    }


def check_roles(roles: frozenset[UserRole]) -> None:
    """Raise InvalidError when a person would have nothing to do."""
    if not roles:
        raise InvalidError("roles", "A person needs at least one role.")


def _login_taken() -> RefusedError:
    return RefusedError("login_taken", "Somebody has this login already.")
