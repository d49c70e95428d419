"""People who sign in: making them, changing them, and checking who they are."""

import re

from sqlalchemy import select

from callflow.facts import Actor, ActorKind, Fact, FactKind
from callflow.ids import AgentId
from conversations.db.audit import audit
from conversations.db.database import Database, Write
from conversations.db.locking import locked
from conversations.directory import passwords
from conversations.directory.passwords import Passwords
from conversations.directory.people import NAME_LIMIT, add_user, all_users, audited_user, check_roles, row_by_login
from conversations.directory.sessions import end_sessions, start_session
from conversations.directory.tables import UserRole, UserRow
from conversations.directory.values import NewPassword, User, user_of
from conversations.errors import InvalidError, RefusedError, StaleError
from conversations.values import UNSET, Unset, clean_line

WRAP_UP_LIMIT = 3600
TEXT_CAPACITY_LIMIT = 50
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
_BETWEEN_DIGITS = re.compile(r"[\s().\-/]")


class Users:
    """Who may sign in, and as what."""

    def __init__(self, database: Database, passwords: Passwords) -> None:
        self._database = database
        self._passwords = passwords

    async def list(self) -> list[User]:
        """Return every user, by name."""
        async with self._database.read() as session:
            return await all_users(session)

    async def sign_in(self, login: str, password: str) -> tuple[User, str]:
        """Return the user and a new session's token. Raises RefusedError ``wrong_credentials``.

        An unknown login, a disabled user and a wrong password look and take the same (ASVS 5.0 6.3.8).
        """
        async with self._database.read() as session:
            row = await row_by_login(session, login)
        right = await self._passwords.verify(row.password_hash if row else None, password)
        if row is None or not right:
            raise _wrong()
        async with self._database.write() as write:
            row = await locked(write.session, UserRow, row.id)
            if row.disabled:
                raise _wrong()
            return user_of(row), await start_session(write, AgentId(row.id))

    async def create(self, actor: Actor, login: str, name: str, roles: frozenset[UserRole]) -> NewPassword:
        """Make a user with a random password, to be changed at once.

        Raises InvalidError, RefusedError ``login_taken``.
        """
        password = passwords.random_password()
        hashed = await self._passwords.hash(password)
        async with self._database.write() as write:
            user = await add_user(
                write,
                actor,
                login=login,
                name=name,
                roles=roles,
                password_hash=hashed,
                must_change_password=True,
            )
        return NewPassword(user, password)

    async def change(
        self,
        actor: Actor,
        user: AgentId,
        version: int,
        *,
        name: str | None = None,
        roles: frozenset[UserRole] | None = None,
        wrap_up_seconds: int | Unset | None = UNSET,
        text_capacity: int | Unset | None = UNSET,
        phone: str | Unset | None = UNSET,
    ) -> User:
        """Change a user. New roles end the user's sessions.

        Raises NotFoundError, StaleError, InvalidError, RefusedError ``last_admin``.
        """
        async with self._database.write() as write:
            row = await _locked(write, user)
            if row.version != version:
                raise StaleError(user_of(row))
            before = audited_user(row)
            new_roles = roles is not None and roles != row.roles
            if name is not None:
                row.name = clean_line("name", name, NAME_LIMIT)
            if roles is not None:
                check_roles(roles)
                row.roles = roles
            if not isinstance(wrap_up_seconds, Unset):
                row.wrap_up_seconds = _checked_wrap_up(wrap_up_seconds)
            if not isinstance(text_capacity, Unset):
                row.text_capacity = _checked_capacity(text_capacity)
            if not isinstance(phone, Unset):
                row.phone = _checked_phone(phone)
            changed = await self._changed(write, actor, row, end=new_roles)
            await audit(write, actor, "user", row.id, row.name, before, audited_user(row))
            return changed

    async def set_disabled(self, actor: Actor, user: AgentId, disabled: bool) -> User:
        """Disable or enable a user; disabling ends all sessions. Raises NotFoundError, RefusedError ``last_admin``."""
        async with self._database.write() as write:
            row = await _locked(write, user)
            before = audited_user(row)
            row.disabled = disabled
            changed = await self._changed(write, actor, row, end=disabled)
            await audit(write, actor, "user", row.id, row.name, before, audited_user(row))
            return changed

    async def reset_password(self, actor: Actor, user: AgentId) -> NewPassword:
        """Give a user a random password, to be changed at once, and end all sessions. Raises NotFoundError."""
        password = passwords.random_password()
        hashed = await self._passwords.hash(password)
        async with self._database.write() as write:
            row = await _locked(write, user)
            row.password_hash, row.must_change_password = hashed, True
            changed = await self._changed(write, actor, row, end=True)
            await audit(write, actor, "user", row.id, row.name, {"password": ""}, {"password": "given_out"})
            return NewPassword(changed, password)

    async def change_password(self, user: AgentId, current: str, new: str, token: str) -> User:
        """Let a user choose a password; sessions other than `token` end.

        Raises RefusedError ``wrong_credentials`` or ``weak_password``.
        """
        async with self._database.read() as session:
            seen = await session.get(UserRow, user)
        right = await self._passwords.verify(seen.password_hash if seen else None, current)
        if seen is None or not right:
            raise _wrong()
        passwords.check(new, seen.login)
        hashed = await self._passwords.hash(new)
        async with self._database.write() as write:
            row = await locked(write.session, UserRow, user)
            if row.password_hash != seen.password_hash:
                raise _wrong()
            row.password_hash, row.must_change_password = hashed, False
            await end_sessions(write, user, but=token)
            actor = Actor(ActorKind.AGENT, user)
            write.fact(Fact(FactKind.USER_CHANGED, actor, agent=user, data={"sessions_ended": True}))
            row.version += 1
            await audit(write, actor, "user", row.id, row.name, {"password": ""}, {"password": "chosen"})
            return user_of(row)

    async def _changed(self, write: Write, actor: Actor, row: UserRow, *, end: bool) -> User:
        """Finish a change: somebody must always be able to administer."""
        row.version += 1
        await write.session.flush()
        everybody = await write.session.scalars(select(UserRow))
        if not any(UserRole.ADMIN in user.roles and not user.disabled for user in everybody):
            raise RefusedError("last_admin", "Somebody must stay administrator.")
        user = AgentId(row.id)
        if end:
            await end_sessions(write, user)
        write.fact(Fact(FactKind.USER_CHANGED, actor, agent=user, data={"sessions_ended": end}))
        return user_of(row)


def _wrong() -> RefusedError:
    return RefusedError("wrong_credentials", "Login or password are not right.")


def _checked_wrap_up(seconds: int | None) -> int | None:
    if seconds is not None and not 0 <= seconds <= WRAP_UP_LIMIT:
        raise InvalidError("wrap_up_seconds", f"A wrap-up takes 0 to {WRAP_UP_LIMIT} seconds.")
    return seconds


def _checked_capacity(texts: int | None) -> int | None:
    if texts is not None and not 0 <= texts <= TEXT_CAPACITY_LIMIT:
        raise InvalidError("text_capacity", f"An agent can have 0 to {TEXT_CAPACITY_LIMIT} conversations at a time.")
    return texts


async def _locked(write: Write, user: AgentId) -> UserRow:
    """Return a user, with everybody locked: whether one may go is for all to say. Raises NotFoundError.

    All in one order, so that who changes two at once never wait for each other.
    """
    await write.session.execute(select(UserRow.id).order_by(UserRow.id).with_for_update(key_share=True))
    return await locked(write.session, UserRow, user)


def _checked_phone(phone: str | None) -> str | None:
    """Return a phone number in the one spelling that can be called from anywhere (E.164)."""
    if phone is None or not phone.strip():
        return None
    number = _BETWEEN_DIGITS.sub("", phone)
    if not _PHONE.fullmatch(number):
        raise InvalidError("phone", "Write the number with its country, for example +420 123 456 789.")
    return number
