"""How long each state lasts that must not last: read from the rows alone, by numbers that are not the code's own."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from callflow.agent import Agent, Rung, WrapUp
from callflow.call import Call, LegState
from tests.callflow.memory import MemoryWorld

State = tuple[str, str, str]
"""Which limit it has, and whose it is: a call's and a ring's, or an agent's and a call's."""
SECONDS = {"rings": 20 + 2, "rings at who is gone": 5 + 1, "customer is away": 60 + 2, "wraps up": 30 + 2}
"""S5: the limits of these queues and agents, and how much later the end may be."""


@dataclass
class Watch:
    """Notes since when each of these states is there. `late` holds those that lasted too long."""

    since: dict[State, datetime] = field(default_factory=dict[State, datetime])
    longest: dict[str, float] = field(default_factory=lambda: dict.fromkeys(SECONDS, 0.0))
    """Seconds, for each limit."""
    late: set[State] = field(default_factory=set[State])

    def look(self, calls: list[Call], agents: list[Agent], now: datetime) -> None:
        """Look at the rows once."""
        self.since = {state: self.since.get(state, now) for state in states(calls, agents)}
        for state, since in self.since.items():
            seconds = (now - since).total_seconds()
            self.longest[state[0]] = max(self.longest[state[0]], seconds)
            if seconds > SECONDS[state[0]]:
                self.late.add(state)

    def restarted(self) -> None:
        """A restart gives a customer who is away the whole grace again (PLUS-01), and nothing else more time."""
        self.since = {state: since for state, since in self.since.items() if state[0] != "customer is away"}


def states(calls: list[Call], agents: list[Agent]) -> list[State]:
    """Name the states with a limit that there are now."""
    found: list[State] = []
    for call in calls:
        found += [("rings", call.id, ring.reservation.id) for ring in call.rings]
        if call.live and call.customer_leg.state is LegState.RECONNECTING:
            found.append(("customer is away", call.id, call.customer_leg.id))
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
    """A centre whose timers are all lost: only the look at every deadline, once in `every` seconds, keeps them."""

    every: float = 1.0
    watch: Watch = field(default_factory=Watch)

    async def look(self) -> None:
        """Look at the rows as they are."""
        self.watch.look(*await self.everything(), self.clock.now())

    async def elapse(self, seconds: float) -> None:
        end = self.clock.now() + timedelta(seconds=seconds)
        while (now := self.clock.now()) < end:
            turn = (math.floor(now.timestamp() / self.every) + 1) * self.every
            self.clock.advance(min(turn - now.timestamp(), (end - now).total_seconds()))
            await self.look()
            if self.clock.now().timestamp() >= turn:
                await self.engine.sweep()
                await self.settle()
                await self.look()

    async def crash(self) -> None:
        await super().crash()
        self.watch.restarted()
