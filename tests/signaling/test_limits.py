"""The limits by themselves, on a clock that the test moves."""

import pytest

from signaling.http import limits
from signaling.http.limits import LoginDelay, TokenBuckets
from signaling.http.problems import Problem

pytestmark = pytest.mark.unit


class Watch:
    """A clock in seconds."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def looked_at(delay: LoginDelay, login: str, block: str) -> bool:
    """Say whether a password would be looked at now."""
    try:
        delay.check(login, block)
    except Problem as problem:
        return problem.status != 429
    return True


def test_a_bucket_fills_again_with_time() -> None:
    """Reliability 2.4."""
    watch = Watch()
    buckets = TokenBuckets(60, burst=2, clock=watch)
    assert [buckets.take("a") == 0 for _ in range(3)] == [True, True, False]
    assert buckets.take("b") == 0
    watch.now += 1
    assert buckets.take("a") == 0
    assert 0 < buckets.take("a") <= 1


def test_a_limit_remembers_a_bounded_number_of_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reliability 2.4: a flood of addresses fills no memory."""
    monkeypatch.setattr(limits, "MOST_KEYS", 3)
    buckets = TokenBuckets(1, clock=Watch())
    for name in "abcde":
        buckets.take(name)
    assert buckets.wait("e") > 0
    assert buckets.wait("a") == 0, "the oldest was forgotten"


def test_wrong_passwords_are_slowed_more_and_more_but_never_locked() -> None:
    """Reliability S24: of 1,000 tries in ten minutes under 30 are looked at, and one is always possible soon."""
    watch = Watch()
    delay = LoginDelay(watch)
    looked = 0
    for n in range(1000):
        watch.now += 0.6
        looked += looked_at(delay, "ann", f"10.0.{n % 200}.1")
    assert 5 <= looked <= 30
    watch.now += LoginDelay.LONGEST
    assert looked_at(delay, "ann", "10.9.9.9")


def test_a_right_password_forgets_the_failures_and_names_are_told_apart_by_no_case() -> None:
    """Reliability 2.2."""
    watch = Watch()
    delay = LoginDelay(watch)
    assert all(looked_at(delay, "ann", "10.0.0.1") for _ in range(5))
    assert not looked_at(delay, "ANN", "10.0.0.1")
    watch.now += 20
    assert looked_at(delay, "ann", "10.0.0.1")
    delay.succeeded("ann", "10.0.0.1")
    assert looked_at(delay, "ann", "10.0.0.1")


def test_a_stranger_who_guesses_does_not_slow_the_person_where_he_signed_in_before() -> None:
    """Reliability 2.2: lock-out abuse."""
    watch = Watch()
    delay = LoginDelay(watch)
    assert looked_at(delay, "ann", "10.0.0.1")
    delay.succeeded("ann", "10.0.0.1")
    for n in range(20):
        looked_at(delay, "ann", f"10.6.6.{n}")
    assert not looked_at(delay, "ann", "10.6.6.99")
    assert looked_at(delay, "ann", "10.0.0.1")


def test_one_address_that_tries_many_accounts_is_slowed() -> None:
    """Reliability 2.4: 20 a minute for an address."""
    delay = LoginDelay(Watch())
    assert [looked_at(delay, f"user{n}", "10.0.0.1") for n in range(25)] == [True] * 20 + [False] * 5
