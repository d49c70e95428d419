"""Builds everything and puts it together; nothing else does."""

import json
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

from aiohttp import web

from callflow.agent import Group, Status, StatusReason
from callflow.agent_machine import StatusChosen
from callflow.call import Waiting
from callflow.clock import Clock, SystemClock
from callflow.engine import Engine
from callflow.hangup_journal import HangupJournal
from callflow.ids import AgentId, CallId, QueueId
from callflow.wiring import MediaEvent, MediaPort
from callink.admission import follow_call
from callink.links import Links, names_of_links
from callink.moving import links_of_queue, move_links
from conversations.agents.dispositions import Dispositions
from conversations.agents.statuses import Statuses
from conversations.audit_log import AuditLog
from conversations.calls.counting import live_calls_of
from conversations.calls.handling import handled_by_answer
from conversations.calls.log import CallLog
from conversations.calls.store import CallStore, CallTransaction
from conversations.calls.wallboard import stuck
from conversations.db import engines
from conversations.db.database import Database
from conversations.directory.archiving import QueueRemoval, QueueUser
from conversations.directory.passwords import Passwords
from conversations.directory.queue_service import Queues
from conversations.directory.sessions import Sessions
from conversations.directory.settings import SettingsService
from conversations.directory.setup import Setup
from conversations.directory.users import Users
from conversations.rules.service import Rules, move_rules, rules_of_queue
from conversations.threads.queue_changes import conversations_of_queue, move_conversations
from conversations.threads.service import Threads
from conversations.waiting.queue_entries import forget_queue, strategies_of_queue
from conversations.waiting.sounds import Sounds
from conversations.waiting.strategies import Strategies
from media.lag import LagWatch
from media.settings import MediaSettings
from media.studio import Studio
from recording.consent import users_of_sound
from recording.following import follow_call as record_call
from signaling import metrics_page, pages
from signaling.audit_api import AuditApi
from signaling.built_ui import read_built_ui
from signaling.calls.agent_api import AgentCalls
from signaling.calls.callback_api import CallBacks
from signaling.calls.control_api import CallControl
from signaling.calls.guest_api import GuestCalls
from signaling.calls.guest_events import GuestEvents
from signaling.calls.guest_places import GuestPlaces
from signaling.calls.guest_views import GuestViews
from signaling.calls.log_api import CallLogApi
from signaling.calls.message_api import VoiceMessages
from signaling.calls.negotiation import Negotiation
from signaling.calls.page_flags import PageFlag
from signaling.calls.quality import LegQualities
from signaling.calls.urgency import Urgency
from signaling.conversations_api import ConversationsApi
from signaling.draining import Drain
from signaling.feed import FactFeed
from signaling.guest_links import GuestLinks
from signaling.health import health
from signaling.http.api import Api, require_rules
from signaling.http.client import client_middleware
from signaling.http.limits import Limits
from signaling.http.security import add_headers, csrf_middleware, error_middleware
from signaling.http.server import BODY_LIMIT, HeaderWatch
from signaling.ice import IceServers
from signaling.intake import Intake
from signaling.links_api import LinksApi
from signaling.load import Load
from signaling.media_worker.pool import MediaWorkers
from signaling.metrics import Metrics
from signaling.models.guests import ToGuest
from signaling.models.panel import FromPanel, ToPanel
from signaling.panel.hub import Hub
from signaling.panel.presence import Presence
from signaling.panel.recording_trouble import RecordingTroubleFeed
from signaling.panel.socket import PanelSocket
from signaling.panel.views import PanelViews
from signaling.panel.wallboard import WallboardFeed
from signaling.plain_page import error_page
from signaling.queues_api import QueuesApi
from signaling.recording_work import RECORDINGS, SPOOL, RecordingWork
from signaling.removals import Removals
from signaling.rules_api import RulesApi
from signaling.sessions import CookieResolver
from signaling.sessions_api import SessionsApi
from signaling.settings import Settings, StartError
from signaling.settings_api import SettingsApi
from signaling.sockets import close_at_shutdown
from signaling.statuses_api import StatusesApi
from signaling.tasks import Tasks, Work
from signaling.team_api import TeamApi
from signaling.users_api import UsersApi
from signaling.waiting.rendering import Rendering
from signaling.waiting.sounds_api import SoundsApi
from signaling.waiting.strategies_api import StrategiesApi
from signaling.wallboard_api import WallboardApi


class Media(MediaPort, Protocol):
    """The media plane, wherever it runs."""

    async def start(self) -> None:
        """Open its ports. Raises `OSError`."""
        ...

    async def stop(self) -> None:
        """Close every leg and the ports."""
        ...

    @property
    def has_room(self) -> bool:
        """Say whether there is room for one more call, and for who answers it."""
        ...


MakeMedia = Callable[[Callable[[MediaEvent], None]], Media]
"""Builds the media plane, for whoever takes its events."""


class Parley:
    """Everything of one server, built and bound; `running` gives it life."""

    def __init__(
        self, database: Database, media: MakeMedia, clock: Clock, data: Path, ice: IceServers | None = None
    ) -> None:
        self.database = database
        self.clock = clock
        self._clock = clock
        self.limits = Limits()
        self.passwords = Passwords()
        self.setup = Setup(database, self.passwords)
        self.settings = SettingsService(database)
        self.sessions = Sessions(database)
        self.resolver = CookieResolver(self.sessions)
        self.users = Users(database, self.passwords)
        self.queues = Queues(database)
        self.rules = Rules(database)
        self.queue_removal = QueueRemoval(
            database,
            live_calls_of,
            [
                QueueUser(links_of_queue, move_links),
                QueueUser(rules_of_queue, move_rules),
                QueueUser(strategies_of_queue, forget_queue),
                QueueUser(conversations_of_queue, move_conversations),
            ],
        )
        self.threads = Threads(database)
        self.links = Links(database)
        self.recordings = RecordingWork(database, data)
        self.sounds = Sounds(database, users_of_sound)
        self.strategies = Strategies(database, names_of_links)
        self.studio = Studio(data)
        self.rendering = Rendering(self.studio, self.sounds, self.strategies, self.recordings.rules.spoken_source)
        self.metrics = Metrics()
        self.lag = LagWatch()
        self.media: Media = media(self._media_event)
        self.store = CallStore(database, [follow_call, handled_by_answer, record_call], self.recordings.policy_for)
        self.engine = Engine[CallTransaction](self.store, self.media, clock, HangupJournal(data))
        negotiation = Negotiation(self.engine, self.media, ice or IceServers(clock))
        self.relayed = PageFlag(self.engine.live)
        self.opened = PageFlag(self.engine.live, self._page_of_missed)
        views = PanelViews(clock, self.relayed, self.opened)
        self.presence = Presence(self.engine, clock)
        self.hub = Hub(database, views, self.presence, self.resolver, clock)
        self.load = Load(self.lag.lag, self.metrics.worker_lags)
        self.intake = Intake(lambda: self.load.busy or not self.media.has_room, self.metrics.call_refused)
        self.drain = Drain(self.engine, self.intake, self.hub)
        self.qualities = LegQualities(database, self.engine.live, self.hub.push)
        self.recording_trouble = RecordingTroubleFeed(
            self.hub, self.recordings.troubles, self.recordings.space, self.engine.live
        )
        self.wallboard = WallboardFeed(database, self.hub, clock)
        self.panel = PanelSocket(database, self.hub, self.presence, views, self.limits, clock, self.wallboard.show)
        self.statuses = Statuses(database)
        self.dispositions = Dispositions(database)
        self.agent_calls = AgentCalls(
            database, self.store, self.engine, negotiation, views, self.statuses, self.dispositions
        )
        self.team = TeamApi(database, self.engine, self.statuses, views, clock)
        self.call_control = CallControl(database, self.store, self.engine, clock)
        self.guest_calls = GuestCalls(
            database,
            self.store,
            self.engine,
            negotiation,
            self.links,
            self.threads,
            GuestViews(clock),
            self.limits,
            self.intake,
            clock,
        )
        self.call_backs = CallBacks(database, self.engine, self.guest_calls, views, self.intake, clock)
        self.voice_messages = VoiceMessages(self.engine, self.guest_calls, self.limits)
        self.guest_places = GuestPlaces(database)
        self.guest_events = GuestEvents(
            database, self.guest_calls, self.guest_places, self.relayed, self.opened, self.limits
        )
        self.removals = Removals(database, self.store, self.engine)
        self.feed = FactFeed(
            database,
            self.hub.tell,
            self.guest_events.tell,
            self.wallboard.tell,
            self.removals.tell,
            Urgency(database, self.engine).tell,
        )
        self.guest_links = GuestLinks(database, self.links, self.settings, self.limits, self.guest_calls.live)

    def api(self, public_url: str | None) -> Api:
        """Collect all routes of the API."""
        api = Api("Parley", "0.1.0")
        SessionsApi(self.users, self.sessions, self.settings, self.setup, self.limits, self._signed_out).register(api)
        UsersApi(self.users).register(api)
        QueuesApi(self.queues, self.queue_removal, self._waiting, self._clock).register(api)
        RulesApi(self.rules, self.links, self._clock).register(api)
        SettingsApi(self.settings).register(api)
        StatusesApi(self.statuses, self.dispositions, self.store, self.engine).register(api)
        self.team.register(api)
        LinksApi(self.links, public_url).register(api)
        SoundsApi(self.sounds, self.studio).register(api)
        StrategiesApi(self.strategies, self.rendering).register(api)
        ConversationsApi(self.threads).register(api)
        AuditApi(AuditLog(self.database, {"link": names_of_links})).register(api)
        WallboardApi(self.wallboard).register(api)
        CallLogApi(CallLog(self.database), self.guest_events.would_ring).register(api)
        self.recordings.register(api, self.engine, self.rendering.make)
        self.agent_calls.register(api)
        self.call_control.register(api)
        self.panel.register(api)
        self.guest_links.register(api)
        self.guest_calls.register(api)
        self.guest_events.register(api)
        self.call_backs.register(api)
        self.voice_messages.register(api)
        api.include(FromPanel, ToPanel, ToGuest)
        return api

    def app(self, settings: Settings, watch: HeaderWatch | None = None) -> web.Application:
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
        close_at_shutdown(app)
        self.api(settings.public_url).setup(app, self.resolver, self.limits.requests)
        view_link = partial(self.guest_links.view, self.resolver)
        healthz = partial(health, self.database, lambda: self.intake.closed)
        pages.Pages(read_built_ui(), view_link, healthz).register(app)
        token = settings.metrics_token
        metrics_page.MetricsPage(self._metrics, token.get_secret_value() if token else None).register(app)
        require_rules(app, {*pages.PUBLIC_PAGES, metrics_page.PATH})
        return app

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Carry calls until the block ends. Raises `StartError` when the media port is taken."""
        try:
            await self.media.start()
        except OSError as error:
            why = error.strerror or error
            raise StartError(f"The media port cannot be opened: {why}. Choose another media_port.") from error
        await self.rendering.sweep()
        await self.feed.start()
        tasks = Tasks(self.metrics.task_failed)
        tasks.start(self.works())
        self.lag.start()
        try:
            await self.engine.start()
            await self.removals.start()
            yield
        finally:
            await tasks.stop()
            await self.media.stop()  # which still tells the last figures of each leg
            await self.engine.stop()
            await self.lag.stop()
            await self.qualities.save()
            await self.studio.stop()
            self.recordings.close()

    def works(self) -> tuple[tuple[str, Work], ...]:
        """Return what must run beside the requests, by name."""
        return (
            ("feed", self.feed.run),
            ("load", self.load.run),
            ("presence", self.presence.run),
            ("removals", self.removals.run),
            ("wallboard", self.wallboard.run),
            ("relays told", partial(self.relayed.tell, self.hub.refresh)),
            ("open pages told", partial(self.opened.tell, self.hub.refresh)),
            ("places told", self.guest_places.tell),
            ("quality pushes", self.qualities.push),
            ("quality kept", self.qualities.keep),
            ("recording trouble told", self.recording_trouble.run),
            ("sounds mended", self.rendering.mend),
            *self.recordings.works(),
        )

    def _media_event(self, event: MediaEvent) -> None:
        self.engine.media_event(event)
        self.metrics.take(event)
        self.qualities.take(event)
        self.recordings.troubles.take(event)

    async def _metrics(self) -> bytes:
        async with self.database.read() as session:
            late = await stuck(session, self.clock.now())
        phases = Counter(type(call.phase).__name__.lower() for call in await self.store.live_calls())
        return self.metrics.text(
            {phase: phases[phase] for phase in ("waiting", "ringing", "talking")},
            self.lag.lag(),
            late,
            await self.recordings.figures(),
        )

    async def _waiting(self) -> Mapping[QueueId, int]:
        waiting: dict[QueueId, int] = {}
        for call in await self.store.live_calls():
            if isinstance(call.phase, Waiting):
                waiting[call.queue] = waiting.get(call.queue, 0) + 1
        return waiting

    async def _page_of_missed(self, call_id: CallId) -> None:
        """A page of a call that is over was opened or closed: whom nobody answered can be called back there."""
        call = await self.store.call(call_id)
        if call is not None and call.answered_at is None:
            await self.hub.outdate_calls(call.queue)

    async def _signed_out(self, user: AgentId) -> None:
        """Who signs out is Offline (AST-06), and his panels are closed."""
        self.resolver.forget(user)
        agent = await self.store.agent(user)
        if agent is not None and agent.status.group is not Group.UNAVAILABLE:
            await self.engine.agent(user, StatusChosen(Status.OFFLINE, StatusReason.SIGNED_OUT))
        await self.hub.sign_out(user)


def media_workers(settings: Settings) -> Callable[[Callable[[MediaEvent], None]], MediaWorkers]:
    """Return how the media plane is built: in processes of its own."""
    told = MediaSettings(
        port=settings.media_port,
        announced=tuple(str(address) for address in settings.media_addresses),
        cache=settings.data.absolute(),
        prompts=settings.data.absolute() / "prompts",
        spool=settings.data.absolute() / RECORDINGS / SPOOL,
    )
    return partial(MediaWorkers, told, settings.media_workers, settings.log_level)


def openapi() -> str:
    """Return the OpenAPI document as text."""
    clock = SystemClock()
    database = Database(engines.parse("sqlite:///never-opened.db"), clock)
    return json.dumps(Parley(database, media_workers(Settings()), clock, Path("data")).api(None).document(), indent=2)
