"""Between the values of calls and their rows. Nothing here decides anything."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, TypeVar

from callflow.call import (
    Call,
    CallingBack,
    CallPhase,
    Consult,
    Ended,
    Leg,
    Observer,
    Recording,
    Reservation,
    Ring,
    Ringing,
    Role,
    Skip,
    Talking,
    VoiceMessage,
    Waiting,
)
from callflow.ids import (
    AgentId,
    CallId,
    ConversationId,
    CustomerId,
    LegId,
    LinkId,
    QueueId,
    RecordingId,
    ReservationId,
    TransportId,
)
from conversations.calls.plans import hearing_values, plan_values, to_hearing, to_plan
from conversations.calls.tables import CallRow, PartyPart, PartyRow

T = TypeVar("T")

LIVE = ("waiting", "ringing", "talking", "calling_back")


def call_values(call: Call) -> dict[str, Any]:
    """Return the columns that may change of a call's row."""
    values: dict[str, Any] = {
        "queue_id": call.queue,
        "priority": call.priority,
        "phase": phase_word(call.phase),
        "wait_until": call.wait_until,
        "plan": plan_values(call.plan),
        "hearing": hearing_values(call.hearing),
        "agent_id": call.agent,
        "offers": call.offers,
        "returned": call.returned,
        "waiting_since": call.waiting_since,
        "answered_at": call.answered_at,
        "callback_at": call.callback_at,
        "recording_id": call.recording.id if call.recording else None,
        "recording_on": call.recording is not None and call.recording.on,
        "recording_pictures": call.recording is not None and call.recording.pictures,
        "recording_paused_at": call.recording.paused_at if call.recording else None,
        "message_id": call.message.recording if call.message else None,
        "message_at": call.message.since if call.message else None,
        "transferred_by": None,
        "talking_since": None,
        "held_at": None,
        "consulted_at": None,
        "call_back_until": None,
        "ended_at": None,
        "end_reason": None,
        "ended_by": None,
        "skipped": [[skip.agent, skip.at.isoformat()] for skip in call.skipped],
        "deadline_at": call.deadline,
    }
    match call.phase:
        case Waiting():
            pass
        case Ringing(transferred_by=by):
            values |= {"transferred_by": by}
        case Talking(since=since, held_at=held_at, consult=consult):
            values |= {"talking_since": since, "held_at": held_at}
            values |= {"consulted_at": consult.answered_at} if consult else {}
        case CallingBack(until=until):
            values |= {"call_back_until": until}
        case Ended() as end:
            values |= {"ended_at": end.at, "end_reason": end.reason, "ended_by": end.by}
    return values


def party_values(call: Call) -> Iterator[tuple[LegId, dict[str, Any]]]:
    """Return each party's leg and the columns of its row."""
    yield call.customer_leg.id, _party(call, call.customer_leg, Role.CUSTOMER, PartyPart.CUSTOMER)
    match call.phase:
        case Ringing(rings=rings):
            yield from ((ring.leg.id, _rung(call, ring, PartyPart.RUNG)) for ring in rings)
        case Talking(agent=agent, agent_leg=leg, consult=consult, observers=observers):
            yield leg.id, _party(call, leg, Role.AGENT, PartyPart.TALKING, agent)
            if consult is not None:
                yield consult.ring.leg.id, _rung(call, consult.ring, PartyPart.CONSULTED)
            for one in observers:
                yield (
                    one.leg.id,
                    _party(call, one.leg, Role.SUPERVISOR, PartyPart.OBSERVING, one.supervisor) | {"mode": one.mode},
                )
        case CallingBack(agent=agent, agent_leg=leg):
            yield leg.id, _party(call, leg, Role.AGENT, PartyPart.TALKING, agent)
        case Waiting() | Ended():
            pass


def to_call(row: CallRow, parties: Iterable[PartyRow]) -> Call:
    """Build a call from its row and its live parties, with the customer's. Raises ValueError when a row is broken."""
    by_part: dict[PartyPart, list[PartyRow]] = {}
    for party in sorted(parties, key=lambda party: party.leg_id):
        if party.live:
            by_part.setdefault(party.part, []).append(party)
    customers = [party for party in parties if party.part is PartyPart.CUSTOMER]
    return Call(
        id=CallId(row.id),
        conversation=ConversationId(row.conversation_id),
        customer=CustomerId(row.customer_id),
        queue=QueueId(row.queue_id),
        link=LinkId(row.link_id) if row.link_id else None,
        media=row.media,
        started_at=row.started_at,
        wait_until=row.wait_until,
        customer_leg=_to_leg(_latest(customers)),
        direction=row.direction,
        priority=row.priority,
        plan=to_plan(row.plan),
        hearing=to_hearing(row.hearing),
        phase=_to_phase(row, by_part),
        skipped=tuple(Skip(AgentId(agent), datetime.fromisoformat(at)) for agent, at in row.skipped),
        offers=row.offers,
        returned=row.returned,
        waiting_since=row.waiting_since,
        answered_at=row.answered_at,
        callback_at=row.callback_at,
        recording=_to_recording(row),
        message=_to_message(row),
        epoch=row.epoch,
    )


def phase_word(phase: CallPhase) -> str:
    """Return the word for a phase."""
    match phase:
        case Waiting():
            return "waiting"
        case Ringing():
            return "ringing"
        case Talking():
            return "talking"
        case CallingBack():
            return "calling_back"
        case Ended():
            return "ended"


def needed(value: T | None) -> T:
    """Return what a row must hold. Raises ValueError when the row is broken, which harms that call only."""
    if value is None:
        raise ValueError("the row lacks what its phase needs")
    return value


def _to_recording(row: CallRow) -> Recording | None:
    if row.recording_id is None:
        return None
    return Recording(RecordingId(row.recording_id), row.recording_on, row.recording_pictures, row.recording_paused_at)


def _to_message(row: CallRow) -> VoiceMessage | None:
    return None if row.message_id is None else VoiceMessage(RecordingId(row.message_id), needed(row.message_at))


def _party(call: Call, leg: Leg, role: Role, part: PartyPart, person: AgentId | None = None) -> dict[str, Any]:
    return {
        "call_id": call.id,
        "role": role,
        "agent_id": person,
        "live": call.live,
        "part": part,
        "mode": None,
        "reservation_id": None,
        "ring_until": None,
        "leg_state": leg.state,
        "leg_deadline": leg.deadline,
        "transport_id": leg.transport,
        "tab": leg.tab,
        "restarted": leg.restarted,
    }


def _rung(call: Call, ring: Ring, part: PartyPart) -> dict[str, Any]:
    held = ring.reservation
    values = _party(call, ring.leg, Role.AGENT, part, held.agent)
    return values | {"reservation_id": held.id, "ring_until": held.deadline}


def _to_phase(row: CallRow, parties: dict[PartyPart, list[PartyRow]]) -> CallPhase:
    agent = AgentId(row.agent_id) if row.agent_id else None
    match row.phase:
        case "waiting":
            return Waiting()
        case "ringing":
            by = AgentId(row.transferred_by) if row.transferred_by else None
            return Ringing(tuple(map(_to_ring, needed(parties.get(PartyPart.RUNG)))), by)
        case "talking":
            consulted = [Consult(_to_ring(party), row.consulted_at) for party in parties.get(PartyPart.CONSULTED, ())]
            observers = (
                Observer(AgentId(needed(party.agent_id)), _to_leg(party), needed(party.mode))
                for party in parties.get(PartyPart.OBSERVING, ())
            )
            return Talking(
                needed(agent),
                _to_leg(needed(parties.get(PartyPart.TALKING))[0]),
                needed(row.talking_since),
                row.held_at,
                next(iter(consulted), None),
                tuple(observers),
            )
        case "calling_back":
            leg = _to_leg(needed(parties.get(PartyPart.TALKING))[0])
            return CallingBack(needed(agent), leg, needed(row.call_back_until))
        case _:
            return Ended(needed(row.ended_at), needed(row.end_reason), needed(row.ended_by), agent)


def _latest(customers: list[PartyRow]) -> PartyRow:
    """Return the customer's present leg: one who asked to be called back had another before."""
    live = [party for party in customers if party.live]
    return needed(next(iter(live or customers), None))


def _to_ring(party: PartyRow) -> Ring:
    leg, agent = _to_leg(party), AgentId(needed(party.agent_id))
    held = Reservation(ReservationId(needed(party.reservation_id)), agent, leg.id, needed(party.ring_until))
    return Ring(held, leg)


def _to_leg(party: PartyRow) -> Leg:
    return Leg(
        id=LegId(party.leg_id),
        state=party.leg_state,
        deadline=party.leg_deadline,
        transport=TransportId(party.transport_id) if party.transport_id else None,
        tab=party.tab,
        restarted=party.restarted,
    )
