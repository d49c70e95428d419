"""The clock of everything that waits: the wall clock may jump, and no timer notices (reliability.md S22)."""

import random
from datetime import UTC, datetime, timedelta, tzinfo
from types import SimpleNamespace

import pytest

from callflow.clock import SystemClock

pytestmark = pytest.mark.unit

SEED = 20261122
JUMPS = 20
HOUR = 3600.0


class Machine:
    """A computer whose wall clock can be set."""

    def __init__(self) -> None:
        self.monotonic = 1000.0
        self.wall = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def pass_time(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += timedelta(seconds=seconds)

    def set_clock(self, by: float) -> None:
        self.wall += timedelta(seconds=by)

    def now(self, zone: tzinfo | None = None) -> datetime:
        return self.wall.astimezone(zone)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr("callflow.clock.datetime", machine)
    monkeypatch.setattr("callflow.clock.time", SimpleNamespace(monotonic=lambda: machine.monotonic))
    return machine


class NaiveClock:
    """What a clock would be that asks for the wall time each time."""

    def __init__(self, machine: Machine) -> None:
        self.now = lambda: machine.now(UTC)


def furthest_from_truth(clock: SystemClock | NaiveClock, machine: Machine) -> tuple[float, float]:
    """Let the wall clock jump; return by how much the clock was wrong at most, and its longest way back, in seconds."""
    rng = random.Random(SEED)
    begin, at_first, last = clock.now(), machine.monotonic, clock.now()
    wrong = back = 0.0
    for _ in range(JUMPS):
        machine.pass_time(rng.uniform(0, 300))
        machine.set_clock(rng.choice((HOUR, -HOUR)))
        now = clock.now()
        truth = begin + timedelta(seconds=machine.monotonic - at_first)
        wrong = max(wrong, abs((now - truth).total_seconds()))
        back = max(back, (last - now).total_seconds())
        last = now
    return wrong, back


def test_jumps_of_the_wall_clock_move_no_timer(machine: Machine) -> None:
    """PLUS-15; S22: twenty jumps of an hour, forward and back: right within a second, and never backwards."""
    wrong, back = furthest_from_truth(SystemClock(), machine)
    assert wrong < 1
    assert back == 0


def test_a_clock_that_asks_for_the_wall_time_would_be_noticed(machine: Machine) -> None:
    """S22 can fail."""
    wrong, back = furthest_from_truth(NaiveClock(machine), machine)
    assert wrong >= HOUR
    assert back > HOUR - 301


def test_a_clock_that_was_set_back_goes_on_from_the_time_that_was_told_last(machine: Machine) -> None:
    """PLUS-08; S22: and from there on it is right again."""
    told = SystemClock().now()
    machine.set_clock(-HOUR)
    clock = SystemClock()
    assert clock.go_on_from(told)
    assert clock.now() == told
    machine.pass_time(30)
    assert clock.now() == told + timedelta(seconds=30)


def test_a_clock_that_was_not_set_back_is_left_alone(machine: Machine) -> None:
    """S22: time that passed while nothing ran has passed; a clock that was set forward looks the same."""
    told = SystemClock().now()
    machine.pass_time(20)
    clock = SystemClock()
    assert not clock.go_on_from(told)
    assert clock.now() == told + timedelta(seconds=20)
