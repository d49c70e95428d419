"""`parley user add`."""

from callflow.errors import RefusedError
from callflow.facts import AUTOMATION
from conversations.directory.passwords import Passwords
from conversations.directory.users import Users
from conversations.directory.values import UserRole
from signaling.opening import open_database
from signaling.settings import Settings, StartError


async def add_user(settings: Settings, login: str, name: str, roles: list[str]) -> str:
    """Add a person and return the random password, to be changed at the first sign-in. Raises `StartError`."""
    database = await open_database(settings)
    try:
        users = Users(database, Passwords())
        made = await users.create(AUTOMATION, login, name, frozenset(UserRole(role) for role in roles))
    except RefusedError as error:
        raise StartError(str(error)) from None
    finally:
        await database.close()
    return made.password
