"""The panel's WebSocket, from `hello` to the close (docs/protocol.md)."""

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from callflow.clock import Clock
from callflow.ids import ConversationId
from conversations.db.database import Database
from signaling.http.api import Api
from signaling.http.client import client_of
from signaling.http.limits import Limits
from signaling.http.rules import AGENT, SIGNED_IN, SignedIn
from signaling.models.panel import Follow, FromPanel, Heartbeat, Hello, Pong, SoundChange, Watch
from signaling.panel.hub import Hub, Panel
from signaling.panel.presence import Presence, Seat
from signaling.panel.views import PanelViews
from signaling.sockets import MALFORMED, SILENT, open_socket

HELLO_WITHIN: Final = 10.0
"""Seconds that a page has to say hello once its connection is open."""

_MESSAGE: Final[TypeAdapter[FromPanel]] = TypeAdapter(FromPanel)


class PanelSocket:
    """Serves panels."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        presence: Presence,
        views: PanelViews,
        limits: Limits,
        clock: Clock,
        show_wallboard: Callable[[], None],
    ) -> None:
        self._database = database
        self._hub = hub
        self._presence = presence
        self._views = views
        self._limits = limits
        self._clock = clock
        self._show_wallboard = show_wallboard

    def register(self, api: Api) -> None:
        """Add the route."""
        api.get("/panel", self.panel, rule=SIGNED_IN, tag="panel")

    async def panel(self, request: web.Request, who: SignedIn) -> web.WebSocketResponse:
        """Push everything that this person's panel shows."""
        self._limits.sockets_by_address.require(client_of(request).block)
        async with open_socket(request) as (socket, ws):
            limit = asyncio.get_running_loop().call_later(HELLO_WITHIN, socket.close, SILENT, b"silent")
            conversation = _Conversation(self, Panel(socket, who, request), limit)
            try:
                async for text in socket.messages():
                    try:
                        message = _MESSAGE.validate_json(text)
                    except ValidationError:
                        socket.close(MALFORMED, b"bad_message")
                        break
                    await conversation.take(message)
            finally:
                limit.cancel()
                await conversation.end()
        return ws

    async def sit(self, panel: Panel, hello: Hello) -> Seat | None:
        """Seat an agent whose session lives."""
        if await self._hub.signed_in(panel) and AGENT.allows(panel.who):
            return await self._presence.sit(panel.who.user.id, hello.sound)
        return None

    async def join(self, panel: Panel, seat: Seat | None, hello: Hello) -> None:
        """Bring the panel up to date, at first or when it has missed something."""
        if seat is not None:
            await self._presence.heard(seat, hello.sound)
        await self._hub.join(panel, hello.resume)

    async def watch(self, panel: Panel, conversation: str | None) -> None:
        """Follow the thread in view, if this person may see it."""
        panel.watching = None
        if conversation is not None:
            async with self._database.read() as session:
                if await self._views.may_see(session, panel.who, ConversationId(conversation)):
                    panel.watching = ConversationId(conversation)

    def follow(self, panel: Panel, wallboard: bool) -> None:
        """Show the wallboard from now on, or no more."""
        panel.wallboard = wallboard
        if wallboard:
            self._show_wallboard()

    async def heard(self, panel: Panel, seat: Seat | None, message: Heartbeat | SoundChange) -> None:
        """Note a sign of life, and answer a heartbeat."""
        await self._hub.heard(panel)
        if seat is not None:
            await self._presence.heard(seat, message.sound if isinstance(message, SoundChange) else None)
        if isinstance(message, Heartbeat):
            panel.socket.send(Pong(now=self._clock.now()))

    async def gone(self, panel: Panel, seat: Seat | None) -> None:
        """Forget a panel."""
        self._hub.leave(panel)
        if seat is not None:
            await self._presence.leave(seat)


class _Conversation:
    """The state of one connection: nothing before `hello`."""

    def __init__(self, server: PanelSocket, panel: Panel, limit: asyncio.TimerHandle) -> None:
        self._server = server
        self._panel = panel
        self._limit = limit
        self._seat: Seat | None = None
        self._greeted = False

    async def take(self, message: FromPanel) -> None:
        match message:
            case Hello():
                if not self._greeted:
                    self._greeted = True
                    self._limit.cancel()
                    self._seat = await self._server.sit(self._panel, message)
                await self._server.join(self._panel, self._seat, message)
            case _ if not self._greeted:
                self._panel.socket.close(MALFORMED, b"bad_message")
            case Watch(conversation_id=conversation):
                await self._server.watch(self._panel, conversation)
            case Follow(wallboard=wallboard):
                self._server.follow(self._panel, wallboard)
            case Heartbeat() | SoundChange():
                await self._server.heard(self._panel, self._seat, message)

    async def end(self) -> None:
        await self._server.gone(self._panel, self._seat)
