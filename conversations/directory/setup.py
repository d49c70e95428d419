"""The first administrator: made by whoever holds the one-time address that the server prints."""

from sqlalchemy import delete

from callflow.facts import AUTOMATION
from conversations.db.database import Database
from conversations.directory import passwords
from conversations.directory.passwords import Passwords
from conversations.directory.people import add_user, has_users
from conversations.directory.sessions import start_session
from conversations.directory.tables import SetupRow, UserRole
from conversations.directory.values import User
from conversations.errors import NotFoundError
from conversations.tokens import new_token, token_hash

FIRST_ROLES = frozenset({UserRole.ADMIN, UserRole.SUPERVISOR})


class Setup:
    """The way into an empty Parley."""

    def __init__(self, database: Database, passwords: Passwords) -> None:
        self._database = database
        self._passwords = passwords

    async def new_token(self) -> str | None:
        """Return the secret of a new one-time address, which replaces older ones; None when there are users."""
        async with self._database.write() as write:
            if await has_users(write.session):
                return None
            token = new_token()
            await write.session.execute(delete(SetupRow))
            write.session.add(SetupRow(id=1, token_hash=token_hash(token)))
            return token

    async def finish(self, token: str, login: str, name: str, password: str) -> tuple[User, str]:
        """Make the first administrator and a session for him; return both.

        Raises NotFoundError for a wrong or used token, RefusedError ``weak_password``, InvalidError.
        """
        async with self._database.read() as session:
            setup = await session.get(SetupRow, 1)
            if setup is None or setup.token_hash != token_hash(token) or await has_users(session):
                raise _unknown()
        passwords.check(password, login)
        hashed = await self._passwords.hash(password)
        async with self._database.write() as write:
            # Only the one who takes the row away goes on.
            taken = delete(SetupRow).where(SetupRow.token_hash == token_hash(token)).returning(SetupRow.id)
            if (await write.session.execute(taken)).one_or_none() is None or await has_users(write.session):
                raise _unknown()
            user = await add_user(
                write,
                AUTOMATION,
                login=login,
                name=name,
                roles=FIRST_ROLES,
                password_hash=hashed,
                must_change_password=False,
            )
            return user, await start_session(write, user.id)


def _unknown() -> NotFoundError:
    return NotFoundError("This address was used already or is not right. Start the server again for a new one.")
