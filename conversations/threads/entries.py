"""What a thread is made of: one value for each kind of thing that people read in it."""

from dataclasses import dataclass
from datetime import datetime

from callflow.facts import ActorKind
from callflow.ids import CallId, ConversationId
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
class CallMeasured:
    """How well the network of legs did that are over."""

    call: CallId
    legs: tuple[MeasuredLeg, ...]


@dataclass(frozen=True, slots=True)
class CallWrapped:
    """The brief report of a call (WRAP-01)."""

    call: CallId
    agent: Named
    summary: str


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
    | CallReconnecting
    | CallReconnected
    | CallEnded
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
