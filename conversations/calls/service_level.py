"""How many callers were answered in time: the two service levels of mission 3.1. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Served:
    """A call that came to an answer, or was given up without one."""

    waited: float
    """Seconds until the first answer, or until the end."""
    target: float
    """Within how many seconds its queue means to answer."""
    answered: bool

    @property
    def in_time(self) -> bool:
        """Whether it did not wait longer than the target."""
        return self.waited <= self.target


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """Shares from 0 to 1; None while there is nothing to divide by."""

    of_answered: float | None
    """SL1 = answered in time / answered."""
    of_all: float | None
    """SL2 = (answered in time + abandoned in time) / (answered + abandoned): who leaves at once was not kept waiting,
    and who leaves later, or waits in vain, counts against it."""


def service_level(calls: Iterable[Served]) -> ServiceLevel:
    """Return both service levels of some calls, each judged by its own target."""
    served = list(calls)
    answered = [call for call in served if call.answered]
    return ServiceLevel(_share(answered), _share(served))


def _share(calls: list[Served]) -> float | None:
    return sum(call.in_time for call in calls) / len(calls) if calls else None
