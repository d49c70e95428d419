"""Opening the database at the start, with one sentence when that fails."""

from callflow.clock import Clock, SystemClock
from conversations.db.database import Database
from signaling.data_folder import prepare
from signaling.settings import Settings, StartError


async def open_database(settings: Settings, clock: Clock | None = None) -> Database:
    """Open the database and bring it to this version. Raises `StartError`."""
    prepare(settings.data)
    try:
        database = await Database.open(settings.database, clock or SystemClock())
    except Exception as error:
        raise StartError(f"The database cannot be opened: {_first_line(error)}") from error
    try:
        await database.migrate()
    except Exception as error:
        await database.close()
        raise StartError(f"The database cannot be brought to this version: {_first_line(error)}") from error
    return database


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]
