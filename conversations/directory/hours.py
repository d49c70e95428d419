"""Working hours as a queue's row keeps them, and what is refused of those that people give."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from callflow.hours import DAYS_OF_WEEK, Holiday, Span, WorkingHours, clashing
from conversations.directory.people import NAME_LIMIT
from conversations.errors import InvalidError
from conversations.values import clean_line

SPANS_LIMIT = 12
"""Openings of one day at most."""
HOLIDAYS_LIMIT = 200
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def working_hours(zone: str, week: Sequence[Sequence[Span]], holidays: Mapping[date, Holiday]) -> WorkingHours:
    """Return hours that make sense.

    Raises InvalidError for an unknown zone, openings that are reversed or overlap, or too many of them.
    """
    checked_zone = zone_of(zone)
    if len(week) != DAYS_OF_WEEK:
        raise InvalidError("hours", "A week has seven days.")
    if len(holidays) > HOLIDAYS_LIMIT:
        raise InvalidError("hours", f"There can be at most {HOLIDAYS_LIMIT} holidays.")
    for day, spans in zip(WEEKDAYS, week, strict=True):
        _check(day, spans)
    clash = clashing(week)
    if clash is not None:
        raise InvalidError("hours", f"On {WEEKDAYS[clash]} one opening begins before another has ended.")
    kept = {day: _holiday(day, holiday) for day, holiday in sorted(holidays.items())}
    return WorkingHours(checked_zone, tuple(tuple(sorted(spans)) for spans in week), kept)


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone. Raises InvalidError when there is none of this name."""
    if name not in _zones():
        raise InvalidError("zone", "There is no time zone of this name.")
    return ZoneInfo(name)


def stored(hours: WorkingHours | None) -> dict[str, Any] | None:
    """Return hours as plain JSON."""
    if hours is None:
        return None
    return {
        "zone": hours.zone.key,
        "week": [_pairs(spans) for spans in hours.week],
        "holidays": {
            day.isoformat(): {"name": holiday.name, "spans": _pairs(holiday.spans)}
            for day, holiday in hours.holidays.items()
        },
    }


def from_stored(json: Mapping[str, Any] | None) -> WorkingHours | None:
    """Return the hours that `stored` wrote."""
    if json is None:
        return None
    return WorkingHours(
        zone=ZoneInfo(json["zone"]),
        week=tuple(_spans(pairs) for pairs in json["week"]),
        holidays={
            date.fromisoformat(day): Holiday(holiday["name"], _spans(holiday["spans"]))
            for day, holiday in json["holidays"].items()
        },
    )


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _holiday(day: date, holiday: Holiday) -> Holiday:
    _check(day.isoformat(), holiday.spans)
    # A week of nothing but this day: what it holds must not overlap.
    if clashing([holiday.spans, *[()] * (DAYS_OF_WEEK - 1)]) is not None:
        raise InvalidError("hours", f"On {day.isoformat()} one opening begins before another has ended.")
    return Holiday(clean_line("hours", holiday.name, NAME_LIMIT, least=0), tuple(sorted(holiday.spans)))


def _check(day: str, spans: Sequence[Span]) -> None:
    if len(spans) > SPANS_LIMIT:
        raise InvalidError("hours", f"{day} has more than {SPANS_LIMIT} openings.")
    if not all(span.possible for span in spans):
        raise InvalidError("hours", f"On {day} an opening does not end after it begins, or lasts longer than a day.")


def _pairs(spans: Sequence[Span]) -> list[list[int]]:
    return [[span.start, span.end] for span in spans]


def _spans(pairs: Sequence[Sequence[int]]) -> tuple[Span, ...]:
    return tuple(Span(start, end) for start, end in pairs)
