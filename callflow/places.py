"""Where a caller stands in the queue, and how long it may take (PLUS-03, PLUS-12). Pure."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from callflow.ids import CallId
from callflow.turns import InLine, caller_key
from callflow.waiting import Place

EXACT = timedelta(minutes=10)
"""Up to here a wait is told to the minute, above to five of them: nobody can know it better."""


def places(callers: Iterable[InLine], at_work: int, handling: timedelta | None) -> Mapping[CallId, Place]:
    """Say where each caller of one queue stands, when so many agents work and a call keeps one for so long.

    Who is rung for is still in line until somebody answers, so that a place never grows worse because an offer failed.
    Nor because somebody who was on the way is there now: who connects and who reconnects (PLUS-13) is in line too.
    """
    line = sorted(callers, key=caller_key)
    return {call.id: Place(number, expected_wait(number, at_work, handling)) for number, call in enumerate(line, 1)}


def expected_wait(position: int, at_work: int, handling: timedelta | None) -> timedelta | None:
    """Return how long it may take until the caller at this position (1 is next) is answered, rounded up for people.

    While all agents are busy one of them becomes free every `handling / at_work`, and each time the line moves up by
    one. None when nobody works, or nothing is known of how long calls take.
    """
    if at_work <= 0 or handling is None:
        return None
    wait = position * handling / at_work
    minute = timedelta(minutes=1)
    step = minute if wait <= EXACT else 5 * minute
    return max(minute, -(-wait // step) * step)
