"""What happened: one row of the log of facts, before it is given its number.

A fact holds ids, enums, numbers and times, never a name, an address or a text, so that erasure stays
possible. The thread's timeline, the panels and later webhooks and reports are readings of this log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from callflow.ids import AgentId, CallId, ConversationId, QueueId


class FactKind(StrEnum):
    """Everything that can be said to have happened."""

    CALL_STARTED = "call.started"
    CALL_RINGING = "call.ringing"
    CALL_ANSWERED = "call.answered"
    CALL_MISSED = "call.missed"
    CALL_DECLINED = "call.declined"
    CALL_REQUEUED = "call.requeued"
    CALL_NEGLECTED = "call.neglected"
    """Offer after offer came to nothing: the supervisors are told."""
    CALL_LEG_UP = "call.leg_up"
    CALL_RECONNECTING = "call.reconnecting"
    CALL_RECONNECTED = "call.reconnected"
    CALL_MOVED = "call.moved"
    """A page was given another transport, or the caller stands elsewhere in line."""
    CALL_ENDED = "call.ended"
    CALL_RESCINDED = "call.rescinded"
    """Another agent won, of several who were rung; or the customer leaves a message."""
    CALL_HELD = "call.held"
    CALL_RESUMED = "call.resumed"
    CALL_TRANSFERRED = "call.transferred"
    CALL_CONSULTING = "call.consulting"
    CALL_CONSULTED = "call.consulted"
    """The colleague answered, and the two agents talk."""
    CALL_CONSULT_ENDED = "call.consult_ended"
    CALL_OBSERVED = "call.observed"
    """A supervisor listens, whispers or joins in, or does so no more."""
    CALL_CALLBACK_ASKED = "call.callback_asked"
    CALL_CALLED_BACK = "call.called_back"
    CALL_MESSAGE_BEGUN = "call.message_begun"
    CALL_MESSAGE_CANCELLED = "call.message_cancelled"
    """What the customer said so far is thrown away."""
    CALL_MESSAGE_LEFT = "call.message_left"
    CALL_HANDLED = "call.handled"
    """A missed or abandoned call was taken care of."""
    CALL_MEASURED = "call.measured"
    CALL_WRAPPED = "call.wrapped"
    RECORDING_ANNOUNCED = "recording.announced"
    """The customer heard to its end that calls are recorded."""
    RECORDING_STARTED = "recording.started"
    """The talk with an agent is recorded from now on."""
    RECORDING_PAUSED = "recording.paused"
    RECORDING_RESUMED = "recording.resumed"
    RECORDING_STOPPED = "recording.stopped"
    """The talk with an agent is over, or is recorded no more."""
    RECORDING_CHANGED = "recording.changed"
    """The recording is in another state: see `recording.catalogue`."""
    RECORDING_TARGET_CHANGED = "recording_target.changed"
    """The server that recordings are brought to has other settings, fails, or works again."""
    AGENT_STATUS = "agent.status_changed"
    AGENT_NEXT = "agent.next_status_chosen"
    """The status that begins when the call and its wrap-up are over."""
    AGENT_STATE = "agent.state_changed"
    AGENT_REACH = "agent.reach_changed"
    WRAP_UP_CHANGED = "wrap_up.changed"
    CONVERSATION_CREATED = "conversation.created"
    CONVERSATION_CHANGED = "conversation.changed"
    CONVERSATION_READ = "conversation.read"
    MESSAGE_ADDED = "message.added"
    NOTE_ADDED = "note.added"
    CUSTOMER_CHANGED = "customer.changed"
    USER_CHANGED = "user.changed"
    QUEUE_CHANGED = "queue.changed"
    LINK_CHANGED = "link.changed"
    SETTINGS_CHANGED = "settings.changed"
    STATUSES_CHANGED = "statuses.changed"
    DISPOSITIONS_CHANGED = "dispositions.changed"
    RULES_CHANGED = "rules.changed"
    STRATEGIES_CHANGED = "strategies.changed"


class ActorKind(StrEnum):
    """Who made it happen (LOG-01)."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    AUTOMATION = "automation"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: `id` is a user's or a customer's id, None for automation."""

    kind: ActorKind
    id: str | None = None


AUTOMATION = Actor(ActorKind.AUTOMATION)

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened, and to whom."""

    kind: FactKind
    actor: Actor = AUTOMATION
    conversation: ConversationId | None = None
    call: CallId | None = None
    agent: AgentId | None = None
    queue: QueueId | None = None
    data: Mapping[str, Value] = field(default_factory=dict[str, Value])
