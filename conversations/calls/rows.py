"""Between the values of the call flow and their rows. Nothing here decides anything."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from callflow.agent import Activity, Agent, Idle, InCall, Rung, Status, Tally, WrapUp
from callflow.agent_machine import activity_name
from callflow.call import (
    Call,
    CallPhase,
    Ended,
    Leg,
    Reservation,
    Ringing,
    Role,
    Skip,
    Talking,
    Waiting,
)
from callflow.ids import (
    AgentId,
    CallId,
    ConversationId,
    CustomerId,
    DispositionId,
    LegId,
    LinkId,
    QueueId,
    ReservationId,
    StatusId,
    TransportId,
)
from conversations.calls.tables import AgentRow, CallRow, PartyRow

T = TypeVar("T")

MILLISECOND = timedelta(milliseconds=1)
LIVE = ("waiting", "ringing", "talking")


def call_values(call: Call) -> dict[str, Any]:
    """Return the columns that may change of a call's row."""
    values: dict[str, Any] = {
        "phase": _phase_word(call.phase),
        "wait_until": call.wait_until,
        "agent_id": call.agent,
        "reservation_id": None,
        "ring_until": None,
        "answered_at": None,
        "ended_at": None,
        "end_reason": None,
        "ended_by": None,
        "skipped": [[skip.agent, skip.at.isoformat()] for skip in call.skipped],
        "deadline_at": call.deadline,
    }
    match call.phase:
        case Waiting():
            pass
        case Ringing(reservation=held):
            values |= {"reservation_id": held.id, "ring_until": held.deadline}
        case Talking(answered_at=answered_at):
            values |= {"answered_at": answered_at}
        case Ended() as end:
            values |= {
                "answered_at": end.answered_at,
                "ended_at": end.at,
                "end_reason": end.reason,
                "ended_by": end.by,
            }
    return values


def party_values(leg: Leg, live: bool) -> dict[str, Any]:
    """Return the columns that may change of a party's row."""
    return {
        "live": live,
        "leg_state": leg.state,
        "leg_deadline": leg.deadline,
        "transport_id": leg.transport,
        "tab": leg.tab,
        "restarted": leg.restarted,
    }


def to_call(row: CallRow, parties: Iterable[PartyRow]) -> Call:
    """Build a call from its row and its parties: the customer's, and the agent's live one."""
    legs = {party.role: _to_leg(party) for party in parties if party.live or party.role is Role.CUSTOMER}
    return Call(
        id=CallId(row.id),
        conversation=ConversationId(row.conversation_id),
        customer=CustomerId(row.customer_id),
        queue=QueueId(row.queue_id),
        link=LinkId(row.link_id) if row.link_id else None,
        media=row.media,
        started_at=row.started_at,
        wait_until=row.wait_until,
        customer_leg=legs[Role.CUSTOMER],
        phase=_to_phase(row, legs.get(Role.AGENT)),
        skipped=tuple(Skip(AgentId(agent), datetime.fromisoformat(at)) for agent, at in row.skipped),
        epoch=row.epoch,
    )


def agent_values(agent: Agent) -> dict[str, Any]:
    """Return the columns that may change of an agent's row."""
    activity = agent.activity
    values: dict[str, Any] = {
        "status": agent.status.id,
        "status_group": agent.status.group,
        "reason": agent.reason,
        "status_since": agent.status_since,
        "activity": activity_name(activity),
        "activity_since": activity.since,
        "call_id": agent.call,
        "conversation_id": None,
        "reservation_id": None,
        "idle_since": None,
        "lost_at": None,
        "wrap_until": None,
        "wrap_summary": "",
        "wrap_status": None,
        "wrap_disposition_id": None,
        "then_status": agent.then.id if agent.then else None,
        "then_group": agent.then.group if agent.then else None,
        "misses": agent.misses,
        "tally_calls": agent.tally.calls,
        "tally_talked_ms": agent.tally.talked // MILLISECOND,
        "rung_at": agent.tally.rung_at,
        "reachable": agent.reachable,
        "offline_at": agent.offline_at,
        "sound": agent.sound,
        "deadline_at": agent.deadline,
    }
    match activity:
        case Idle():
            pass
        case Rung() as rung:
            values |= {
                "reservation_id": rung.reservation,
                "idle_since": rung.idle_since,
                "lost_at": rung.lost_at,
            }
        case InCall(conversation=conversation):
            values |= {"conversation_id": conversation}
        case WrapUp() as wrap:
            values |= {
                "conversation_id": wrap.conversation,
                "wrap_until": wrap.until,
                "wrap_summary": wrap.summary,
                "wrap_status": wrap.thread_status,
                "wrap_disposition_id": wrap.disposition,
            }
    return values


def to_agent(row: AgentRow) -> Agent:
    """Build an agent from its row."""
    return Agent(
        id=AgentId(row.id),
        status=Status(StatusId(row.status), row.status_group),
        status_since=row.status_since,
        activity=_to_activity(row),
        reason=row.reason,
        reachable=row.reachable,
        offline_at=row.offline_at,
        sound=row.sound,
        epoch=row.epoch,
        then=Status(StatusId(row.then_status), _set(row.then_group)) if row.then_status else None,
        misses=row.misses,
        tally=Tally(row.tally_calls, row.tally_talked_ms * MILLISECOND, row.rung_at),
    )


def _phase_word(phase: CallPhase) -> str:
    match phase:
        case Waiting():
            return "waiting"
        case Ringing():
            return "ringing"
        case Talking():
            return "talking"
        case Ended():
            return "ended"


def _to_phase(row: CallRow, agent_leg: Leg | None) -> CallPhase:
    agent = AgentId(row.agent_id) if row.agent_id else None
    match row.phase:
        case "waiting":
            return Waiting()
        case "ringing":
            reservation = Reservation(
                ReservationId(_set(row.reservation_id)), _set(agent), _set(agent_leg).id, _set(row.ring_until)
            )
            return Ringing(reservation, _set(agent_leg))
        case "talking":
            return Talking(_set(agent), _set(agent_leg), _set(row.answered_at))
        case _:
            return Ended(_set(row.ended_at), _set(row.end_reason), _set(row.ended_by), agent, row.answered_at)


def _to_leg(party: PartyRow) -> Leg:
    return Leg(
        id=LegId(party.leg_id),
        state=party.leg_state,
        deadline=party.leg_deadline,
        transport=TransportId(party.transport_id) if party.transport_id else None,
        tab=party.tab,
        restarted=party.restarted,
    )


def _to_activity(row: AgentRow) -> Activity:
    since = row.activity_since
    call = CallId(row.call_id or "")
    match row.activity:
        case "idle":
            return Idle(since)
        case "ringing":
            return Rung(since, call, ReservationId(_set(row.reservation_id)), _set(row.idle_since), row.lost_at)
        case "in_call":
            return InCall(since, call, ConversationId(_set(row.conversation_id)))
        case _:
            return WrapUp(
                since,
                call,
                ConversationId(_set(row.conversation_id)),
                _set(row.wrap_until),
                row.wrap_summary,
                row.wrap_status,
                DispositionId(row.wrap_disposition_id) if row.wrap_disposition_id else None,
            )


def _set(value: T | None) -> T:
    """Return what the phase's row must hold. Raises ValueError when the row is broken, which harms that call only."""
    if value is None:
        raise ValueError("the row lacks what its phase needs")
    return value
