"""What a thread is made of: one value for each kind of thing that people read in it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callflow.facts import ActorKind
from callflow.ids import CallId, ConversationId, RecordingId
from conversations.calls.quality import MeasuredLeg
from conversations.directory.values import Named
from conversations.threads.tables import Sender


@dataclass(frozen=True, slots=True)
class ActorName:
    """Who did it, with the name to show; automation has neither id nor name."""

    kind: ActorKind
    id: str | None
    name: str


@dataclass(frozen=True, slots=True)
class Message:
    """Something said to or by the customer (MW-10)."""

    text: str
    sender: Sender


@dataclass(frozen=True, slots=True)
class Note:
    """Something written for colleagues."""

    text: str


@dataclass(frozen=True, slots=True)
class CallStarted:
    """EVT-01."""

    call: CallId
    direction: str
    media: str


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """EVT-02."""

    call: CallId
    agent: Named
    waited_seconds: float


@dataclass(frozen=True, slots=True)
class CallMissed:
    """A panel rang and nobody reacted."""

    call: CallId
    agent: Named


@dataclass(frozen=True, slots=True)
class CallDeclined:
    """An agent declined."""

    call: CallId
    agent: Named


class Step(StrEnum):
    """What happened in a call between its answer and its end, or on its way to another agent."""

    HELD = "held"
    RESUMED = "resumed"
    CONSULTING = "consulting"
    """A colleague is rung, to be asked first."""
    CONSULTED = "consulted"
    """The colleague answered."""
    CONSULT_ENDED = "consult_ended"
    REQUEUED = "requeued"
    """The agent is out of it, and the caller waits again."""
    CALLBACK_ASKED = "callback_asked"
    CALLED_BACK = "called_back"
    RECORDING_ANNOUNCED = "recording_announced"
    """The customer heard that calls are recorded."""
    RECORDING_PAUSED = "recording_paused"
    RECORDING_RESUMED = "recording_resumed"


@dataclass(frozen=True, slots=True)
class CallStep:
    """PLUS-12, PLUS-21. `agent` is the one whom it is about; `seconds` says how long a hold was."""

    call: CallId
    step: Step
    agent: Named | None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class CallTransferred:
    """EVT-03. `agent` is the target; the call has lasted for `talked_seconds` by then."""

    call: CallId
    agent: Named
    talked_seconds: float


@dataclass(frozen=True, slots=True)
class CallObserved:
    """A supervisor listens to the agent's call, whispers or joins in (PLUS-20); `mode` is None when he leaves."""

    call: CallId
    agent: Named
    mode: str | None


@dataclass(frozen=True, slots=True)
class CallReconnecting:
    """One side, customer or agent, is gone for the moment."""

    call: CallId
    who: str


@dataclass(frozen=True, slots=True)
class CallReconnected:
    """That side is back."""

    call: CallId
    who: str


@dataclass(frozen=True, slots=True)
class CallEnded:
    """EVT-04. `talked_seconds` is None for a call that nobody answered."""

    call: CallId
    by: str
    reason: str
    talked_seconds: float | None
    waited_seconds: float


@dataclass(frozen=True, slots=True)
class MessageLeft:
    """The customer left a message while he waited; it is heard like a recording (PLUS-12)."""

    call: CallId
    recording: RecordingId
    seconds: float


@dataclass(frozen=True, slots=True)
class CallMeasured:
    """How well the network of legs did that are over."""

    call: CallId
    legs: tuple[MeasuredLeg, ...]


@dataclass(frozen=True, slots=True)
class CallWrapped:
    """The brief report of a call (WRAP-01). `disposition` is None when they were not in use."""

    call: CallId
    agent: Named
    summary: str
    disposition: Named | None


@dataclass(frozen=True, slots=True)
class Change:
    """LOG-01. `old` and `new` are words, or names of people and queues; both None for a topic or a summary."""

    field: str
    old: str | None
    new: str | None


What = (
    Message
    | Note
    | CallStarted
    | CallAnswered
    | CallMissed
    | CallDeclined
    | CallStep
    | CallTransferred
    | CallObserved
    | CallReconnecting
    | CallReconnected
    | CallEnded
    | MessageLeft
    | CallMeasured
    | CallWrapped
    | Change
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the thread: its place, who did it, and what it was."""

    number: int
    """The fact's number: entries are in this order."""
    at: datetime
    conversation: ConversationId
    actor: ActorName
    what: What


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in order, and the number up to which the thread was read to make them."""

    items: tuple[Entry, ...]
    upto: int
