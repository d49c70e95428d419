"""Which agents have a panel open, told to the engine (AP-03, PLUS-05)."""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from callflow.agent import Agent, Rung, Sound
from callflow.agent_machine import AgentEvent, PanelArrived, PanelsGone, SoundChanged
from callflow.clock import Clock
from callflow.ids import AgentId

log = logging.getLogger(__name__)

SILENT_RINGING: Final = timedelta(seconds=5)
"""How long a ringing panel may say nothing: it sends a heartbeat every 2 s (reliability.md section 3)."""
SILENT: Final = timedelta(seconds=45)
LOOK_EVERY: Final = 1.0
LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class Agents(Protocol):
    """The engine, as far as presence needs it."""

    async def agent(self, agent: AgentId, event: AgentEvent) -> Agent:
        """Perform an event of an agent."""
        ...


@dataclass(eq=False)
class Seat:
    """One panel of an agent: when it was heard last, and whether it can ring."""

    agent: AgentId
    sound: Sound
    heard_at: datetime


@dataclass
class _Desk:
    """All that is known of one agent's panels. The lock keeps what the engine is told in order."""

    seats: set[Seat] = field(default_factory=set[Seat])
    told: Sound | None = None
    """The sound that the engine knows of; None while it thinks that no panel is there."""
    ringing: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Presence:
    """Keeps the engine's view of every agent's panels true."""

    def __init__(self, engine: Agents, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._desks: dict[AgentId, _Desk] = {}

    async def sit(self, agent: AgentId, sound: Sound) -> Seat:
        """A panel of this agent is open."""
        seat = Seat(agent, sound, self._clock.now())
        self._desks.setdefault(agent, _Desk()).seats.add(seat)
        await self._tell(agent)
        return seat

    async def heard(self, seat: Seat, sound: Sound | None = None) -> None:
        """The panel said something, perhaps whether it can ring."""
        seat.heard_at = self._clock.now()
        if sound is not None:
            seat.sound = sound
        desk = self._desks.get(seat.agent)
        if desk is not None and desk.told is not self._wanted(desk):
            await self._tell(seat.agent)

    async def leave(self, seat: Seat) -> None:
        """The panel is closed."""
        desk = self._desks.get(seat.agent)
        if desk is not None:
            desk.seats.discard(seat)
            await self._tell(seat.agent)

    def saw(self, agent: Agent) -> None:
        """Note whether an agent is rung: a silent panel matters sooner then."""
        desk = self._desks.get(agent.id)
        if desk is not None:
            ringing = isinstance(agent.activity, Rung)
            if ringing and not desk.ringing:
                now = self._clock.now()
                for seat in desk.seats:
                    seat.heard_at = max(seat.heard_at, now - SILENT_RINGING / 2)
            desk.ringing = ringing

    async def run(self) -> None:
        """Look for panels that fell silent, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self.look()

    async def look(self) -> None:
        """Tell the engine what is not as it was told: a panel fell silent, or the engine could not listen before."""
        for agent, desk in list(self._desks.items()):
            if desk.told is not self._wanted(desk):
                await self._tell(agent)

    def _wanted(self, desk: _Desk) -> Sound | None:
        """Return what the engine should know: the best sound of a panel that is not silent, None without one."""
        limit = self._clock.now() - (SILENT_RINGING if desk.ringing else SILENT)
        sounds = {seat.sound for seat in desk.seats if seat.heard_at >= limit}
        return next((sound for sound in (Sound.READY, Sound.BLOCKED, Sound.OFF) if sound in sounds), None)

    async def _tell(self, agent: AgentId) -> None:
        desk = self._desks.get(agent)
        if desk is None:
            return
        async with desk.lock:
            wanted = self._wanted(desk)
            if wanted is desk.told:
                return
            event: AgentEvent
            if wanted is None:
                event = PanelsGone(silent=bool(desk.seats))
                # Who was silent in a ring stays gone until he says something, though 45 s are allowed after it.
                for seat in desk.seats:
                    seat.heard_at = LONG_AGO
            elif desk.told is None:
                event = PanelArrived(wanted)
            else:
                event = SoundChanged(wanted)
            try:
                await self._engine.agent(agent, event)
                desk.told = wanted
            except Exception:
                log.exception("the engine could not be told of agent %s's panels", agent)
            if not desk.seats and desk.told is None:
                self._desks.pop(agent, None)
