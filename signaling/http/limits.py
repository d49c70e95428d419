"""How often one may try: token buckets in memory, of bounded size (reliability.md 2.4)."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from signaling.http.client import client_of
from signaling.http.problems import slow_down
from signaling.http.rules import Principal, SignedIn

MOST_KEYS: Final = 20_000
"""Keys that one limit remembers; the one that was quiet longest is forgotten first."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class TokenBuckets:
    """At most `per_minute` tries a minute for each key, of which `burst` may come at once.

    `clock` returns monotonic seconds; tests move it.
    """

    def __init__(
        self, per_minute: float, burst: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_minute / 60
        self._burst = burst if burst is not None else per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait(self, key: str) -> float:
        """Return the seconds until `key` may try again, 0 when it may now. Takes nothing."""
        bucket = self._filled(key)
        return 0.0 if bucket.tokens >= 1 else (1 - bucket.tokens) / self._per_second

    def take(self, key: str) -> float:
        """Take one try. Return 0, or the seconds to wait, in which case nothing was taken."""
        wait = self.wait(key)
        if wait == 0:
            self._buckets[key].tokens -= 1
        return wait

    def require(self, key: str) -> None:
        """Take one try, or raise the 429."""
        wait = self.take(key)
        if wait:
            raise slow_down(wait)

    def give_back(self, key: str) -> None:
        """Undo one `take`."""
        self._filled(key).tokens += 1

    def _filled(self, key: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self._burst, now)
            if len(self._buckets) > MOST_KEYS:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._per_second)
        bucket.at = now
        return bucket


@dataclass(slots=True)
class _Tries:
    failures: int
    next_at: float
    last_at: float


class LoginDelay:
    """Slows wrong passwords and never locks: after `FREE` failures each further one doubles a wait, up to `LONGEST`.

    A place from which an account signed in before has a count of its own, so that a stranger who guesses slows only
    strangers. A right password forgets the failures.
    """

    FREE: Final = 5
    FIRST: Final = 12.0
    """Seconds: five a minute."""
    LONGEST: Final = 60.0
    FORGET: Final = 15 * 60.0
    """Seconds of quiet after which failures are forgotten."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tries: OrderedDict[tuple[str, str], _Tries] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._per_address = TokenBuckets(20, clock=clock)

    def check(self, login: str, block: str) -> None:
        """Raise the 429 when this account or this address has to wait. Call it before a password is looked at."""
        self._per_address.require(block)
        tries = self._tries.get(self._key(login, block))
        if tries is not None and tries.next_at > self._clock():
            raise slow_down(tries.next_at - self._clock(), "Too many wrong passwords. Wait a moment, then try again.")
        # The wait starts here and not at the answer, or parallel tries would all be looked at.
        self._count(login, block)

    def succeeded(self, login: str, block: str) -> None:
        """Forget the failures, and remember that this person signs in from here."""
        self._tries.pop(self._key(login, block), None)
        place = (login.casefold(), block)
        self._tries.pop(place, None)
        self._per_address.give_back(block)
        self._known[place] = None
        self._known.move_to_end(place)
        if len(self._known) > MOST_KEYS:
            self._known.popitem(last=False)

    def _key(self, login: str, block: str) -> tuple[str, str]:
        place = (login.casefold(), block)
        return place if place in self._known else (login.casefold(), "")

    def _count(self, login: str, block: str) -> None:
        now = self._clock()
        key = self._key(login, block)
        tries = self._tries.get(key)
        if tries is None or now - tries.last_at > self.FORGET:
            tries = self._tries[key] = _Tries(0, now, now)
            if len(self._tries) > MOST_KEYS:
                self._tries.popitem(last=False)
        self._tries.move_to_end(key)
        tries.failures += 1
        tries.last_at = now
        over = tries.failures - self.FREE
        tries.next_at = now if over < 0 else now + min(self.LONGEST, self.FIRST * 2**over)


class RequestLimit:
    """600 REST requests a minute for each session or, for people who are not signed in, address."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._buckets = TokenBuckets(600, clock=clock)

    def check(self, who: Principal, request: web.Request) -> None:
        """Raise the 429 when `who` asks too often."""
        # A guest's cookie is free to make up, so guests are counted by address.
        key = who.token if isinstance(who, SignedIn) else client_of(request).block
        self._buckets.require(key)


class Limits:
    """All limits of one node, each with its key in its name."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.requests = RequestLimit(clock)
        self.login = LoginDelay(clock)
        self.unknown_tokens_by_address = TokenBuckets(20, clock=clock)
        self.joins_by_link = TokenBuckets(10, clock=clock)
        self.offers_by_link = TokenBuckets(20, clock=clock)
        self.sockets_by_address = TokenBuckets(30, clock=clock)
        self.messages_by_guest = TokenBuckets(120, burst=20, clock=clock)
