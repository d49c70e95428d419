"""How long each state lasts that must not last: read from the rows alone, by numbers that are not the code's own."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from callflow.agent import Agent, Rung, WrapUp
from callflow.call import Call, Leg, LegState
from callflow.engine import SOONEST, SWEEP_EVERY
from callflow.ids import LegId
from tests.callflow.memory import MemoryWorld

State = tuple[str, str, str]
"""Which limit it has, and whose it is: a call's and a ring's, or an agent's and a call's."""
SECONDS = {
    "rings": 20 + 2,
    "rings at who is gone": 5,
    "customer is gone": 4,
    "customer is away": 60 + 2,
    "wraps up": 30 + 2,
}
"""S5: the limits of these queues and agents, and how much later the end may be. A line is gone until it is noticed.

What comes before is not the engine's: that a panel has said nothing for 5 s is `signaling/panel/presence.py`'s to
notice, which looks once a second, and its ring ends at once then.
"""
WITHOUT_TIMERS = SECONDS | {"rings at who is gone": 5 + 1}
"""With every timer lost: to what S5 gives no time beyond its limit comes the second of the look at all deadlines."""
SILENCE = 3.0
"""Seconds without a packet after which the media plane calls a line silent (`tests/media/test_watchdog.py`)."""


@dataclass
class Watch:
    """Notes since when each of these states is there. `late` holds those that lasted too long."""

    limits: Mapping[str, int] = field(default_factory=lambda: SECONDS)
    since: dict[State, datetime] = field(default_factory=dict[State, datetime])
    longest: dict[str, float] = field(default_factory=lambda: dict.fromkeys(SECONDS, 0.0))
    """Seconds, for each limit."""
    late: set[State] = field(default_factory=set[State])

    def look(self, calls: list[Call], agents: list[Agent], dead: Collection[LegId], now: datetime) -> None:
        """Look at the rows once. `dead` are the legs that send nothing any more."""
        self.since = {state: self.since.get(state, now) for state in states(calls, agents, dead)}
        for state, since in self.since.items():
            seconds = (now - since).total_seconds()
            self.longest[state[0]] = max(self.longest[state[0]], seconds)
            if seconds > self.limits[state[0]]:
                self.late.add(state)

    def restarted(self) -> None:
        """A restart gives a customer who is away the whole grace again (PLUS-01), and nothing else more time."""
        self.since = {state: since for state, since in self.since.items() if state[0] != "customer is away"}


def states(calls: list[Call], agents: list[Agent], dead: Collection[LegId]) -> list[State]:
    """Name the states with a limit that there are now."""
    found: list[State] = []
    for call in calls:
        found += [("rings", call.id, ring.reservation.id) for ring in call.rings]
        leg = call.customer_leg
        if call.live and leg.state is LegState.RECONNECTING:
            found.append(("customer is away", call.id, leg.id))
        if call.live and leg.state is LegState.UP and leg.id in dead:
            found.append(("customer is gone", call.id, leg.id))
    for agent in agents:
        match agent.activity:
            case Rung(reservation=ring) if not agent.reachable:
                found.append(("rings at who is gone", agent.id, ring))
            case WrapUp():
                found.append(("wraps up", agent.id, str(agent.call)))
            case _:
                pass
    return found


@dataclass
class WatchedWorld(MemoryWorld):
    """A centre that is looked at all the time. `every` is 0, or all its timers are lost: then only the look at every
    deadline, once in so many seconds, keeps them.
    """

    every: float = 0.0
    silence: float = SILENCE
    watch: Watch = field(default_factory=Watch)
    dead: set[LegId] = field(default_factory=set[LegId])

    async def look(self) -> None:
        """Look at the rows as they are."""
        self.watch.look(*await self.everything(), self.dead, self.clock.now())

    async def elapse(self, seconds: float) -> None:
        end = self.clock.now() + timedelta(seconds=seconds)
        while (now := self.clock.now()) < end:
            turn = await self._next_turn(now)
            self.clock.advance((min(turn, end) - now).total_seconds())
            await self.look()
            if self.clock.now() >= turn:
                await self.engine.sweep()
                await self.settle()
                await self.look()

    async def _next_turn(self, now: datetime) -> datetime:
        if self.every:
            return datetime.fromtimestamp((math.floor(now.timestamp() / self.every) + 1) * self.every, UTC)
        due = await self.store.next_deadline()
        return now + SWEEP_EVERY if due is None else min(max(due, now + SOONEST), now + SWEEP_EVERY)

    async def lose_leg(self, leg: Leg | None) -> None:
        """Any party's leg sends nothing any more, which the media plane tells a little later."""
        if leg is not None and leg.transport is not None:
            self.dead.add(leg.id)
            await self.look()
            await self.elapse(self.silence)
        await super().lose_leg(leg)
        await self.look()

    async def connect_leg(self, call: Call, leg: Leg | None) -> None:
        await super().connect_leg(call, leg)
        self.dead -= {leg.id} if leg is not None else set()

    async def crash(self) -> None:
        await super().crash()
        self.watch.restarted()
