"""The invariants of a call's history, by the log of facts, on top of those of one moment in `invariants.py`."""

from dataclasses import dataclass, field
from datetime import datetime

from callflow.agent import StatusReason
from callflow.call import DECLINE_PAUSE, Call, LegState, Waiting
from callflow.facts import FactKind
from callflow.ids import AgentId, CallId
from conversations.db.facts import LoggedFact, facts_after
from tests.callflow import invariants
from tests.callflow.invariants import could_be_rung
from tests.callflow.world import World

RING_ENDS = frozenset(
    {FactKind.CALL_ANSWERED, FactKind.CALL_DECLINED, FactKind.CALL_MISSED, FactKind.CALL_REQUEUED, FactKind.CALL_ENDED}
)
REFUSALS = frozenset({FactKind.CALL_DECLINED, FactKind.CALL_MISSED})


@dataclass
class History:
    """One call, as the log tells it."""

    ringing: AgentId | None = None
    talking: AgentId | None = None
    refused: dict[AgentId, datetime] = field(default_factory=dict[AgentId, datetime])
    """Who refused it in the present round, and when."""
    over: bool = False


@dataclass
class Chronicle:
    """Reads the log as it grows. Make one before the first step, and `check` after each."""

    world: World
    upto: int = 0
    calls: dict[CallId, History] = field(default_factory=dict[CallId, History])
    waiting: dict[CallId, Call] = field(default_factory=dict[CallId, Call])
    """Who waited, and could have been served, after the step before."""
    free: set[AgentId] = field(default_factory=set[AgentId])
    """Who could have been rung after the step before."""

    async def check(self) -> None:
        """Raise AssertionError when an invariant is broken now, or the log says what cannot have been."""
        calls, agents = await self.world.everything()
        invariants.check(self.world, calls, agents)
        async with self.world.database.read() as session:
            new = await facts_after(session, self.upto, 10_000)
        waiting = {call.id: call for call in calls if is_waiting(call)}
        free = {agent.id for agent in agents if could_be_rung(agent)}
        rung = {logged.fact.agent for logged in new if logged.fact.kind is FactKind.CALL_RINGING}
        passed_over = [call for key, call in self.waiting.items() if key in waiting and not call.skipped]
        for logged in new:
            if logged.fact.kind is FactKind.CALL_RINGING:
                self._check_order(logged, passed_over, (self.free & free) - rung)
            if logged.fact.kind in (FactKind.CALL_MISSED, FactKind.CALL_ENDED):
                check_agent_follows(logged, new)
            self._take(logged)
        self.upto = new[-1].number if new else self.upto
        self.waiting, self.free = waiting, free

    def _take(self, logged: LoggedFact) -> None:
        fact = logged.fact
        if fact.call is None or fact.kind is FactKind.CALL_WRAPPED or fact.kind.startswith(("agent.", "wrap_up.")):
            return
        history = self.calls.setdefault(fact.call, History())
        assert not history.over, "I6: nothing happens to a call that is over"
        if fact.kind in RING_ENDS and fact.kind is not FactKind.CALL_ENDED:
            # A requeue may also follow an answer without media.
            held = history.ringing or (history.talking if fact.kind is FactKind.CALL_REQUEUED else None)
            assert fact.agent == held, "I2: a ring has one outcome, and it is its agent's"
        if fact.kind in RING_ENDS:
            history.ringing = history.talking = None
        match fact.kind:
            case FactKind.CALL_RINGING:
                assert history.ringing is None, "I2: one ring at a time"
                assert history.talking is None, "I2: none while they talk"
                history.ringing = fact.agent
            case FactKind.CALL_ANSWERED:
                history.talking = fact.agent
            case FactKind.CALL_ENDED:
                history.over = True
            case _ if fact.kind in REFUSALS and fact.agent is not None:
                history.refused[fact.agent] = logged.at
            case _:
                pass

    def _check_order(self, logged: LoggedFact, passed_over: list[Call], others: set[AgentId]) -> None:
        """A ring begins: was it this caller's turn, and this agent's?"""
        fact = logged.fact
        assert fact.call is not None
        assert fact.agent is not None
        started = self.world.arrived[fact.call]
        assert all(call.started_at >= started for call in passed_over), "I4: first come, first served"
        refused = self.calls.setdefault(fact.call, History()).refused
        if fact.agent in refused:
            last = max(refused.values())
            assert logged.at >= last + DECLINE_PAUSE, "PLUS-07: who refused is not asked again at once"
            assert not others - refused.keys(), "PLUS-07: nor before everybody else was"
            refused.clear()


def check_agent_follows(logged: LoggedFact, new: list[LoggedFact]) -> None:
    """PLUS-07, WRAP-02: who misses a call is set Away, who talked wraps up, in the same moment."""
    fact = logged.fact
    same = [one.fact for one in new if one.at == logged.at and one.fact.agent == fact.agent]
    if fact.kind is FactKind.CALL_MISSED:
        away = [one for one in same if one.kind is FactKind.AGENT_STATUS]
        assert any(one.data["reason"] == StatusReason.MISSED for one in away), "PLUS-07: who misses is set Away"
    elif fact.data["talked_seconds"] is not None:
        states = [one.data["state"] for one in same if one.kind is FactKind.AGENT_STATE]
        assert "wrapping" in states, "WRAP-02: a wrap-up follows every talk"


def is_waiting(call: Call) -> bool:
    """Say whether a call waits and could be served."""
    return isinstance(call.phase, Waiting) and call.customer_leg.state is LegState.UP
