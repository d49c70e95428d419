"""Which recordings may go (PLUS-10): pure, so that every case can be tried. What is in doubt stays."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from callflow.ids import QueueId, RecordingId
from recording.states import RecordingState

DEFAULT_DAYS: Final = 90
"""Mission section 4."""
MOST_DAYS: Final = 36_500
MAY_BE_ERASED: Final = frozenset(
    {RecordingState.SPOOLED, RecordingState.UPLOADED, RecordingState.FAILED_OVER, RecordingState.FAILED}
)
"""In these nobody writes or reads its files but for listening."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What decides about one recording."""

    id: RecordingId
    queue: QueueId
    state: RecordingState
    ended_at: datetime | None
    size: int
    legal_hold: bool
    erase_asked: bool
    deleted: bool


def may_go(one: Candidate, days: Mapping[QueueId, int | None], now: datetime, *, delivered: bool) -> bool:
    """Say whether a recording is to be deleted now.

    `days` are those of the queues that do not have the default; `delivered` says that recordings are to be brought to
    the customer's server: then only what was verified there goes by its age.
    """
    if one.deleted or one.legal_hold:
        return False
    if one.erase_asked:
        return one.state in MAY_BE_ERASED
    kept = days.get(one.queue, DEFAULT_DAYS)
    final = RecordingState.UPLOADED if delivered else RecordingState.SPOOLED
    if kept is None or one.ended_at is None or one.state not in (final, RecordingState.UPLOADED):
        return False
    return now - one.ended_at >= timedelta(days=kept)
