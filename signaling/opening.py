"""Opening the database at the start, with one sentence when that fails."""

import logging
from datetime import timedelta

from callflow.clock import SystemClock
from conversations.db.database import Database
from conversations.db.facts import last_time
from signaling.data_folder import prepare
from signaling.settings import Settings, StartError

log = logging.getLogger(__name__)

SET_BACK = timedelta(days=1)
"""By more than this no clock is set back: it was wrong before, and the time of then is not gone on from."""


async def open_database(settings: Settings, clock: SystemClock | None = None) -> Database:
    """Open the database and bring it to this version; the clock goes on from the last fact. Raises `StartError`."""
    prepare(settings.data)
    clock = clock or SystemClock()
    try:
        database = await Database.open(settings.database, clock)
    except Exception as error:
        raise StartError(f"The database cannot be opened: {_first_line(error)}") from error
    try:
        await database.migrate()
    except Exception as error:
        await database.close()
        raise StartError(f"The database cannot be brought to this version: {_first_line(error)}") from error
    await _no_earlier_than_the_last_fact(database, clock)
    return database


async def _no_earlier_than_the_last_fact(database: Database, clock: SystemClock) -> None:
    """Keep stored deadlines and the order of times when the wall clock was set back while nothing ran."""
    async with database.read() as session:
        last = await last_time(session)
    if last is None:
        return
    if last - clock.now() > SET_BACK:
        log.warning("the log of facts ends at %s, which is yet to come: was the clock wrong then, or is it now?", last)
    elif clock.go_on_from(last):
        log.warning("the clock was set back: Parley goes on from %s, when the last fact was logged", last)


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return text.splitlines()[0]
