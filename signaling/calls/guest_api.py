"""What a customer presses: call, leave, hang up, write a message."""

from dataclasses import replace
from typing import Final

from aiohttp import web

from callflow.call import Call, Direction, Leg, LegState, Media, Role
from callflow.clock import Clock
from callflow.engine import Engine
from callflow.errors import RefusedError
from callflow.events import HungUp
from callflow.ids import CallId, LegId, QueueId, new_id
from callflow.limits import SETUP_LIMIT
from callink.admission import JoinedAlreadyError, admit, call_of_guest
from callink.links import Links
from callink.values import LinkState
from conversations.calls.reading import call_by_id
from conversations.calls.store import CallStore, CallTransaction
from conversations.db.database import Database
from conversations.errors import NotFoundError
from conversations.threads.guests import guest_by_token, new_guest
from conversations.threads.joining import mark_by_rule, thread_for_call
from conversations.threads.service import Threads
from conversations.waiting.plans import plan_for
from recording.rules import consent_prompt
from signaling.availability import reception
from signaling.calls.guest_views import GuestViews, guest_message
from signaling.calls.negotiation import Negotiation
from signaling.http.api import Api, Reply
from signaling.http.client import client_of
from signaling.http.limits import Limits
from signaling.http.rules import GUEST, PUBLIC, Guest
from signaling.intake import Intake
from signaling.models.agents import LegAnswer, LegLost
from signaling.models.conversations import NewText
from signaling.models.guests import GuestCall, GuestMessage, GuestOffer, NewGuestCall
from signaling.remembered import Remembered
from signaling.sessions import guest_cookie

_UNKNOWN: Final = "There is no such link."


class GuestCalls:
    """The customer's call control. A call belongs to the browser whose cookie began it."""

    def __init__(
        self,
        database: Database,
        store: CallStore,
        engine: Engine[CallTransaction],
        negotiation: Negotiation,
        links: Links,
        threads: Threads,
        views: GuestViews,
        limits: Limits,
        intake: Intake,
        clock: Clock,
    ) -> None:
        self._database = database
        self._store = store
        self._engine = engine
        self._negotiation = negotiation
        self._links = links
        self._threads = threads
        self._views = views
        self._limits = limits
        self._intake = intake
        self._clock = clock
        self._known = Remembered[CallId]()
        """The call that each browser asked for last and has made, which never becomes another's."""

    def register(self, api: Api) -> None:
        """Add the routes."""
        one = "/guest/calls/{call_id}"
        api.post("/guest/links/{token}/calls", self.begin_call, rule=PUBLIC, status=201, tag="guests")
        api.get(one, self.get_guest_call, rule=GUEST, tag="guests")
        api.post(f"{one}/leg", self.offer_guest_leg, rule=GUEST, tag="guests")
        api.post(f"{one}/leg-lost", self.lose_guest_leg, rule=GUEST, tag="guests")
        api.post(f"{one}/hangup", self.hang_up_guest, rule=GUEST, tag="guests")
        api.post(f"{one}/messages", self.add_guest_message, rule=GUEST, status=201, tag="guests")

    async def begin_call(
        self, request: web.Request, guest: Guest | None, token: str, new: NewGuestCall
    ) -> Reply[GuestCall]:
        """Call. A browser whose call by this link lives gets that call."""
        guest_token = guest.token if guest is not None else None
        try:
            visit = await self._links.look(token, guest_token)
        except NotFoundError:
            self._limits.unknown_tokens_by_address.require(client_of(request).block)
            raise NotFoundError(_UNKNOWN) from None
        new_call = visit.call is None or self._engine.live(visit.call) is None
        if new_call and visit.state is LinkState.ACTIVE:
            self._intake.require_open()  # before what counts tries, since pages that are sent away try again
        self._limits.joins_by_link.require(visit.link.id)
        if new_call:
            route = await self._links.route(visit, new.media, new.name)
            await self._require_somebody(route.queue, visit.state)
        cookie = None

        async def make(tx: CallTransaction) -> Call:
            nonlocal cookie
            browser = await guest_by_token(tx.write.session, guest_token)
            if browser is None:
                browser, secret = await new_guest(tx.write)
                cookie = guest_cookie(request, secret)
            call = CallId(new_id("call"))
            admission = await admit(tx.write, token, browser, new.name, call, new.media)
            route, now = admission.route, self._clock.now()
            conversation = await thread_for_call(tx.write, admission.customer, route.queue, now)
            priority = await mark_by_rule(tx.write, conversation, route.priority, route.tags)
            plan = await plan_for(tx.write.session, route.queue, admission.link.id)
            media = Media.AUDIO if admission.link.audio_only else new.media
            consent = await consent_prompt(tx.write.session, Direction.INBOUND, media)
            return Call(
                id=call,
                conversation=conversation,
                customer=admission.customer,
                queue=route.queue,
                link=admission.link.id,
                media=media,
                started_at=now,
                wait_until=now + plan.longest,
                customer_leg=Leg(LegId(new_id("leg")), LegState.CONNECTING, now + SETUP_LIMIT),
                priority=priority,
                plan=replace(plan, consent=consent),
            )

        try:
            call = await self._engine.arrive(make)
        except JoinedAlreadyError as joined:
            call = await self.found(joined.call)
        return Reply(await self._shown(call, visit.state), cookies=(cookie,) if cookie is not None else ())

    async def get_guest_call(self, guest: Guest, call_id: str) -> GuestCall:
        """Show this browser's call."""
        return await self.show(guest, await self.own(guest, call_id))

    async def offer_guest_leg(self, guest: Guest, call_id: str, offer: GuestOffer) -> LegAnswer:
        """Give the customer's leg a transport, the first or another after a reload or a cut."""
        call = await self.own(guest, call_id)
        self._limits.offers_by_link.require(call.link or call.id)
        if not call.live:
            raise RefusedError("too_late", "The call is over.")
        return await self._negotiation.answer(call, call.customer_leg.id, offer.sdp, None)

    async def lose_guest_leg(self, guest: Guest, call_id: str, lost: LegLost) -> None:
        """Say that the page is going away."""
        call = await self.own(guest, call_id)
        await self._negotiation.lost(call, call.customer_leg.id, lost.transport)

    async def hang_up_guest(self, guest: Guest, call_id: str) -> None:
        """Leave the queue, or end the call, whatever the database does."""
        call = self._engine.live(CallId(call_id)) if self._known.of(guest.token) == call_id else None
        call = call or await self.own(guest, call_id)
        if call.live:
            await self._engine.hang_up(call.id, HungUp(Role.CUSTOMER))

    async def add_guest_message(self, guest: Guest, call_id: str, new: NewText) -> GuestMessage:
        """Write to the agent; the message joins the thread."""
        call = await self.own(guest, call_id)
        self._limits.messages_by_guest.require(guest.token)
        if not call.live:
            raise RefusedError("too_late", "The call is over.")
        added = await self._threads.add_customer_message(call.customer, call.conversation, new.text, new.key)
        message = guest_message(added)
        if message is None:
            raise NotFoundError
        return message

    async def own(self, guest: Guest, call_id: str) -> Call:
        """Return a call of this browser. Raises NotFoundError for anybody else's."""
        async with self._database.read() as session:
            if await call_of_guest(session, guest.token, CallId(call_id)):
                call = await call_by_id(session, CallId(call_id))
                if call is not None:
                    self._known.keep(guest.token, call.id)
                    return call
        raise NotFoundError("There is no such call.")

    async def found(self, call_id: CallId) -> Call:
        """Return a call, whoever's it is. Raises NotFoundError."""
        call = await self._store.call(call_id)
        if call is None:
            raise NotFoundError("There is no such call.")
        return call

    async def show(self, guest: Guest, call: Call) -> GuestCall:
        """Show a call to its customer."""
        state = await self._links.state_of(call.link, guest.token) if call.link else LinkState.EXPIRED
        return await self._shown(call, state)

    async def live(self, call_id: CallId, state: LinkState) -> GuestCall | None:
        """Show a call to its customer, None when it is over."""
        call = await self._store.call(call_id)
        return await self._shown(call, state) if call is not None and call.live else None

    async def _shown(self, call: Call, state: LinkState) -> GuestCall:
        async with self._database.read() as session:
            return await self._views.call(session, call, state)

    async def _require_somebody(self, queue: QueueId, state: LinkState) -> None:
        """Say at once that nobody is there; who holds a link that is good for nothing hears that first."""
        if state is not LinkState.ACTIVE:
            return
        match (await reception(self._database, queue)).available:
            case "closed":
                raise RefusedError("queue_closed", "We are closed at the moment.")
            case "nobody":
                raise RefusedError("nobody_here", "Nobody is here to answer at the moment.")
            case _:
                pass
