"""Builds everything and puts it together; nothing else does."""

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from callflow.clock import SystemClock
from callflow.ids import AgentId, CallId, QueueId
from callink.links import Links
from callink.values import LinkState
from conversations.db import engines
from conversations.db.database import Database
from conversations.directory.passwords import Passwords
from conversations.directory.queues import Queues
from conversations.directory.sessions import Sessions
from conversations.directory.settings import SettingsService
from conversations.directory.setup import Setup
from conversations.directory.users import Users
from conversations.threads.service import Threads
from signaling import pages
from signaling.built_ui import read_built_ui
from signaling.conversations_api import ConversationsApi
from signaling.first_run import FirstRun
from signaling.guest_links import GuestLinks
from signaling.health import healthy
from signaling.http.api import Api, require_rules
from signaling.http.client import client_middleware
from signaling.http.limits import Limits
from signaling.http.security import add_headers, csrf_middleware, error_middleware
from signaling.http.server import BODY_LIMIT, HeaderWatch, listening
from signaling.links_api import LinksApi
from signaling.models.guests import GuestCall
from signaling.models.panel import FromPanel, ToPanel
from signaling.opening import open_database
from signaling.plain_page import error_page
from signaling.queues_api import QueuesApi
from signaling.sessions import CookieResolver
from signaling.sessions_api import SessionsApi
from signaling.settings import Settings
from signaling.settings_api import SettingsApi
from signaling.tls import server_context
from signaling.users_api import UsersApi


@dataclass(frozen=True, slots=True)
class Services:
    """What the handlers call."""

    database: Database
    users: Users
    sessions: Sessions
    setup: Setup
    settings: SettingsService
    queues: Queues
    threads: Threads
    links: Links
    guest_links: GuestLinks
    limits: Limits
    passwords: Passwords


def build_services(database: Database) -> Services:
    """Build the services over an open database."""
    passwords = Passwords()
    settings, links, limits = SettingsService(database), Links(database), Limits()
    return Services(
        database=database,
        users=Users(database, passwords),
        sessions=Sessions(database),
        setup=Setup(database, passwords),
        settings=settings,
        queues=Queues(database),
        threads=Threads(database),
        links=links,
        guest_links=GuestLinks(database, links, settings, limits, _no_call),
        limits=limits,
        passwords=passwords,
    )


async def _nobody_waits() -> Mapping[QueueId, int]:
    return {}


async def _nothing(_: AgentId) -> None:
    return


async def _no_call(_: CallId, __: LinkState) -> GuestCall | None:
    return None


def build_api(services: Services, public_url: str | None) -> Api:
    """Collect all routes of the API."""
    api = Api("Parley", "0.1.0")
    SessionsApi(
        services.users, services.sessions, services.settings, services.setup, services.limits, _nothing
    ).register(api)
    UsersApi(services.users).register(api)
    QueuesApi(services.queues, _nobody_waits).register(api)
    SettingsApi(services.settings).register(api)
    LinksApi(services.links, public_url).register(api)
    services.guest_links.register(api)
    ConversationsApi(services.threads).register(api)
    api.include(FromPanel, ToPanel)
    return api


def build_app(settings: Settings, services: Services, watch: HeaderWatch | None = None) -> web.Application:
    """Build the application."""
    watch = watch or HeaderWatch()
    app = web.Application(
        client_max_size=BODY_LIMIT,
        middlewares=[
            watch.note,
            client_middleware(settings.trusted_proxies),
            error_middleware(error_page),
            csrf_middleware(settings.public_url),
        ],
    )
    app.on_response_prepare.append(add_headers)
    resolver = CookieResolver(services.sessions)
    build_api(services, settings.public_url).setup(app, resolver, services.limits.requests)

    view_link = partial(services.guest_links.view, resolver)
    pages.Pages(read_built_ui(), view_link, partial(healthy, services.database)).register(app)
    require_rules(app, pages.PUBLIC_PAGES)
    return app


def openapi() -> str:
    """Return the OpenAPI document as text."""
    database = Database(engines.parse("sqlite:///never-opened.db"), SystemClock())
    return json.dumps(build_api(build_services(database), None).document(), indent=2)


async def run(settings: Settings, demo: bool) -> None:
    """Serve until a signal asks to stop. Raises `StartError`."""
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    tls = server_context(settings)
    database = await open_database(settings)
    try:
        services = build_services(database)
        watch = HeaderWatch()
        app = build_app(settings, services, watch)
        async with listening(app, watch, settings.host, settings.port, tls) as port:
            first_run = FirstRun(database, services.passwords, services.setup)
            for line in await first_run.prepare(settings, settings.url(port), demo):
                sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            await stop.wait()
    finally:
        await database.close()
