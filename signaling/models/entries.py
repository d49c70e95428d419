"""What a thread is made of, one model for each type of entry (EVT-01, EVT-02, EVT-04, LOG-01)."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypeAliasType

from callflow.call import EndedBy, EndReason, Media, ObserverMode, Role
from callflow.facts import ActorKind
from conversations.threads.entries import Step
from signaling.models.common import Model, Moment, Ref
from signaling.models.quality import MeasuredLeg


class Direction(StrEnum):
    """Who called whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Actor(Model):
    """Who did it. `id` is empty for automation."""

    kind: ActorKind
    id: str | None
    name: str


class _EntryBase(Model):
    number: int
    at: Moment
    conversation_id: str
    actor: Actor


class MessageEntry(_EntryBase):
    """Words between customer and agent, which both see."""

    type: Literal["message"] = "message"
    text: str
    from_: Annotated[Role, Field(serialization_alias="from")]


class NoteEntry(_EntryBase):
    """Words between colleagues, which the customer never sees (MSG-03)."""

    type: Literal["note"] = "note"
    text: str


class CallStartedEntry(_EntryBase):
    """A call came in."""

    type: Literal["call_started"] = "call_started"
    call_id: str
    direction: Direction
    media: Media


class CallAnsweredEntry(_EntryBase):
    """An agent answered."""

    type: Literal["call_answered"] = "call_answered"
    call_id: str
    agent: Ref
    waited_seconds: int


class CallMissedEntry(_EntryBase):
    """An agent did not answer."""

    type: Literal["call_missed"] = "call_missed"
    call_id: str
    agent: Ref


class CallDeclinedEntry(_EntryBase):
    """An agent declined."""

    type: Literal["call_declined"] = "call_declined"
    call_id: str
    agent: Ref


class CallStepEntry(_EntryBase):
    """Something between a call's answer and its end. `seconds` says how long a hold was that is over (`resumed`)."""

    type: Literal["call_step"] = "call_step"
    call_id: str
    step: Step
    agent: Ref | None
    seconds: int | None


class CallTransferredEntry(_EntryBase):
    """The call was handed over to `agent` (EVT-03)."""

    type: Literal["call_transferred"] = "call_transferred"
    call_id: str
    agent: Ref
    talked_seconds: int


class CallObservedEntry(_EntryBase):
    """A supervisor takes part in the call of `agent`, or does so no more (PLUS-20)."""

    type: Literal["call_observed"] = "call_observed"
    call_id: str
    agent: Ref
    mode: ObserverMode | None


class CallReconnectingEntry(_EntryBase):
    """One side was lost, and may come back."""

    type: Literal["call_reconnecting"] = "call_reconnecting"
    call_id: str
    who: Role


class CallReconnectedEntry(_EntryBase):
    """That side came back."""

    type: Literal["call_reconnected"] = "call_reconnected"
    call_id: str
    who: Role


class CallEndedEntry(_EntryBase):
    """The call is over. `talked_seconds` is empty when nobody answered."""

    type: Literal["call_ended"] = "call_ended"
    call_id: str
    by: EndedBy
    reason: EndReason
    talked_seconds: int | None
    waited_seconds: int


class MessageLeftEntry(_EntryBase):
    """The customer left a message while he waited: `recording_id` is it (PLUS-12)."""

    type: Literal["message_left"] = "message_left"
    call_id: str
    recording_id: str
    seconds: int


class CallMeasuredEntry(_EntryBase):
    """How well the network did, of legs that are over."""

    type: Literal["call_measured"] = "call_measured"
    call_id: str
    legs: list[MeasuredLeg]


class CallWrappedEntry(_EntryBase):
    """The agent's brief report (WRAP-01)."""

    type: Literal["call_wrapped"] = "call_wrapped"
    call_id: str
    agent: Ref
    summary: str
    disposition: Ref | None
    """How the call ended for the customer; null when the centre did not ask."""


class ChangedField(StrEnum):
    """What a change was made to."""

    STATUS = "status"
    ASSIGNEE = "assignee"
    QUEUE = "queue"
    PRIORITY = "priority"
    TOPIC = "topic"
    SUMMARY = "summary"
    TAG = "tag"


class ChangeEntry(_EntryBase):
    """Something about the conversation was changed."""

    type: Literal["change"] = "change"
    field: ChangedField
    old: str | None
    new: str | None


Entry = TypeAliasType(
    "Entry",
    Annotated[
        MessageEntry
        | NoteEntry
        | CallStartedEntry
        | CallAnsweredEntry
        | CallMissedEntry
        | CallDeclinedEntry
        | CallStepEntry
        | CallTransferredEntry
        | CallObservedEntry
        | CallReconnectingEntry
        | CallReconnectedEntry
        | CallEndedEntry
        | MessageLeftEntry
        | CallMeasuredEntry
        | CallWrappedEntry
        | ChangeEntry,
        Field(discriminator="type"),
    ],
)
"""One thing in a thread. The alias gives the union a name of its own in the OpenAPI document."""
