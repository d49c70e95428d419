"""Whether new calls are let in."""

from typing import Final

from signaling.http.problems import wait_for

RESTART_S: Final = 5
"""Seconds after which a page tries again that came while the server was about to stop."""


class Door:
    """Lets new calls in until it is closed. Calls that there are go on whatever it says."""

    def __init__(self) -> None:
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
            raise wait_for(RESTART_S, "restarting", "We are restarting. Please try again in a moment.")
