"""Between the values of agents and their rows. Nothing here decides anything."""

from datetime import timedelta
from typing import Any

from callflow.agent import Activity, Agent, Idle, InCall, Observing, Rung, Status, Tally, WrapUp
from callflow.agent_machine import activity_name
from callflow.ids import AgentId, CallId, ConversationId, DispositionId, ReservationId, StatusId
from conversations.calls.rows import needed
from conversations.calls.tables import AgentRow

MILLISECOND = timedelta(milliseconds=1)


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
        case Idle() | Observing():
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
        then=Status(StatusId(row.then_status), needed(row.then_group)) if row.then_status else None,
        misses=row.misses,
        tally=Tally(row.tally_calls, row.tally_talked_ms * MILLISECOND, row.rung_at),
    )


def _to_activity(row: AgentRow) -> Activity:
    since = row.activity_since
    call = CallId(row.call_id or "")
    match row.activity:
        case "idle":
            return Idle(since)
        case "ringing":
            return Rung(since, call, ReservationId(needed(row.reservation_id)), needed(row.idle_since), row.lost_at)
        case "in_call":
            return InCall(since, call, ConversationId(needed(row.conversation_id)))
        case "observing":
            return Observing(since, call)
        case _:
            return WrapUp(
                since,
                call,
                ConversationId(needed(row.conversation_id)),
                needed(row.wrap_until),
                row.wrap_summary,
                row.wrap_status,
                DispositionId(row.wrap_disposition_id) if row.wrap_disposition_id else None,
            )
