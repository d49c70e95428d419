"""Which customers' pages say that their connection goes through a relay, so that the agent's panel can say it too."""

from callflow.ids import CallId


class Relayed:
    """Told by the pages that are open at this process; kept no longer than they are, and in no row."""

    def __init__(self) -> None:
        self._calls: set[CallId] = set()

    def __contains__(self, call: CallId) -> bool:
        return call in self._calls

    def note(self, call: CallId, relayed: bool) -> bool:
        """Note what a page says; say whether that is news."""
        if relayed == (call in self._calls):
            return False
        (self._calls.add if relayed else self._calls.discard)(call)
        return True
