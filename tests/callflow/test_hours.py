"""Working hours in real zones, also when the clock is changed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callflow.hours import Holiday, Opening, Span, WorkingHours, clashing, opening

pytestmark = pytest.mark.unit

NINE_TO_FIVE = (Span(9 * 60, 17 * 60),)
WEEKDAYS = (NINE_TO_FIVE,) * 5 + ((), ())
NEVER: tuple[tuple[Span, ...], ...] = ((),) * 7


def at(text: str, zone: str = "UTC") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def hours(zone: str, week: tuple[tuple[Span, ...], ...] = WEEKDAYS, **holidays: Holiday) -> WorkingHours:
    """Hours in a zone; holidays are given as d2026_12_25=Holiday()."""
    dates = {date.fromisoformat(day[1:].replace("_", "-")): holiday for day, holiday in holidays.items()}
    return WorkingHours(ZoneInfo(zone), week, dates)


def on(day: int, *spans: Span) -> tuple[tuple[Span, ...], ...]:
    """A week that is open on one weekday only; 0 is Monday."""
    return tuple(spans if one == day else () for one in range(7))


def test_without_hours_it_is_open_around_the_clock() -> None:
    """SYS-03."""
    assert opening(None, at("2026-11-22T03:00")) == Opening(True)


def test_an_opening_holds_from_its_first_moment_until_before_its_last() -> None:
    """SYS-03. 23 November 2026 is a Monday."""
    desk = hours("Europe/Zagreb")
    opens, closes = at("2026-11-23T09:00", "Europe/Zagreb"), at("2026-11-23T17:00", "Europe/Zagreb")
    blink = timedelta(microseconds=1)
    assert opening(desk, opens - blink) == Opening(False, opens)
    assert opening(desk, opens) == Opening(True, closes)
    assert opening(desk, closes - blink) == Opening(True, closes)
    assert opening(desk, closes) == Opening(False, opens + timedelta(days=1))


def test_the_zone_is_the_queues_and_not_the_callers() -> None:
    """SYS-03. At 8 in the evening in New York it is morning of the next day in Tokyo."""
    assert opening(hours("Asia/Tokyo"), at("2026-11-22T20:00", "America/New_York")).open
    assert not opening(hours("America/New_York"), at("2026-11-22T20:00", "America/New_York")).open


def test_several_openings_a_day_and_a_night_over_midnight() -> None:
    """SYS-03."""
    week = on(4, Span(8 * 60, 12 * 60), Span(13 * 60, 17 * 60), Span(22 * 60, 26 * 60))
    bar = hours("UTC", week)
    assert opening(bar, at("2026-11-27T12:30")) == Opening(False, at("2026-11-27T13:00"))
    assert opening(bar, at("2026-11-28T01:59")) == Opening(True, at("2026-11-28T02:00"))
    assert opening(bar, at("2026-11-28T02:00")) == Opening(False, at("2026-12-04T08:00"))


def test_a_night_told_as_two_days_is_one_opening() -> None:
    """SYS-03. Until 24:00, and from 0:00 on."""
    week = ((), (), (), (), (Span(1320, 1440),), (Span(0, 120),), ())
    assert opening(hours("UTC", week), at("2026-11-27T23:00")) == Opening(True, at("2026-11-28T02:00"))


def test_hours_of_all_day_every_day_never_change() -> None:
    """SYS-03."""
    assert opening(hours("Europe/London", ((Span(0, 1440),),) * 7), at("2026-11-27T23:00")) == Opening(True)
    assert opening(hours("Europe/London", NEVER), at("2026-11-27T23:00")) == Opening(False)


def test_a_holiday_replaces_the_openings_of_its_weekday() -> None:
    """SYS-03. Christmas is a Friday, New Year's Eve ends early."""
    desk = hours(
        "Europe/Berlin",
        d2026_12_25=Holiday("Christmas"),
        d2026_12_31=Holiday("New Year's Eve", (Span(540, 720),)),
    )
    assert opening(desk, at("2026-12-25T10:00", "Europe/Berlin")) == Opening(
        False, at("2026-12-28T09:00", "Europe/Berlin")
    )
    assert opening(desk, at("2026-12-31T10:00", "Europe/Berlin")) == Opening(
        True, at("2026-12-31T12:00", "Europe/Berlin")
    )


def test_a_night_that_began_before_a_holiday_goes_on_into_it() -> None:
    """SYS-03. An opening belongs to the day on which it begins."""
    bar = hours("UTC", on(4, Span(1320, 1560)), d2026_11_28=Holiday())
    assert opening(bar, at("2026-11-28T01:00")).open


def test_a_long_row_of_holidays_hides_no_opening_behind_it() -> None:
    """SYS-03. Closed for 60 days, then a normal week; and a holiday that is the only opening, a year ahead."""
    closed = {f"d{date(2026, 12, 1) + timedelta(days=day):%Y_%m_%d}": Holiday() for day in range(60)}
    assert opening(hours("UTC", WEEKDAYS, **closed), at("2026-11-30T18:00")) == Opening(
        False, at("2027-02-01T09:00")
    ), "30 January 2027 is a Saturday"
    fair = hours("UTC", NEVER, d2027_11_01=Holiday("Fair", (Span(600, 660),)))
    assert opening(fair, at("2026-11-30T18:00")) == Opening(False, at("2027-11-01T10:00"))


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        (Span(150, 300), "2026-03-29T01:00", "2026-03-29T03:00"),  # 2:30 is skipped: it opens with the change
        (Span(60, 150), "2026-03-29T00:00", "2026-03-29T01:00"),  # it ends in the skipped hour: with the change
        (Span(540, 1020), "2026-03-29T07:00", "2026-03-29T15:00"),
        (Span(0, 1440), "2026-03-28T23:00", "2026-03-29T22:00"),  # a day of 23 hours
    ],
)
def test_an_hour_that_the_clock_skips_is_the_moment_of_the_change(span: Span, first: str, last: str) -> None:
    """SYS-03. In Zagreb the clock goes from 2:00 to 3:00 on 29 March 2026, a Sunday, at 1:00 UTC."""
    desk = hours("Europe/Zagreb", on(6, span))
    assert opening(desk, at("2026-03-28T12:00")) == Opening(False, at(first))
    assert opening(desk, at(first)) == Opening(True, at(last))


def test_an_opening_that_lies_in_the_skipped_hour_does_not_happen() -> None:
    """SYS-03. A week later it does."""
    desk = hours("Europe/Zagreb", on(6, Span(120, 180)))
    assert opening(desk, at("2026-03-28T12:00")) == Opening(False, at("2026-04-05T00:00"))


@pytest.mark.parametrize(
    ("span", "first", "last"),
    [
        (Span(120, 150), "2026-10-25T00:00", "2026-10-25T01:30"),  # from the first 2:00 until the second 2:30
        (Span(60, 150), "2026-10-24T23:00", "2026-10-25T01:30"),
        (Span(150, 300), "2026-10-25T00:30", "2026-10-25T04:00"),
        (Span(0, 1440), "2026-10-24T22:00", "2026-10-25T23:00"),  # a day of 25 hours
    ],
)
def test_an_opening_in_the_doubled_hour_is_one_stretch(span: Span, first: str, last: str) -> None:
    """SYS-03. In Zagreb the clock goes from 3:00 back to 2:00 on 25 October 2026, a Sunday, at 1:00 UTC."""
    desk = hours("Europe/Zagreb", on(6, span))
    assert opening(desk, at("2026-10-24T12:00")) == Opening(False, at(first))
    moment = at(first).astimezone(UTC)
    while moment < at(last):
        assert opening(desk, moment) == Opening(True, at(last))
        moment += timedelta(minutes=15)
    assert not opening(desk, at(last)).open


@pytest.mark.parametrize(
    ("zone", "before", "first", "last"),
    [
        # The half hour of Lord Howe: 2:00 becomes 2:30 on 4 October 2026, at 15:30 UTC of the day before.
        ("Australia/Lord_Howe", "2026-10-03T12:00", "2026-10-03T15:30", "2026-10-03T16:00"),
        # No midnight in Beirut: 0:00 becomes 1:00 on 29 March 2026, at 22:00 UTC of the day before.
        ("Asia/Beirut", "2026-03-28T12:00", "2026-03-28T23:15", "2026-03-29T00:00"),
    ],
)
def test_odd_changes_of_the_clock_are_kept_too(zone: str, before: str, first: str, last: str) -> None:
    """SYS-03. Open on Sundays from 2:15 to 3:00."""
    desk = hours(zone, on(6, Span(135, 180)))
    assert opening(desk, at(before)) == Opening(False, at(first))
    assert opening(desk, at(first)) == Opening(True, at(last))


def test_a_day_that_a_zone_left_out_is_no_day() -> None:
    """SYS-03. Samoa had no 30 December 2011, a Friday."""
    desk = hours("Pacific/Apia", on(4, Span(0, 1440)))
    assert opening(desk, at("2011-12-29T12:00", "Pacific/Apia")) == Opening(
        False, at("2012-01-06T00:00", "Pacific/Apia")
    )


def test_openings_that_overlap_are_found_also_from_sunday_into_monday() -> None:
    """SYS-03."""
    assert clashing(WEEKDAYS) is None
    assert clashing(on(2, Span(60, 120), Span(120, 180))) is None
    assert clashing(on(2, Span(60, 121), Span(120, 180))) == 2
    assert clashing(((), (), (), (), (Span(1320, 1560),), (Span(60, 90),), ())) == 5
    assert clashing(((Span(0, 60),), (), (), (), (), (), (Span(1380, 1500),))) == 0
    assert clashing(((Span(60, 120),), (), (), (), (), (), (Span(1380, 1500),))) is None


@pytest.mark.parametrize(
    ("span", "possible"),
    [
        (Span(540, 1020), True),
        (Span(0, 1440), True),
        (Span(1320, 2760), True),
        (Span(1320, 2761), False),
        (Span(1020, 540), False),
        (Span(540, 540), False),
        (Span(1440, 1500), False),
        (Span(-1, 60), False),
    ],
)
def test_an_opening_ends_after_it_begins_and_within_a_day(span: Span, possible: bool) -> None:
    assert span.possible is possible
