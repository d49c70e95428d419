"""The wallboard for who asks once; panels that show it are pushed the same."""

from signaling.http.api import Api
from signaling.http.rules import SUPERVISOR
from signaling.models.wallboard import Wallboard
from signaling.panel.wallboard import WallboardFeed


class WallboardApi:
    """Handler of `/wallboard`."""

    def __init__(self, feed: WallboardFeed) -> None:
        self._feed = feed

    def register(self, api: Api) -> None:
        """Add the route."""
        api.get("/wallboard", self.get_wallboard, rule=SUPERVISOR, tag="supervisor")

    async def get_wallboard(self) -> Wallboard:
        """Return who waits, how today went, and what the agents do, in all and by queue."""
        return await self._feed.read()
