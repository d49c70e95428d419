"""What happens next to a file, without a clock and without a server."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.delivery import (
    LOGIN_WAIT,
    LONGEST_WAIT,
    PROBE_EVERY,
    Began,
    Breaker,
    CutOff,
    Delivery,
    Event,
    GaveUp,
    Kept,
    NotKept,
    Policy,
    Refused,
    Released,
    Retargeted,
    State,
    Uploaded,
    backoff,
    failed,
    finished,
    late,
    step,
)
from recording.storages.errors import Fault, StorageError

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FULL = StorageError(Fault.DISK_FULL, "The disk is full.")
PASSWORD = StorageError(Fault.WRONG_PASSWORD, "Wrong.")
LOST = StorageError(Fault.SOURCE_LOST, "Gone.")
SPOOLED = finished(NOW)
UPLOADING = step(SPOOLED, Began(), NOW)
KEPT = step(step(UPLOADING, Refused(FULL, 0), NOW), Kept(), NOW)
GIVEN_UP = step(step(UPLOADING, Refused(FULL, 0), NOW), GaveUp(), NOW)


@pytest.mark.parametrize(
    ("before", "event", "state", "due"),
    [
        (SPOOLED, Began(), State.UPLOADING, None),
        (UPLOADING, Uploaded(), State.UPLOADED, None),
        (UPLOADING, Refused(FULL, 0), State.SPOOLED, 5),
        (UPLOADING, Refused(FULL, 1), State.SPOOLED, 4),
        (UPLOADING, Refused(PASSWORD, 0), State.SPOOLED, 15 * 60),
        (UPLOADING, Refused(LOST, 0), State.FAILED, 5),
        (UPLOADING, CutOff(), State.SPOOLED, 0),
        (KEPT, Began(), State.UPLOADING, None),
        (step(KEPT, Began(), NOW), Refused(FULL, 0), State.FAILED_OVER, 10),
        (step(KEPT, Began(), NOW), Refused(LOST, 0), State.FAILED_OVER, 10),
        (step(KEPT, Began(), NOW), CutOff(), State.FAILED_OVER, 0),
        (step(KEPT, Began(), NOW), Uploaded(), State.UPLOADED, None),
        (GIVEN_UP, Kept(), State.FAILED_OVER, 5),
        (GIVEN_UP, Released(), State.FAILED, 0),
        (GIVEN_UP, Retargeted(), State.SPOOLED, 0),
        (SPOOLED, NotKept(FULL, 0), State.FAILED, 5),
        (step(UPLOADING, Uploaded(), NOW), Refused(FULL, 0), State.UPLOADED, None),
        (step(UPLOADING, Uploaded(), NOW), Retargeted(), State.UPLOADED, None),
    ],
)
def test_each_event_leads_to_the_next_state_and_time(
    before: Delivery, event: Event, state: State, due: float | None
) -> None:
    """FTP-03, FTP-04."""
    after = step(before, event, NOW)
    assert after.state is state
    assert after.due == (None if due is None else NOW + timedelta(seconds=due))


def test_waits_double_from_5_seconds_to_15_minutes() -> None:
    """FTP-04: retry with back-off."""
    waits = [backoff(tries, 0).total_seconds() for tries in range(1, 11)]
    assert waits == [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]
    assert backoff(10_000, 1) == LONGEST_WAIT * 0.8


def test_a_file_is_late_after_so_many_tries_or_minutes_and_once_only() -> None:
    """FTP-03, FTP-04."""
    over, alone = Policy(failover=True, tries=3, patience=10 * MINUTE), Policy(failover=False, tries=3)
    assert not late(SPOOLED, over, NOW + 9 * MINUTE)
    assert late(SPOOLED, over, NOW + 10 * MINUTE)
    assert late(replace(SPOOLED, tries=3), over, NOW)
    assert not late(replace(UPLOADING, tries=3), over, NOW)
    assert not late(KEPT, over, NOW + 99 * MINUTE)
    assert late(GIVEN_UP, over, NOW + 99 * MINUTE), "failover was switched on later"
    assert not late(step(SPOOLED, NotKept(FULL, 0), NOW), replace(over, tries=0), NOW), (
        "the own disk is full: not at once"
    )
    assert not late(GIVEN_UP, alone, NOW + 99 * MINUTE), "told once is enough"


def test_three_failures_open_the_breaker_and_a_refused_login_opens_it_at_once() -> None:
    """A breaker per target; an account is not locked by trying on."""
    breaker = Breaker()
    for failures in (1, 2):
        breaker = failed(breaker, FULL, NOW)
        assert (breaker.closed, breaker.failures) == (True, failures)
    assert failed(breaker, LOST, NOW) == breaker, "our own file says nothing of the target"
    breaker = failed(breaker, FULL, NOW)
    assert breaker.probe_at == NOW + PROBE_EVERY
    assert not breaker.probe_due(NOW)
    assert breaker.probe_due(NOW + PROBE_EVERY)
    assert failed(breaker, FULL, NOW + PROBE_EVERY).probe_at == NOW + 2 * PROBE_EVERY
    assert failed(Breaker(), PASSWORD, NOW).probe_at == NOW + LOGIN_WAIT


errors = st.sampled_from([StorageError(fault, "A sentence.") for fault in Fault])
chances = st.floats(0, 1)
events = st.one_of(
    st.builds(Refused, errors, chances),
    st.builds(NotKept, errors, chances),
    *(st.just(event) for event in (Began(), Uploaded(), CutOff(), Kept(), GaveUp(), Released(), Retargeted())),
)


@given(st.lists(st.tuples(events, st.integers(0, 3600)), max_size=40))
def test_whatever_happens_a_file_is_delivered_or_due_and_deletable_only_with_a_verified_copy(
    happenings: list[tuple[Event, int]],
) -> None:
    """Never lost: whoever holds the file may let go of it only after somebody else was seen to have it."""
    delivery, now = finished(NOW), NOW
    uploaded = kept = False
    for event, seconds in happenings:
        now += timedelta(seconds=seconds)
        delivery = step(delivery, event, now)
        uploaded |= isinstance(event, Uploaded)
        kept |= isinstance(event, Kept) and not uploaded
        assert delivery.deletable == (uploaded or kept)
        assert delivery.kept_deletable == uploaded
        assert (delivery.state is State.UPLOADED) == uploaded
        assert (delivery.due is None) == (delivery.state in (State.UPLOADED, State.UPLOADING))
        assert delivery.due is None or delivery.due <= now + LONGEST_WAIT
