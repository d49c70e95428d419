"""Call-backs (PLUS-12): a customer leaves the line and keeps the place, or an agent calls one who was not answered."""

from dataclasses import replace

from callflow.call import Call, CallingBack, Direction, Leg, LegState
from callflow.clock import Clock
from callflow.engine import Engine
from callflow.errors import RefusedError
from callflow.events import CallbackAsked
from callflow.ids import CallId, LegId, new_id
from callflow.limits import CALLBACK_RING, SETUP_LIMIT
from callink.calling_back import call_from
from conversations.calls.log import concerns
from conversations.calls.store import CallTransaction
from conversations.db.database import Database
from conversations.errors import NotFoundError
from conversations.threads.joining import thread_to_call
from recording.rules import consent_prompt
from signaling.calls.guest_api import GuestCalls
from signaling.http.api import Api
from signaling.http.rules import AGENT, GUEST, Guest, SignedIn
from signaling.intake import Intake
from signaling.models.agents import CallBack, PanelCall
from signaling.models.guests import GuestCall
from signaling.panel.views import PanelViews


class CallBacks:
    """What customers and agents press to call and to be called back."""

    def __init__(
        self,
        database: Database,
        engine: Engine[CallTransaction],
        calls: GuestCalls,
        views: PanelViews,
        intake: Intake,
        clock: Clock,
    ) -> None:
        self._database = database
        self._engine = engine
        self._calls = calls
        self._views = views
        self._intake = intake
        self._clock = clock

    def register(self, api: Api) -> None:
        """Add the routes."""
        api.post("/guest/calls/{call_id}/callback", self.ask_callback, rule=GUEST, tag="guests")
        api.post("/calls/{call_id}/call-back", self.call_back, rule=AGENT, tag="calls")

    async def ask_callback(self, guest: Guest, call_id: str) -> GuestCall:
        """Leave the line and keep the place; asked twice is asked once. An offer takes it back."""
        call = await self._calls.own(guest, call_id)
        after = await self._engine.ask(call.id, CallbackAsked(LegId(new_id("leg"))))
        return await self._calls.show(guest, after)

    async def call_back(self, who: SignedIn, call_id: CallId, back: CallBack) -> PanelCall:
        """Call the customer of a call that nobody answered: the page from which he called rings."""
        if self._intake.closed:
            raise RefusedError("restarting", "The server is being restarted. Call back when it is there again.")

        async def make(tx: CallTransaction) -> Call:
            if not await concerns(tx.write.session, who.user, call_id):
                raise NotFoundError("There is no such call.")
            missed = await tx.call(call_id)
            assert missed is not None
            if missed.live:
                raise RefusedError("not_over", "This call is not over yet.")
            now, call = self._clock.now(), CallId(new_id("call"))
            reached = await call_from(tx.write, missed.customer, call)
            thread = await thread_to_call(tx.write, who.user.actor, missed.customer, missed.queue)
            own = Leg(LegId(new_id("leg")), LegState.CONNECTING, now + SETUP_LIMIT, tab=back.tab)
            consent = await consent_prompt(tx.write.session, Direction.OUTBOUND, missed.media)
            return Call(
                id=call,
                conversation=thread,
                customer=missed.customer,
                queue=missed.queue,
                link=reached.link,
                media=missed.media,
                started_at=now,
                wait_until=now + CALLBACK_RING,
                customer_leg=Leg(LegId(new_id("leg")), LegState.AWAY, None),
                direction=Direction.OUTBOUND,
                priority=missed.priority,
                plan=replace(missed.plan, consent=consent),
                phase=CallingBack(who.user.id, own, now + CALLBACK_RING),
            )

        await self._engine.arrive(make)
        async with self._database.read() as session:
            own = await self._views.own(session, who)
        if own.call is None:
            raise RefusedError("too_late", "The call is over.")
        return own.call
