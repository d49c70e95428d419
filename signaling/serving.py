"""One server process, from the settings to its end: what `parley serve` does."""

import asyncio
import logging
import signal
import sys
from ssl import SSLContext

from callflow.clock import SystemClock
from conversations.db.sole import sole_lock
from signaling.announced import announced
from signaling.app import Parley, media_workers
from signaling.data_folder import prepare
from signaling.draining import Stop
from signaling.first_run import FirstRun
from signaling.http.server import HeaderWatch, listening
from signaling.ice import IceServers
from signaling.log import set_up_log
from signaling.opening import open_database
from signaling.settings import Settings
from signaling.sole_server import StoppedError, only_server
from signaling.tls import server_context
from signaling.watchdog import watched

log = logging.getLogger(__name__)


async def serve(settings: Settings, demo: bool) -> None:
    """Serve until a signal asks to stop and nobody talks any more. Raises `StartError`."""
    set_up_log(settings.log_level)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    stop = Stop()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.ask)
    tls = server_context(settings)
    announced(settings)
    prepare(settings.data)
    try:
        async with only_server(sole_lock(settings.database), stop.asked, standby=settings.standby):
            await _serve(settings, tls, stop, demo=demo)
    except StoppedError:
        log.info("stopped while standing by")


async def _serve(settings: Settings, tls: SSLContext | None, stop: Stop, *, demo: bool) -> None:
    clock = SystemClock()
    database = await open_database(settings, clock)
    try:
        ice = IceServers(clock, settings.ice_servers, settings.turn_secret)
        parley = Parley(database, media_workers(settings), clock, settings.data.absolute(), ice)
        watch = HeaderWatch()
        app = parley.app(settings, watch)
        async with parley.running(), listening(app, watch, settings.host, settings.port, tls) as port:
            first_run = FirstRun(database, parley.passwords, parley.setup)
            for line in await first_run.prepare(settings, settings.url(port), demo):
                sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            with watched():
                await stop.asked.wait()
                await parley.drain.run(settings.drain_seconds, stop.at_once)
    finally:
        await database.close()
