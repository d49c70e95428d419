"""Working hours: whether a queue is open at an instant, and when that changes (SYS-03).

Openings are told in the time that a clock on the wall shows in the queue's zone. One opening is one stretch of time,
also when the clock is changed in it: it lasts from the first moment at which the clock shows its beginning until the
last at which the clock shows its end. A moment that the clock skips counts as the moment of the change.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

DAY = 1440
"""Minutes of a day on the wall."""
DAYS_OF_WEEK = 7
_SCAN = 16
"""Days to look ahead beyond all holidays: in two weeks every weekday comes twice, once without a skipped hour."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """One opening, in minutes after the midnight at which its day begins; beyond 1440 it ends on the day after."""

    start: int
    end: int

    @property
    def possible(self) -> bool:
        """Whether it begins on its day, and ends after it begins but within 24 hours."""
        return 0 <= self.start < DAY and self.start < self.end <= self.start + DAY


@dataclass(frozen=True, slots=True)
class Holiday:
    """A date with openings of its own in place of the weekday's; mostly none."""

    name: str = ""
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """When a queue is open."""

    zone: ZoneInfo
    week: tuple[tuple[Span, ...], ...]
    """The openings of each weekday, Monday first."""
    holidays: Mapping[date, Holiday] = field(default_factory=dict[date, Holiday])


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether it is open now, and when that changes; None when it never does, as far as is known."""

    open: bool
    changes_at: datetime | None = None


def opening(hours: WorkingHours | None, now: datetime) -> Opening:
    """Say whether these hours are open at `now`, and when they close or open next. Without hours it is always open."""
    if hours is None:
        return Opening(True)
    near = _near(hours, now)
    start, end = next(_joined(_stretches(hours, near, now)), (None, None))
    if start is None or end is None:
        return Opening(False)
    if now < start:
        return Opening(False, start)
    around_the_clock = end >= _first(hours.zone, near[-1], DAY)
    return Opening(True, None if around_the_clock else end)


def clashing(week: Sequence[Sequence[Span]]) -> int | None:
    """Return the weekday, 0 for Monday, of an opening that begins before an earlier one of the week has ended."""
    spans = sorted((day * DAY + span.start, day * DAY + span.end) for day, spans in enumerate(week) for span in spans)
    # Sunday night runs into Monday.
    spans += [(start + DAYS_OF_WEEK * DAY, end + DAYS_OF_WEEK * DAY) for start, end in spans[:1]]
    for (_, end), (start, _) in pairwise(spans):
        if start < end:
            return start // DAY % DAYS_OF_WEEK
    return None


def _near(hours: WorkingHours, now: datetime) -> Sequence[date]:
    """Return the days to look at: from yesterday, whose night may not be over, to beyond what holidays can block."""
    yesterday = now.astimezone(hours.zone).date() - timedelta(days=1)
    return [yesterday + timedelta(days=count) for count in range(_SCAN + len(hours.holidays))]


def _stretches(hours: WorkingHours, near: Sequence[date], now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Return the openings that are not over, in the order in which they begin, as instants in UTC."""
    far = sorted(day for day in hours.holidays if day > near[-1])
    for day in [*near, *far]:
        holiday = hours.holidays.get(day)
        for span in sorted(hours.week[day.weekday()] if holiday is None else holiday.spans):
            start, end = _first(hours.zone, day, span.start), _last(hours.zone, day, span.end)
            if start < end and now < end:
                yield start, end


def _joined(stretches: Iterable[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    """Make one of openings that touch or overlap, such as a night that is told as two days."""
    current: tuple[datetime, datetime] | None = None
    for start, end in stretches:
        if current is not None and start <= current[1]:
            current = (current[0], max(current[1], end))
            continue
        if current is not None:
            yield current
        current = (start, end)
    if current is not None:
        yield current


def _first(zone: ZoneInfo, day: date, minutes: int) -> datetime:
    """Return the first instant at which the clock shows this time, or skips it."""
    return _shown(zone, _wall(day, minutes), fold=0)


def _last(zone: ZoneInfo, day: date, minutes: int) -> datetime:
    """Return the last instant at which the clock shows this time, or skips it."""
    return _shown(zone, _wall(day, minutes), fold=1)


def _wall(day: date, minutes: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=minutes)


def _shown(zone: ZoneInfo, wall: datetime, fold: int) -> datetime:
    instant = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    return _change_around(zone, wall)


def _change_around(zone: ZoneInfo, wall: datetime) -> datetime:
    """Return when the clock jumped over this time: between what it meant by the old offset and by the new."""
    before, after = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    old = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    # Offsets change on whole seconds.
    return after.replace(microsecond=0)
