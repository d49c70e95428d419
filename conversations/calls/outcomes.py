"""What came of a call, in one word for lists: as a pure judgement, and as conditions on rows that say the same."""

from datetime import datetime
from enum import StrEnum
from typing import assert_never

from sqlalchemy import ColumnElement, and_

from callflow.call import EndReason
from conversations.calls.tables import CallRow


class Outcome(StrEnum):
    """What came of a call, or what it is doing now."""

    WAITING = "waiting"
    """In the queue, or ringing at an agent."""
    TALKING = "talking"
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    """The customer left before an agent answered."""
    MISSED = "missed"
    """Nobody answered within the longest wait."""
    LOST = "lost"
    """A connection did not come back, before or after an answer."""
    FAILED = "failed"


_OF_REASON = {
    EndReason.HUNG_UP: Outcome.ANSWERED,
    EndReason.TOO_LONG: Outcome.ANSWERED,
    EndReason.ABANDONED: Outcome.ABANDONED,
    EndReason.NO_ANSWER: Outcome.MISSED,
    EndReason.CALLBACK_MISSED: Outcome.MISSED,
    EndReason.LOST: Outcome.LOST,
    EndReason.SERVER_RESTART: Outcome.LOST,
    EndReason.FAILED: Outcome.FAILED,
}


def outcome_of(phase: str, reason: EndReason | None, answered_at: datetime | None) -> Outcome:
    """Return what came of a call with these columns. Whoever was answered was never abandoned or missed."""
    if reason is None:
        return Outcome.TALKING if phase == "talking" else Outcome.WAITING
    outcome = _OF_REASON[reason]
    match outcome:
        case Outcome.ANSWERED:
            return outcome if answered_at else Outcome.ABANDONED
        case Outcome.ABANDONED | Outcome.MISSED:
            return Outcome.ANSWERED if answered_at else outcome
        case Outcome.LOST | Outcome.FAILED | Outcome.WAITING | Outcome.TALKING:
            return outcome
        case _:
            assert_never(outcome)


def having(outcome: Outcome) -> ColumnElement[bool]:
    """Return the condition on a call's row that it came to this."""
    answered = CallRow.answered_at.is_not(None)
    ended = _ended_by(Outcome.ANSWERED)
    match outcome:
        case Outcome.WAITING:
            return and_(CallRow.end_reason.is_(None), CallRow.phase != "talking")
        case Outcome.TALKING:
            return and_(CallRow.end_reason.is_(None), CallRow.phase == "talking")
        case Outcome.ANSWERED:
            return and_(answered, ended | _ended_by(Outcome.ABANDONED) | _ended_by(Outcome.MISSED))
        case Outcome.ABANDONED:
            return and_(~answered, ended | _ended_by(Outcome.ABANDONED))
        case Outcome.MISSED:
            return and_(~answered, _ended_by(Outcome.MISSED))
        case Outcome.LOST | Outcome.FAILED:
            return _ended_by(outcome)
        case _:
            assert_never(outcome)


def never_answered() -> ColumnElement[bool]:
    """Return the condition on a call's row that it is over, and nobody ever talked to the customer."""
    return and_(CallRow.end_reason.is_not(None), CallRow.answered_at.is_(None))


def _ended_by(outcome: Outcome) -> ColumnElement[bool]:
    return CallRow.end_reason.in_([reason for reason, came in _OF_REASON.items() if came is outcome])
