"""What a caller hears while waiting, as a value that the call carries from its arrival on (WSV-01 to WSV-07).

A strategy that is changed later changes nothing for who waits already.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from callflow.ids import PromptId
from callflow.wiring import HOLD_MUSIC

MAX_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a caller stands: 1 is next. The wait is None where nothing is known to guess it from."""

    position: int
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class SpokenPlaces:
    """Prompts that say where a caller stands, in the strategy's own voice."""

    positions: tuple[PromptId, ...]
    """For position 1, 2, 3 and so on; the last stands for every greater one."""
    waits: tuple[tuple[timedelta, PromptId], ...]
    """Rising; the first that is at least the expected wait is said, the last for every longer one."""


@dataclass(frozen=True, slots=True)
class WaitingPlan:
    """A waiting strategy, made ready for one call. What is switched off is None or empty."""

    music: PromptId | None = HOLD_MUSIC
    """Without it the caller hears ringback, so that nobody waits in silence."""
    greeting: PromptId | None = None
    """The first thing that is heard (WSV-02)."""
    consent: PromptId | None = None
    """Said once, after the greeting, and in any case before anything is recorded (PLUS-10)."""
    announcements: tuple[PromptId, ...] = ()
    """Said in turn (WSV-04)."""
    every: timedelta = timedelta(seconds=60)
    """Between the end of one announcement and the beginning of the next."""
    spoken: SpokenPlaces | None = None
    """Said before each announcement, or alone (PLUS-12)."""
    farewell: PromptId | None = None
    """Said before the call is ended because the longest wait is over (WSV-05)."""
    longest: timedelta = MAX_WAIT
    messages: bool = True
    """Whether a caller may leave a message instead of waiting (PLUS-12)."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """How far the plan has come for one caller. Both times are deadlines of the call."""

    greeted: bool = False
    saying: PromptId | None = None
    then: tuple[PromptId, ...] = ()
    """What follows when `saying` has been said."""
    saying_until: datetime | None = None
    """When the media plane must have reported the end of `saying`; later it counts as said."""
    next_at: datetime | None = None
    """When the next announcement begins."""
    turn: int = 0
    """Which announcement is next."""
    consented: bool = False
    """That the call is recorded was said to its end."""
    farewell: bool = False
    """The last message is being said: nobody is offered this call any more."""
