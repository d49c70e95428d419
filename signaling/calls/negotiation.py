"""Offers and answers: one way for every leg, first time or after a reload (PLUS-01)."""

import asyncio
from typing import Final
from weakref import WeakValueDictionary

from callflow.call import Call
from callflow.engine import Engine
from callflow.errors import RefusedError
from callflow.events import LegLost, TransportOpened
from callflow.ids import LegId, TransportId
from callflow.wiring import Answer, MediaPort, MediaRefusedError
from conversations.calls.store import CallTransaction
from signaling.ice import IceServers
from signaling.models.agents import LegAnswer

CODECS: Final = ("opus", "VP8")


class Negotiation:
    """Gives legs their transports."""

    def __init__(self, engine: Engine[CallTransaction], media: MediaPort, ice: IceServers) -> None:
        self._engine = engine
        self._media = media
        self._ice = ice
        self._turns = WeakValueDictionary[LegId, asyncio.Lock]()

    async def answer(self, call: Call, leg: LegId, sdp: str, tab: str | None) -> LegAnswer:
        """Answer an offer for a leg of a call.

        Raises `MediaRefusedError` for a bad offer, `RefusedError` ``too_late`` when the call went on meanwhile.
        """
        # One offer of a leg at a time: a page that reloads while its first offer still waits would make the leg twice.
        async with self._turns.setdefault(leg, asyncio.Lock()):
            answer = await self._connect(call, leg, sdp, tab)
        return LegAnswer(sdp=answer.sdp, transport=answer.transport, ice_servers=self._ice.for_leg(leg))

    async def _connect(self, call: Call, leg: LegId, sdp: str, tab: str | None) -> Answer:
        opened = False
        try:
            answer = await self._media.reopen(leg, sdp)
        except MediaRefusedError as error:
            if error.code != "unknown_leg":
                raise
            answer = await self._media.open(call.id, leg, sdp, CODECS)
            opened = True
        try:
            now = await self._engine.ask(call.id, TransportOpened(leg, answer.transport, tab))
            if not now.live:
                raise RefusedError("too_late", "The call is over.")
        except BaseException as error:
            if opened or isinstance(error, RefusedError):  # else it serves a call that may go on
                self._media.close(leg)
            raise
        return answer

    async def lost(self, call: Call, leg: LegId, transport: str) -> None:
        """A page says that it is going away: the other side is told at once, and nothing ends by it."""
        await self._engine.ask(call.id, LegLost(leg, TransportId(transport)))
