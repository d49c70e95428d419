"""What one panel shows, read from the database: the readings behind the snapshot and the changes."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime

from callflow.agent import Agent, WrapUp, new_agent
from callflow.call import Call, CallingBack, Consult, Ended, LegState, Ring, Ringing, Talking
from callflow.clock import Clock
from callflow.ids import AgentId, CallId, ConversationId
from callink.links import link_label
from conversations.agents.dispositions import choosable_dispositions
from conversations.calls.reading import agent_by_id, call_by_id, neglected_calls
from conversations.db.database import Session
from conversations.directory.people import made_at, names_of_users
from conversations.directory.queues import names_of_queues
from conversations.directory.settings import read_settings
from conversations.directory.values import DispositionMode
from conversations.errors import NotFoundError
from conversations.threads import lists
from conversations.threads.customers import customer_by_id, names_of_customers
from conversations.threads.values import viewer
from signaling.http.rules import SignedIn
from signaling.models.agents import (
    AgentState,
    Caller,
    CallObserver,
    Consultation,
    NeglectedCall,
    PanelCall,
    PanelPhase,
    Reservation,
    Talk,
    TeamMember,
)
from signaling.models.agents import WrapUp as WrapUpView
from signaling.models.common import Recorded, Ref
from signaling.models.conversations import ConversationItem
from signaling.models.panel import PanelState
from signaling.panel.standing import agent_state, team_members
from signaling.views import conversation_item, recorded


@dataclass(frozen=True, slots=True)
class Own:
    """The parts of a panel that are about its user alone."""

    agent: Agent
    state: AgentState
    call: PanelCall | None
    wrap_up: WrapUpView | None

    @property
    def thread(self) -> ConversationId | None:
        """The conversation of the call or wrap-up that is shown."""
        shown = self.call or self.wrap_up
        return ConversationId(shown.conversation_id) if shown else None


class PanelViews:
    """Reads what panels show. Every method works in its caller's session, so that one panel sees one moment."""

    def __init__(self, clock: Clock, relayed: Container[CallId] = (), opened: Container[CallId] = ()) -> None:
        self._clock = clock
        self._relayed = relayed
        self._opened = opened

    async def state(self, session: Session, who: SignedIn) -> tuple[Own, PanelState]:
        """Return everything."""
        own = await self.own(session, who)
        listed, total = await self.mine(session, who)
        state = PanelState(
            me=own.state,
            call=own.call,
            wrap_up=own.wrap_up,
            conversations=listed,
            total=total,
            team=await self.team(session) if who.user.leads else [],
            neglected=await self.neglected(session, who),
        )
        return own, state

    async def own(self, session: Session, who: SignedIn) -> Own:
        """Return what is about this user: status, call, wrap-up."""
        agent = await agent_by_id(session, who.user.id)
        if agent is None:
            agent = new_agent(who.user.id, (await made_at(session))[who.user.id])
        call = await call_by_id(session, agent.call) if agent.call else None
        shown = await self._panel_call(session, agent, call) if call is not None and call.live else None
        wrap_up = None
        if isinstance(agent.activity, WrapUp):
            shown = None  # a call that he transferred goes on without him
            wrap_up = await _wrap_up(session, agent.activity, call) if call is not None else None
        return Own(agent, await agent_state(session, agent, who.user), shown, wrap_up)

    async def mine(self, session: Session, who: SignedIn) -> tuple[list[ConversationItem], int]:
        """Return My Work, and how many conversations there are in all."""
        found, total = await lists.my_work(session, await viewer(session, who.user))
        return [conversation_item(item) for item in found], total

    async def may_see(self, session: Session, who: SignedIn, conversation: ConversationId) -> bool:
        """Say whether this user may follow a thread."""
        try:
            await lists.visible(session, await viewer(session, who.user), conversation)
        except NotFoundError:
            return False
        return True

    async def team(self, session: Session) -> list[TeamMember]:
        """Return who is in which status since when (AP-03)."""
        return await team_members(session)

    async def neglected(self, session: Session, who: SignedIn) -> list[NeglectedCall]:
        """Return the callers whom nobody answers, for those who lead (reliability.md, an agent's browser dies)."""
        calls = await neglected_calls(session) if who.user.leads else []
        if not calls:
            return []
        queues = await names_of_queues(session, [call.queue for call in calls])
        customers = await names_of_customers(session, [call.customer for call in calls])
        return [
            NeglectedCall(
                id=call.id,
                conversation_id=call.conversation,
                customer=Ref(id=call.customer, name=customers[call.customer]),
                queue=Ref(id=call.queue, name=queues[call.queue]),
                waiting_since=call.waiting_since or call.started_at,
                offers=call.offers,
            )
            for call in calls
        ]

    async def _panel_call(self, session: Session, agent: Agent, call: Call) -> PanelCall | None:
        person = agent.id
        party = call.party_of(person)
        customer = await customer_by_id(session, call.customer)
        if party is None or customer is None:
            return None
        leg, ring = party.leg, next((ring for ring in call.rings if ring.agent == person), None)
        queues = await names_of_queues(session, [call.queue])
        summary, _ = await lists.gist(session, call.conversation)
        grace = [at.deadline for at in (leg, call.customer_leg) if at.state is LegState.RECONNECTING and at.deadline]
        return PanelCall(
            id=call.id,
            media=call.media,
            direction=call.direction,
            phase=_phase(call, person, ring),
            conversation_id=call.conversation,
            customer=Caller(
                id=customer.id,
                name=customer.name,
                address=customer.address,
                city=customer.city,
                country=customer.country,
            ),
            queue=Ref(id=call.queue, name=queues[call.queue]),
            link_label=await link_label(session, call.link) if call.link else None,
            waiting_since=call.waiting_since or call.started_at,
            callback_at=call.callback_at,
            last_summary=summary or None,
            reservation=_reservation(ring, agent.activity.since) if ring else None,
            asked_by=await _asked_by(session, call, person),
            talk=await _talk(session, call.phase, recorded(call)) if isinstance(call.phase, Talking) else None,
            until=call.phase.until if isinstance(call.phase, CallingBack) else None,
            tab=leg.tab,
            leg=leg.id,
            mine=leg.state,
            transport=leg.transport,
            theirs=call.customer_leg.state,
            theirs_relayed=call.id in self._relayed,
            theirs_open=call.id in self._opened,
            grace_until=min(grace, default=None),
        )


def _phase(call: Call, person: AgentId, ring: Ring | None) -> PanelPhase:
    match call.phase:
        case Talking(agent=agent) if agent == person:
            return "talking"
        case CallingBack():
            return "calling_back"
        case Talking(observers=observers) if any(one.supervisor == person for one in observers):
            return "observing"
        case _:
            return "ringing" if ring else "consulting"


def _reservation(ring: Ring, since: datetime) -> Reservation:
    held = ring.reservation
    return Reservation(id=held.id, deadline=held.deadline, seconds=round((held.deadline - since).total_seconds()))


async def _asked_by(session: Session, call: Call, person: AgentId) -> Ref | None:
    """Name the colleague who transfers the call to this agent, or asks him first."""
    match call.phase:
        case Ringing(transferred_by=by) if by is not None:
            asker = by
        case Talking(agent=agent, consult=Consult(ring=ring)) if ring.agent == person:
            asker = agent
        case _:
            return None
    return await _named(session, asker)


async def _talk(session: Session, talk: Talking, kept: Recorded | None) -> Talk:
    asked = talk.consult
    return Talk(
        agent=await _named(session, talk.agent),
        since=talk.since,
        held_at=talk.held_at,
        consult=None
        if asked is None
        else Consultation(agent=await _named(session, asked.ring.agent), answered_at=asked.answered_at),
        observers=[
            CallObserver(supervisor=await _named(session, one.supervisor), mode=one.mode) for one in talk.observers
        ],
        recorded=kept,
    )


async def _named(session: Session, person: AgentId) -> Ref:
    names = await names_of_users(session, [person])
    return Ref(id=person, name=names.get(person, ""))


async def _wrap_up(session: Session, wrap: WrapUp, call: Call) -> WrapUpView | None:
    customer = await customer_by_id(session, call.customer)
    if customer is None:
        return None
    _, status = await lists.gist(session, call.conversation)
    mode = (await read_settings(session)).disposition_mode
    dispositions = [] if mode is DispositionMode.OFF else await choosable_dispositions(session)
    return WrapUpView(
        call_id=call.id,
        conversation_id=call.conversation,
        customer=Ref(id=customer.id, name=customer.name),
        started_at=wrap.since,
        until=wrap.until,
        summary=wrap.summary,
        status=wrap.thread_status or status,
        disposition_id=wrap.disposition,
        dispositions=[Ref(id=one.id, name=one.name) for one in dispositions],
        disposition_required=mode is DispositionMode.REQUIRED and bool(dispositions),
        ended_by=call.phase.by if isinstance(call.phase, Ended) else None,
        talked_seconds=round((wrap.since - call.answered_at).total_seconds()) if call.answered_at else None,
    )
