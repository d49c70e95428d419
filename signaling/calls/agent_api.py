"""What an agent presses: status, Answer, Decline, Hang up, the wrap-up."""

from callflow.agent import Rung
from callflow.agent_machine import MoreTime, WrapUpFinished, WrapUpWritten
from callflow.call import Call, Party, Role
from callflow.engine import Engine
from callflow.errors import RefusedError
from callflow.events import AgentAccepted, AgentDeclined, HungUp
from callflow.ids import CallId, DispositionId, QueueId, ReservationId, StatusId
from conversations.agents.dispositions import Dispositions
from conversations.agents.statuses import Statuses
from conversations.calls.store import CallStore, CallTransaction
from conversations.db.database import Database
from conversations.directory.settings import read_settings
from conversations.directory.values import DispositionMode
from signaling.calls.negotiation import Negotiation
from signaling.http.api import Api
from signaling.http.rules import AGENT, AGENT_AT_ANY_TIME, SIGNED_IN, SignedIn
from signaling.models.agents import (
    Accept,
    AgentState,
    LegAnswer,
    LegLost,
    PanelCall,
    PanelOffer,
    StatusChange,
    WrapUp,
    WrapUpDraft,
    WrapUpExtend,
)
from signaling.panel.views import PanelViews
from signaling.team_api import choose_status


class AgentCalls:
    """The agent's call control."""

    def __init__(
        self,
        database: Database,
        store: CallStore,
        engine: Engine[CallTransaction],
        negotiation: Negotiation,
        views: PanelViews,
        statuses: Statuses,
        dispositions: Dispositions,
    ) -> None:
        self._database = database
        self._store = store
        self._engine = engine
        self._negotiation = negotiation
        self._views = views
        self._statuses = statuses
        self._dispositions = dispositions

    def register(self, api: Api) -> None:
        """Add the routes."""
        api.put("/agent/status", self.choose_status, rule=AGENT, tag="agent")
        api.post("/calls/{call_id}/leg", self.offer_leg, rule=SIGNED_IN, tag="agent")
        api.post("/calls/{call_id}/leg-lost", self.lose_leg, rule=SIGNED_IN, tag="agent")
        api.post("/calls/{call_id}/hangup", self.hang_up, rule=AGENT_AT_ANY_TIME, tag="agent")
        api.post("/queues/{queue_id}/take", self.take, rule=AGENT, tag="agent")
        api.post("/reservations/{reservation_id}/accept", self.accept, rule=AGENT, tag="agent")
        api.post("/reservations/{reservation_id}/decline", self.decline, rule=AGENT, tag="agent")
        api.put("/wrap-up", self.write_wrap_up, rule=AGENT, tag="agent")
        api.post("/wrap-up/extend", self.extend_wrap_up, rule=AGENT, tag="agent")
        api.post("/wrap-up/finish", self.finish_wrap_up, rule=AGENT, tag="agent")

    async def choose_status(self, who: SignedIn, change: StatusChange) -> AgentState:
        """Choose a status, for afterwards when a call or a wrap-up goes on (AP-02)."""
        await choose_status(self._engine, self._statuses, who.user.id, StatusId(change.status))
        async with self._database.read() as session:
            return (await self._views.own(session, who)).state

    async def offer_leg(self, who: SignedIn, call_id: str, offer: PanelOffer) -> LegAnswer:
        """Give one's own leg a transport, while it rings, in the call or beside it; the newest one wins."""
        call, party = await self._mine(who, call_id)
        return await self._negotiation.answer(call, party.leg.id, offer.sdp, offer.tab)

    async def lose_leg(self, who: SignedIn, call_id: str, lost: LegLost) -> None:
        """Say that the page is going away."""
        call, party = await self._mine(who, call_id)
        await self._negotiation.lost(call, party.leg.id, lost.transport)

    async def take(self, who: SignedIn, queue_id: str) -> None:
        """Ask for the first caller of one's queue, who rings here then; for queues that hand out nothing themselves."""
        await self._engine.take(QueueId(queue_id), who.user.id)

    async def accept(self, who: SignedIn, reservation_id: str, accept: Accept) -> PanelCall:
        """Answer the call that rings; a second press, or a second tab, gets the same call."""
        agent = await self._store.agent(who.user.id)
        if agent is None or agent.call is None:
            raise RefusedError("too_late", "This call is not ringing here any more.")
        reservation = ReservationId(reservation_id)
        if isinstance(agent.activity, Rung) and agent.activity.reservation != reservation:
            raise RefusedError("too_late", "This call is not ringing here any more.")
        await self._engine.ask(agent.call, AgentAccepted(reservation, who.user.id, accept.tab))
        async with self._database.read() as session:
            own = await self._views.own(session, who)
        if own.call is None:
            raise RefusedError("too_late", "The call is over.")
        return own.call

    async def decline(self, who: SignedIn, reservation_id: str) -> None:
        """Decline the call that rings; the caller keeps the place."""
        agent = await self._store.agent(who.user.id)
        if agent is None or not isinstance(agent.activity, Rung):
            raise RefusedError("too_late", "This call is not ringing here any more.")
        await self._engine.ask(agent.activity.call, AgentDeclined(ReservationId(reservation_id), who.user.id))

    async def hang_up(self, who: SignedIn, call_id: str) -> None:
        """End the call for both sides, whatever the database does; a call that has ended already is as good."""
        call = self._engine.live(CallId(call_id)) or await self._store.call(CallId(call_id))
        if call is None or call.agent != who.user.id:
            raise not_yours()
        if call.live:
            await self._engine.hang_up(call.id, HungUp(Role.AGENT, who.user.id))

    async def write_wrap_up(self, who: SignedIn, draft: WrapUpDraft) -> WrapUp:
        """Save the draft as one types."""
        chosen = await self._chosen(draft)
        await self._engine.agent(who.user.id, WrapUpWritten(CallId(draft.call_id), draft.summary, draft.status, chosen))
        return await self._wrap_up(who)

    async def extend_wrap_up(self, who: SignedIn, extend: WrapUpExtend) -> WrapUp:
        """Add ten seconds (WRAP-04)."""
        async with self._store.write() as tx:
            policy = await tx.agent_policy(who.user.id)
        await self._engine.agent(who.user.id, MoreTime(CallId(extend.call_id), policy))
        return await self._wrap_up(who)

    async def finish_wrap_up(self, who: SignedIn, draft: WrapUpDraft) -> None:
        """Finish the wrap-up; where the centre wants a disposition of each call, not without one."""
        chosen = await self._chosen(draft)
        async with self._database.read() as session:
            required = (await read_settings(session)).disposition_mode is DispositionMode.REQUIRED
        required = required and bool(await self._dispositions.list())  # an empty list must not hold anybody
        finished = WrapUpFinished(CallId(draft.call_id), draft.summary, draft.status, chosen, required)
        await self._engine.agent(who.user.id, finished)

    async def _chosen(self, draft: WrapUpDraft) -> DispositionId | None:
        if draft.disposition_id is None:
            return None
        return await self._dispositions.choosable(DispositionId(draft.disposition_id))

    async def _mine(self, who: SignedIn, call_id: str) -> tuple[Call, Party]:
        call = await self._store.call(CallId(call_id))
        party = call.party_of(who.user.id) if call is not None else None
        if call is None or party is None:
            raise not_yours()
        return call, party

    async def _wrap_up(self, who: SignedIn) -> WrapUp:
        async with self._database.read() as session:
            own = await self._views.own(session, who)
        if own.wrap_up is None:
            raise RefusedError("no_wrap_up", "This wrap-up is over.")
        return own.wrap_up


def not_yours() -> RefusedError:
    """Return what is said of a call that is none of the asker's, or none at all."""
    return RefusedError("not_your_call", "This call is not yours.")
