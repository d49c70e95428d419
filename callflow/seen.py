"""Each live call as last committed by this process: to find a leg's call, and to stop its media before a write."""

from callflow.call import Call, LegState, Waiting
from callflow.ids import CallId, LegId


class Seen:
    """The calls that are not over."""

    def __init__(self) -> None:
        self._calls: dict[CallId, Call] = {}
        self._legs: dict[LegId, CallId] = {}

    def note(self, call: Call) -> None:
        """This is the call now."""
        before = self._calls.pop(call.id, None)
        for party in before.parties if before is not None else ():
            self._legs.pop(party.leg.id, None)
        if call.live:
            self._calls[call.id] = call
            self._legs.update({party.leg.id: call.id for party in call.parties})

    def call(self, call: CallId) -> Call | None:
        """Return a live call."""
        return self._calls.get(call)

    def of_leg(self, leg: LegId) -> CallId | None:
        """Name the call whose leg this is."""
        return self._legs.get(leg)

    @property
    def carried(self) -> int:
        """How many calls are talked in or ring, or take a message, with anybody there: only these lose by a stop."""
        return sum(_carried(call) for call in self._calls.values())

    @property
    def empty(self) -> bool:
        """Whether nothing is remembered."""
        return not self._calls and not self._legs


def _carried(call: Call) -> bool:
    there = any(party.leg.state is LegState.UP for party in call.parties)
    return there and (call.message is not None or not isinstance(call.phase, Waiting))
