"""Callers paired with agents, one caller after the other.

An earlier caller never pays for a later one, but may be given another of the agents that he can have, so that the
later one is served as well. So nobody waits whom the free agents could have served, in whatever queues they are.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from callflow.ids import AgentId, CallId


@dataclass(eq=False, slots=True)
class Wishes:
    """Whom a caller may get, the best first. Callers with the same wishes share one object, which keeps this quick."""

    agents: Sequence[AgentId]
    begin: int = 0
    """All before this one are taken."""
    hopeless: bool = False
    """No change among those who are taken could free one of these."""


@dataclass(slots=True)
class Pairing:
    """Who has whom so far. An agent who is taken stays taken."""

    calls: dict[AgentId, CallId] = field(default_factory=dict[AgentId, CallId])
    _agents: dict[CallId, AgentId] = field(default_factory=dict[CallId, AgentId])
    """The other way round; of several the one who was given last."""
    _wishes: dict[CallId, Wishes] = field(default_factory=dict[CallId, Wishes])
    _fixed: set[AgentId] = field(default_factory=set[AgentId])
    """Agents who can be given to nobody else any more."""

    def take_one(self, call: CallId, wishes: Wishes) -> None:
        """Give the caller the best agent who is left; if none is, let others change so that one is."""
        agent = self._first_left(wishes)
        if agent is not None:
            self._give(call, agent, wishes)
        elif not wishes.hopeless:
            self._change(call, wishes)

    def take_all(self, call: CallId, wishes: Wishes) -> None:
        """Give the caller every agent who is left, for good; if none is, one if others can change (ring all)."""
        if self._first_left(wishes) is None:
            self.take_one(call, wishes)
            return
        for agent in wishes.agents[wishes.begin :]:
            if agent not in self.calls:
                self._give(call, agent, wishes)
                self._fixed.add(agent)

    def _first_left(self, wishes: Wishes) -> AgentId | None:
        agents, taken, begin = wishes.agents, self.calls, wishes.begin
        while begin < len(agents) and agents[begin] in taken:
            begin += 1
        wishes.begin = begin
        return agents[begin] if begin < len(agents) else None

    def _give(self, call: CallId, agent: AgentId, wishes: Wishes) -> None:
        self.calls[agent] = call
        self._agents[call] = agent
        self._wishes[call] = wishes

    def _change(self, call: CallId, wishes: Wishes) -> None:
        """Look for a chain of callers of whom each takes the next one's agent, and the last one a free agent."""
        asked_by: dict[AgentId, CallId] = {}
        looked_at = {id(wishes): wishes}
        asking = deque([(call, wishes)])
        while asking:
            asker, wanted = asking.popleft()
            free = self._first_left(wanted)
            if free is not None:
                self._wishes[call] = wishes
                self._shift(call, asker, free, asked_by)
                return
            for agent in wanted.agents:
                if agent in asked_by or agent in self._fixed:
                    continue
                asked_by[agent] = asker
                holder = self.calls[agent]
                theirs = self._wishes[holder]
                if id(theirs) not in looked_at:
                    looked_at[id(theirs)] = theirs
                    asking.append((holder, theirs))
        # Nobody who comes later can be helped by these either: those who hold them want nothing else.
        self._fixed.update(asked_by)
        for seen in looked_at.values():
            seen.hopeless = True

    def _shift(self, call: CallId, last: CallId, free: AgentId, asked_by: Mapping[AgentId, CallId]) -> None:
        """Give the free agent to the last caller, that one's agent to who asked for it, and so on up to the first."""
        asker, agent = last, free
        while True:
            before = self._agents.get(asker)
            self.calls[agent] = asker
            self._agents[asker] = agent
            if asker == call or before is None:
                return
            asker, agent = asked_by[before], before
