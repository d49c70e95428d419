"""The customer page's WebSocket: pushes the call at connect and at every change."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from callflow.facts import Fact, FactKind
from callflow.ids import CallId, ConversationId
from conversations.db.facts import LoggedFact
from signaling.calls.guest_api import GuestCalls
from signaling.calls.relayed import Relayed
from signaling.http.api import Api
from signaling.http.client import client_of
from signaling.http.limits import Limits
from signaling.http.rules import GUEST, Guest
from signaling.models.guests import GuestCallPushed, GuestHeartbeat
from signaling.sockets import MALFORMED, SILENT, TROUBLE, Socket, open_socket

log = logging.getLogger(__name__)

_HEARTBEAT: Final = TypeAdapter(GuestHeartbeat)
SILENT_AFTER: Final = 45.0
"""Seconds without a heartbeat after which the connection is cut; the call itself goes by its media."""


@dataclass(eq=False)
class _Page:
    socket: Socket
    guest: Guest
    call: CallId
    conversation: ConversationId


class GuestEvents:
    """All customers' pages that are open at this process."""

    def __init__(self, calls: GuestCalls, relayed: Relayed, limits: Limits) -> None:
        self._calls = calls
        self._relayed = relayed
        self._limits = limits
        self._pages: set[_Page] = set()

    def register(self, api: Api) -> None:
        """Add the route."""
        api.get("/guest/calls/{call_id}/events", self.watch_guest_call, rule=GUEST, tag="guests")

    async def tell(self, facts: Sequence[LoggedFact]) -> None:
        """Tell pages what happened. A reader of the feed."""
        calls, conversations = _touched(logged.fact for logged in facts)
        for page in list(self._pages):
            if page.call in calls or page.conversation in conversations:
                try:
                    await self._send(page)
                except Exception:
                    log.exception("a customer's page could not be told of a change; it is cut and comes back")
                    self._pages.discard(page)
                    page.socket.close(TROUBLE, b"")

    async def watch_guest_call(self, request: web.Request, guest: Guest, call_id: str) -> web.WebSocketResponse:
        """Push this browser's call."""
        self._limits.sockets_by_address.require(client_of(request).block)
        call = await self._calls.own(guest, call_id)
        async with open_socket(request) as (socket, ws):
            page = _Page(socket, guest, call.id, call.conversation)
            self._pages.add(page)
            try:
                await self._send(page)
                await self._listen(page)
            finally:
                self._pages.discard(page)
                self._relayed.note(page.call, page, False)
        return ws

    async def _listen(self, page: _Page) -> None:
        socket = page.socket
        messages = socket.messages()
        while True:
            try:
                async with asyncio.timeout(SILENT_AFTER):
                    text = await anext(messages, None)
            except TimeoutError:
                socket.close(SILENT, b"silent")
                return
            if text is None:
                return
            try:
                heartbeat = _HEARTBEAT.validate_json(text)
            except ValidationError:
                socket.close(MALFORMED, b"bad_message")
                return
            self._relayed.note(page.call, page, heartbeat.relayed)

    async def _send(self, page: _Page) -> None:
        call = await self._calls.own(page.guest, page.call)
        page.socket.send(GuestCallPushed(type="call", call=await self._calls.show(page.guest, call)))


def _touched(facts: Iterable[Fact]) -> tuple[set[CallId], set[ConversationId]]:
    """Return the calls that changed, and the conversations in which something was said."""
    calls: set[CallId] = set()
    conversations: set[ConversationId] = set()
    for fact in facts:
        if fact.call is not None:
            calls.add(fact.call)
        if fact.kind is FactKind.MESSAGE_ADDED and fact.conversation is not None:
            conversations.add(fact.conversation)
    return calls, conversations
