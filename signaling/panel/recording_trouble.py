"""Tells open panels, as long as it is so, that the disk for recordings is full, broken or slow (reliability 3, S16).

Who leads is told of everything, an agent of what concerns the own call. Nothing here asks the database, which may lie
on the same disk.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from callflow.call import Call
from callflow.ids import AgentId, CallId, RecordingId
from callflow.recorded import call_of
from recording.space import Space, SpaceWatch
from recording.troubles import DiskTrouble, Troubles, worst
from signaling.http.rules import SignedIn
from signaling.panel.hub import Hub

LOOK_EVERY_S: Final = 0.5
_SPACE: Final = {Space.NONE: DiskTrouble.NO_SPACE, Space.LOW: DiskTrouble.LOW_SPACE}


class RecordingTroubleFeed:
    """Compares what is true with what each panel was told last."""

    def __init__(self, hub: Hub, troubles: Troubles, space: SpaceWatch, live: Callable[[CallId], Call | None]) -> None:
        self._hub = hub
        self._troubles = troubles
        self._space = space
        self._live = live

    async def run(self) -> None:
        """Tell until cancelled."""
        while True:
            self._hub.push_recording_trouble(self.told)
            await asyncio.sleep(LOOK_EVERY_S)

    def told(self, who: SignedIn) -> DiskTrouble | None:
        """Return what somebody is told now."""
        disks = self._troubles.disks()
        if not who.user.leads:
            own = {trouble for recording, trouble in disks if self._talks(who.user.id, recording)}
            return worst(own)
        found = {trouble for _, trouble in disks}
        if (space := _SPACE.get(self._space.space)) is not None:
            found.add(space)
        return worst(found)

    def _talks(self, agent: AgentId, recording: RecordingId) -> bool:
        call = self._live(call_of(recording))
        return call is not None and call.agent == agent
