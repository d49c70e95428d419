"""Whether new calls are let in: not while the server is about to stop, nor while it is busy with those it has."""

from collections.abc import Callable
from typing import Final, Literal

from signaling.http.problems import wait_for

RESTART_S: Final = 5
"""Seconds after which a page tries again that came while the server was about to stop."""
BUSY_S: Final = 10

Why = Literal["restarting", "busy"]


class Intake:
    """Lets new calls in. Calls that there are go on whatever it says.

    `busy` says whether there is room for one more; `refused` is told of each call that is sent away.
    """

    def __init__(self, busy: Callable[[], bool], refused: Callable[[Why], None]) -> None:
        self._busy = busy
        self._refused = refused
        self._closed = False

    @property
    def closed(self) -> bool:
        """The server is about to stop."""
        return self._closed

    def close(self) -> None:
        """Let no new call in any more, until the next start."""
        self._closed = True

    def require_open(self) -> None:
        """Raise the 503 that sends a new call away when it cannot be let in now."""
        if self._closed:
            self._refused("restarting")
            raise wait_for(RESTART_S, "restarting", "We are restarting. Please try again in a moment.")
        if self._busy():
            self._refused("busy")
            raise wait_for(BUSY_S, "busy", "All our lines are busy. Please try again in a moment.")
