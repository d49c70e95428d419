"""Calls in lists, for those who look at them afterwards."""

from callflow.call import EndedBy, EndReason, Media
from conversations.calls.outcomes import Outcome
from signaling.models.common import Model, Moment, Ref
from signaling.models.entries import Direction


class Handled(Model):
    """Who has seen to a call that nobody answered: a person, or by a later call automation."""

    at: Moment
    by: Ref | None
    by_call_id: str | None


class CallItem(Model):
    """One call: `agents` are those who answered it, in that order."""

    id: str
    conversation_id: str
    customer: Ref
    queue: Ref
    agents: list[Ref]
    direction: Direction
    media: Media
    outcome: Outcome
    started_at: Moment
    answered_at: Moment | None
    ended_at: Moment | None
    end_reason: EndReason | None
    ended_by: EndedBy | None
    waited_seconds: int | None
    talked_seconds: int | None
    handled: Handled | None


class CallPage(Model):
    """Calls, latest first; `next` is the `before` of the next page, null after the last."""

    items: list[CallItem]
    next: str | None


class MissedCall(Model):
    """A customer's latest call that nobody answered and nobody has seen to, and how many of his are like that."""

    call: CallItem
    tries: int
    page_open: bool
    """The customer's page is open and would ring, were he called back now."""


class MissedCalls(Model):
    """One line for each customer, latest first; `total` counts the customers."""

    items: list[MissedCall]
    total: int
