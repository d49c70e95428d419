"""What happens next to a finished file on its way to the customer's server. Pure: no clock, no I/O, no chance.

A file is spooled, is being uploaded, and at last uploaded: seen there, verified. Where that does not succeed in time
it is copied to the own storage (failed over), or, with failover switched off, marked as failed. Neither is an end: it
stays due, and is delivered when the target is back. Nothing may be deleted that is not verified somewhere else.

How long: 5 s after the first failure, doubling to 15 minutes, each spread by a number that the caller draws; 15 minutes
at once when the login was refused, since trying on would lock the account. Beside the files each target has a breaker:
after three failures in a row nothing is sent to it, a probe every 15 s tries a small upload, and a good one makes all
its files due at once (reliability, section 3).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

from recording.storages.errors import Fault, StorageError

FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=15)
SPREAD: Final = 0.2
"""A wait is up to so much shorter: many files do not come back in one moment."""
LOGIN_WAIT: Final = timedelta(minutes=15)
PROBE_EVERY: Final = timedelta(seconds=15)
OPENS_AFTER: Final = 3
"""Failures in a row that open the breaker."""
MOST_AT_ONCE: Final = 2


class State(StrEnum):
    """Where a file stands. Only `UPLOADED` is an end."""

    SPOOLED = "spooled"
    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    FAILED_OVER = "failed_over"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Policy:
    """How long the target is waited for before something else is done."""

    failover: bool
    """Copy to the own storage when the target fails. Without it the file stays where it is."""
    tries: int = 5
    patience: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file's way. `due` is None in the two states in which nothing has to happen: uploading and uploaded."""

    state: State
    since: datetime
    """When it was finished, or last given another target: the policy's patience counts from here."""
    due: datetime | None
    tries: int = 0
    kept: bool = False
    """The own storage has a verified copy."""
    fault: Fault | None = None
    sentence: str = ""
    """Of the last failure."""

    @property
    def deletable(self) -> bool:
        """Whether the finished file may be deleted, once retention wants to: there is a verified copy elsewhere.

        Where the own storage is the folder of finished files itself (`shelf.KeptInPlace`) only `UPLOADED` says so.
        """
        return self.state is State.UPLOADED or self.kept

    @property
    def kept_deletable(self) -> bool:
        """Whether the copy in the own storage may be deleted: the target has the file."""
        return self.state is State.UPLOADED


def finished(now: datetime) -> Delivery:
    """Return the delivery of a file that was just finished."""
    return Delivery(State.SPOOLED, since=now, due=now)


@dataclass(frozen=True, slots=True)
class Began:
    """An upload of it begins."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The target has it, verified."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An upload failed."""

    error: StorageError
    chance: float
    """From 0 to 1, drawn by the caller."""


@dataclass(frozen=True, slots=True)
class CutOff:
    """The process that uploaded it is gone; nobody knows how far it came. The storage looks before it sends again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The own storage has a copy, verified."""


@dataclass(frozen=True, slots=True)
class NotKept:
    """The own storage could not take a copy."""

    error: StorageError
    chance: float


@dataclass(frozen=True, slots=True)
class GaveUp:
    """It took too long, and there is no failover: people are told, and it goes on."""


@dataclass(frozen=True, slots=True)
class Released:
    """The target works again, or was switched on: no reason to wait any more."""


@dataclass(frozen=True, slots=True)
class Retargeted:
    """The target is another one now, or another account on it."""


Event = Began | Uploaded | Refused | CutOff | Kept | NotKept | GaveUp | Released | Retargeted


def step(delivery: Delivery, event: Event, now: datetime) -> Delivery:
    """Return the delivery after the event. One that is uploaded stays so, whatever comes late."""
    if delivery.state is State.UPLOADED:
        return delivery
    match event:
        case Began():
            return replace(delivery, state=State.UPLOADING, due=None, tries=delivery.tries + 1)
        case Uploaded():
            return replace(delivery, state=State.UPLOADED, due=None, fault=None, sentence="")
        case Refused(error, chance):
            lost = error.fault in (Fault.SOURCE_LOST, Fault.SOURCE_CHANGED)
            resting = State.FAILED if lost and not delivery.kept else _resting(delivery)
            return _waiting(replace(delivery, state=resting), error, chance, now)
        case CutOff():
            return replace(delivery, state=_resting(delivery), due=now)
        case Kept():
            return replace(delivery, state=State.FAILED_OVER, kept=True, due=delivery.due or now)
        case NotKept(error, chance):
            return _waiting(replace(delivery, state=State.FAILED), error, chance, now)
        case GaveUp():
            return replace(delivery, state=State.FAILED, due=delivery.due or now)
        case Released():
            return delivery if delivery.state is State.UPLOADING else replace(delivery, due=now)
        case Retargeted():
            return replace(delivery, state=_fresh(delivery), since=now, due=now, tries=0, fault=None, sentence="")
        case _:
            assert_never(event)


def _resting(delivery: Delivery) -> State:
    """Return the state between two uploads."""
    if delivery.kept:
        return State.FAILED_OVER
    return State.FAILED if delivery.state is State.FAILED else State.SPOOLED


def _fresh(delivery: Delivery) -> State:
    return State.FAILED_OVER if delivery.kept else State.SPOOLED


def _waiting(delivery: Delivery, error: StorageError, chance: float, now: datetime) -> Delivery:
    wait = LOGIN_WAIT if error.auth else backoff(delivery.tries, chance)
    return replace(delivery, due=now + wait, fault=error.fault, sentence=error.sentence)


def backoff(tries: int, chance: float) -> timedelta:
    """Return how long to wait after so many tries."""
    whole = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(max(tries - 1, 0), 20))
    return whole * (1 - SPREAD * chance)


def late(delivery: Delivery, policy: Policy, now: datetime) -> bool:
    """Say whether something else than waiting for the target is to be done now."""
    if delivery.state in (State.UPLOADING, State.UPLOADED) or delivery.kept:
        return False
    if delivery.state is State.FAILED and (not policy.failover or (delivery.due is not None and delivery.due > now)):
        return False
    return delivery.tries >= policy.tries or now - delivery.since >= policy.patience


@dataclass(frozen=True, slots=True)
class Breaker:
    """Whether files are sent to a target: closed they are, open they are not."""

    failures: int = 0
    probe_at: datetime | None = None
    """When the next probe is due; None while the breaker is closed."""

    @property
    def closed(self) -> bool:
        """Whether files are sent."""
        return self.probe_at is None

    def probe_due(self, now: datetime) -> bool:
        """Say whether a probe is to be sent now."""
        return self.probe_at is not None and self.probe_at <= now


def failed(breaker: Breaker, error: StorageError, now: datetime) -> Breaker:
    """Return the breaker after a failed upload or probe. A fault of our own file says nothing of the target."""
    if not error.of_the_target:
        return breaker
    failures = breaker.failures + 1
    if error.auth:
        return Breaker(failures, now + LOGIN_WAIT)
    if failures >= OPENS_AFTER or not breaker.closed:
        return Breaker(failures, now + PROBE_EVERY)
    return Breaker(failures)
