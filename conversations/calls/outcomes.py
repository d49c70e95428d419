"""What came of a call, in one word for lists: as a pure judgement, and as conditions on rows that say the same."""

from datetime import datetime
from enum import StrEnum
from typing import assert_never

from sqlalchemy import ColumnElement, and_, or_

from callflow.call import Direction, EndReason
from conversations.calls.tables import CallRow


class Outcome(StrEnum):
    """What came of a call, or what it is doing now."""

    WAITING = "waiting"
    """In the queue, or ringing at an agent."""
    CALLBACK = "callback"
    """The customer waits to be called back (PLUS-12)."""
    CALLING_BACK = "calling_back"
    TALKING = "talking"
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    """The customer left before an agent answered."""
    MISSED = "missed"
    """Nobody answered within the longest wait."""
    NOT_REACHED = "not_reached"
    """An agent called back, and the customer did not answer."""
    MESSAGE_LEFT = "message_left"
    """The customer left a message instead of waiting any longer (PLUS-12)."""
    LOST = "lost"
    """A connection did not come back, before or after an answer."""
    FAILED = "failed"


_OF_REASON = {
    EndReason.HUNG_UP: Outcome.ANSWERED,
    EndReason.TOO_LONG: Outcome.ANSWERED,
    EndReason.ABANDONED: Outcome.ABANDONED,
    EndReason.NO_ANSWER: Outcome.MISSED,
    EndReason.CALLBACK_MISSED: Outcome.NOT_REACHED,
    EndReason.MESSAGE_LEFT: Outcome.MESSAGE_LEFT,
    EndReason.LOST: Outcome.LOST,
    EndReason.SERVER_RESTART: Outcome.LOST,
    EndReason.FAILED: Outcome.FAILED,
}


_GIVEN_UP = (Outcome.ABANDONED, Outcome.MISSED, Outcome.NOT_REACHED)


def outcome_of(
    phase: str, reason: EndReason | None, answered_at: datetime | None, callback_at: datetime | None = None
) -> Outcome:
    """Return what came of a call with these columns. Whoever was answered was never abandoned or missed."""
    if reason is None:
        if phase in ("talking", "calling_back"):
            return Outcome(phase)
        return Outcome.CALLBACK if callback_at else Outcome.WAITING
    outcome = _OF_REASON[reason]
    if outcome is Outcome.ANSWERED:
        return outcome if answered_at else Outcome.ABANDONED
    return Outcome.ANSWERED if answered_at and outcome in _GIVEN_UP else outcome


def having(outcome: Outcome) -> ColumnElement[bool]:
    """Return the condition on a call's row that it came to this."""
    answered = CallRow.answered_at.is_not(None)
    in_queue = and_(CallRow.end_reason.is_(None), CallRow.phase.not_in(("talking", "calling_back")))
    match outcome:
        case Outcome.WAITING:
            return and_(in_queue, CallRow.callback_at.is_(None))
        case Outcome.CALLBACK:
            return and_(in_queue, CallRow.callback_at.is_not(None))
        case Outcome.CALLING_BACK | Outcome.TALKING:
            return and_(CallRow.end_reason.is_(None), CallRow.phase == outcome.value)
        case Outcome.ANSWERED:
            return and_(answered, _ended_by(outcome, *_GIVEN_UP))
        case Outcome.ABANDONED:
            return and_(~answered, _ended_by(outcome, Outcome.ANSWERED))
        case Outcome.MISSED | Outcome.NOT_REACHED:
            return and_(~answered, _ended_by(outcome))
        case Outcome.MESSAGE_LEFT | Outcome.LOST | Outcome.FAILED:
            return _ended_by(outcome)
        case _:
            assert_never(outcome)


def wants_handling() -> ColumnElement[bool]:
    """Return the condition on a call's row that the customer called, it is over, and somebody is to see to it.

    Nobody ever talked to him; or he had been talked to, waited again, and left a message then.
    """
    called = CallRow.direction == Direction.INBOUND
    unanswered = or_(CallRow.answered_at.is_(None), CallRow.end_reason == EndReason.MESSAGE_LEFT)
    return and_(called, CallRow.end_reason.is_not(None), unanswered)


def _ended_by(*outcomes: Outcome) -> ColumnElement[bool]:
    return CallRow.end_reason.in_([reason for reason, came in _OF_REASON.items() if came in outcomes])
