"""Where a caller stands, and how long it may take."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callflow.call import Priority
from callflow.places import expected_wait, places
from callflow.waiting import Place
from tests.callflow.queue_people import caller

pytestmark = pytest.mark.unit

MINUTE = timedelta(minutes=1)


def test_callers_stand_in_the_order_in_which_they_are_served() -> None:
    """PLUS-03, PLUS-12."""
    back, urgent = replace(caller(4), returned=True), replace(caller(5), priority=Priority.URGENT)
    line = places([caller(3), urgent, caller(1), back, caller(2)], 1, 2 * MINUTE)
    assert line == {  # caller 4 came last and talked to somebody already; 5 is urgent
        "call_4": Place(1, 2 * MINUTE),
        "call_5": Place(2, 4 * MINUTE),
        "call_1": Place(3, 6 * MINUTE),
        "call_2": Place(4, 8 * MINUTE),
        "call_3": Place(5, 10 * MINUTE),
    }


@pytest.mark.parametrize(
    ("position", "at_work", "handling", "told"),
    [
        (1, 1, timedelta(seconds=5), MINUTE),
        (1, 1, MINUTE, MINUTE),
        (1, 1, timedelta(seconds=61), 2 * MINUTE),
        (7, 2, 3 * MINUTE, 15 * MINUTE),
        (3, 5, 4 * MINUTE, 3 * MINUTE),
        (1, 1, timedelta(0), MINUTE),
    ],
)
def test_the_expected_wait_is_rounded_up_for_people(
    position: int, at_work: int, handling: timedelta, told: timedelta
) -> None:
    """PLUS-12: to the minute, and to five of them above ten."""
    assert expected_wait(position, at_work, handling) == told


def test_nothing_is_said_of_the_wait_where_nothing_is_known() -> None:
    """PLUS-12: nobody works, or nobody was ever answered."""
    assert expected_wait(1, 0, MINUTE) is None
    assert expected_wait(1, 3, None) is None


@given(st.lists(st.integers(0, 50), unique=True, min_size=1), st.data(), st.integers(1, 9), st.integers(0, 999))
@settings(derandomize=True, max_examples=80, deadline=None, database=None)
def test_a_place_only_grows_better_as_others_leave_and_later_ones_come(
    numbers: list[int], data: st.DataObject, at_work: int, seconds: int
) -> None:
    """PLUS-12: positions are 1, 2, 3 and so on, and fall only."""
    handling = timedelta(seconds=seconds)
    before = places(map(caller, numbers), at_work, handling)
    assert sorted(place.position for place in before.values()) == list(range(1, len(numbers) + 1))
    stay = data.draw(st.lists(st.sampled_from(numbers), unique=True))
    after = places([*map(caller, stay), caller(99)], at_work, handling)
    for number in stay:
        call = caller(number).id
        was, now = before[call], after[call]
        assert now.position <= was.position
        assert now.wait is not None
        assert was.wait is not None
        assert now.wait <= was.wait
