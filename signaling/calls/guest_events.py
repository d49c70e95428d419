"""The customer page's WebSocket: pushes the call at connect and at every change."""

import asyncio
import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from callflow.call import Direction
from callflow.facts import Fact, FactKind
from callflow.ids import CallId, ConversationId, CustomerId, QueueId
from callink.calling_back import browsers_of
from conversations.db.database import Database
from conversations.db.facts import LoggedFact
from conversations.errors import NotFoundError
from conversations.tokens import token_hash
from signaling.calls.guest_api import GuestCalls
from signaling.calls.guest_places import GuestPlaces
from signaling.calls.page_flags import PageFlag
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
    queue: QueueId
    customer: CustomerId
    conversation: ConversationId


class GuestEvents:
    """All customers' pages that are open at this process."""

    def __init__(
        self,
        database: Database,
        calls: GuestCalls,
        places: GuestPlaces,
        relayed: PageFlag,
        opened: PageFlag,
        limits: Limits,
    ) -> None:
        self._database = database
        self._calls = calls
        self._places = places
        self._relayed = relayed
        self._opened = opened
        self._limits = limits
        self._pages: set[_Page] = set()

    async def would_ring(self, customers: Collection[CustomerId]) -> set[CustomerId]:
        """Return those of some customers whose page is open in the browser in which they would be called back."""
        pages = {(page.customer, token_hash(page.guest.token)) for page in self._pages}
        async with self._database.read() as session:
            browsers = await browsers_of(session, {customer for customer, _ in pages}.intersection(customers))
        return {customer for customer, browser in browsers.items() if (customer, browser) in pages}

    def register(self, api: Api) -> None:
        """Add the route."""
        api.get("/guest/calls/{call_id}/events", self.watch_guest_call, rule=GUEST, tag="guests")

    async def tell(self, facts: Sequence[LoggedFact]) -> None:
        """Tell pages what happened. A reader of the feed."""
        self._places.note(logged.fact for logged in facts)
        touched = _touched(logged.fact for logged in facts)
        calls = [await self._calls.found(call) for call in touched.calling_back]
        begun = {call.customer: call.id for call in calls}
        for page in list(self._pages):
            news = page.call in touched.calls or page.conversation in touched.conversations
            if news or page.customer in begun:
                try:
                    await self._send(page, page.call if news else begun[page.customer])
                except Exception:
                    log.exception("a customer's page could not be told of a change; it is cut and comes back")
                    self._pages.discard(page)
                    page.socket.close(TROUBLE, b"")

    async def watch_guest_call(self, request: web.Request, guest: Guest, call_id: str) -> web.WebSocketResponse:
        """Push this browser's call."""
        self._limits.sockets_by_address.require(client_of(request).block)
        call = await self._calls.own(guest, call_id)
        async with open_socket(request) as (socket, ws):
            page = _Page(socket, guest, call.id, call.queue, call.customer, call.conversation)
            self._pages.add(page)
            self._opened.note(page.call, page, True)
            try:
                await self._send(page, page.call)
                self._places.join(page)
                await self._listen(page)
            finally:
                self._pages.discard(page)
                self._places.leave(page)
                self._relayed.note(page.call, page, False)
                self._opened.note(page.call, page, False)
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

    async def _send(self, page: _Page, call_id: CallId) -> None:
        try:
            call = await self._calls.own(page.guest, call_id)
        except NotFoundError:
            if call_id == page.call:
                raise
            return  # the customer is called back in another browser
        if call.id == page.call:
            page.queue = call.queue
        page.socket.send(GuestCallPushed(call=await self._calls.show(page.guest, call)))


@dataclass(frozen=True, slots=True)
class _Touched:
    """What some facts mean for customers' pages."""

    calls: set[CallId] = field(default_factory=set[CallId])
    """Calls that changed."""
    conversations: set[ConversationId] = field(default_factory=set[ConversationId])
    """In which something was said."""
    calling_back: set[CallId] = field(default_factory=set[CallId])
    """Calls that agents have begun."""


def _touched(facts: Iterable[Fact]) -> _Touched:
    touched = _Touched()
    for fact in facts:
        if fact.call is not None:
            touched.calls.add(fact.call)
            if fact.kind is FactKind.CALL_STARTED and fact.data["direction"] == Direction.OUTBOUND:
                touched.calling_back.add(fact.call)
        if fact.kind is FactKind.MESSAGE_ADDED and fact.conversation is not None:
            touched.conversations.add(fact.conversation)
    return touched
