"""The invariants of a call's history, by the log of facts, on top of those of one moment in `invariants.py`."""

from dataclasses import dataclass, field
from datetime import datetime

from callflow.agent import Group, StatusReason
from callflow.call import Call, LegState, Priority, Waiting
from callflow.facts import Fact, FactKind
from callflow.ids import AgentId, CallId
from callflow.limits import DECLINE_PAUSE
from conversations.db.facts import LoggedFact
from tests.callflow import invariants
from tests.callflow.invariants import could_be_rung
from tests.callflow.world import World

RING_ENDS = frozenset({FactKind.CALL_DECLINED, FactKind.CALL_MISSED, FactKind.CALL_REQUEUED, FactKind.CALL_RESCINDED})
REFUSALS = frozenset({FactKind.CALL_DECLINED, FactKind.CALL_MISSED})
URGENCY = {Priority.HIGH: 0, Priority.NORMAL: 1}


@dataclass
class History:
    """One call, as the log tells it."""

    ringing: set[AgentId] = field(default_factory=set[AgentId])
    talking: AgentId | None = None
    asked: AgentId | None = None
    """The colleague in a consultation."""
    calling: AgentId | None = None
    """Who calls the customer back."""
    wants_callback: bool = False
    refused: set[AgentId] = field(default_factory=set[AgentId])
    """Who refused it in the present round."""
    passed: set[AgentId] = field(default_factory=set[AgentId])
    """Who was passed over for another reason: when he is asked again, another round may have begun, or not."""
    round_known: bool = True
    last: dict[AgentId, datetime] = field(default_factory=dict[AgentId, datetime])
    """When each refused last, in whichever round."""
    recorded: AgentId | None = None
    """Whose talk is recorded."""
    announced: bool = False
    """The customer heard that it is."""
    speaking: str | None = None
    """The message that the customer speaks."""
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
    groups: dict[AgentId | None, str] = field(default_factory=dict[AgentId | None, str])

    async def check(self) -> None:
        """Raise AssertionError when an invariant is broken now, or the log says what cannot have been."""
        calls, agents = await self.world.everything()
        invariants.check(self.world, calls, agents)
        new = await self.world.facts(self.upto)
        by_id = {call.id: call for call in calls}
        waiting = {call.id: call for call in calls if is_waiting(call)}
        free = {agent.id for agent in agents if could_be_rung(agent)}
        rung = {logged.fact.agent for logged in new if logged.fact.kind is FactKind.CALL_RINGING}
        # A step may be many moments: who was offered in it, and waits again, was not passed over.
        offered = {logged.fact.call for logged in new if logged.fact.kind is FactKind.CALL_RINGING}
        kept = self.waiting.keys() & waiting.keys() - offered
        passed_over = [self.waiting[key] for key in kept if not self.waiting[key].skipped]
        for logged in new:
            if logged.fact.kind is FactKind.CALL_RINGING and logged.fact.call is not None:
                self._check_order(logged, by_id[logged.fact.call], passed_over, (self.free & free) - rung)
            self._check_agent_follows(logged, new)
            self._take(logged)
        for key, history in self.calls.items():
            assert not (history.ringing and history.talking), "I2: one winner, and the rings of all others stop"
            talker = history.talking if history.talking in self.world.recorded else None
            assert history.recorded == talker, "REC-02: who talks is recorded, by his setting, and until the end"
            assert history.announced == (key in self.world.told), "PLUS-10: that it was said is known"
        self.upto = new[-1].number if new else self.upto
        self.waiting, self.free = waiting, free

    def _take(self, logged: LoggedFact) -> None:
        fact = logged.fact
        if fact.kind is FactKind.AGENT_STATUS:
            self.groups[fact.agent] = str(fact.data["group"])
        if fact.call is None or not fact.kind.startswith(("call.", "recording.")) or fact.kind is FactKind.CALL_WRAPPED:
            return
        history = self.calls.setdefault(fact.call, History())
        if fact.kind.startswith("recording."):
            self._take_recording(history, fact)
            return
        assert not history.over, "I6: nothing happens to a call that is over"
        agent = fact.agent
        match fact.kind:
            case FactKind.CALL_RINGING if agent is not None:
                assert agent not in history.ringing, "I2: one ring at a time"
                assert history.talking is None, "I2: none while they talk"
                assert history.speaking is None, "PLUS-12: nor while a message is spoken"
                history.ringing.add(agent)
            case FactKind.CALL_ANSWERED:
                held = history.ringing | ({history.calling} if history.calling else set[AgentId]())
                assert agent in held, "I2: who answers was rung"
                history.ringing -= {agent}
                history.talking, history.calling, history.wants_callback = agent, None, False
            case FactKind.CALL_CALLBACK_ASKED:
                history.wants_callback = True
            case FactKind.CALL_CALLED_BACK:
                assert agent in history.ringing, "I2: who calls back was rung"
                assert history.wants_callback, "PLUS-12: a callback happens once"
                history.ringing -= {agent}
                history.calling, history.wants_callback = agent, False
            case FactKind.CALL_TRANSFERRED if agent is not None:
                self._transferred(history, agent, logged)
            case FactKind.CALL_CONSULTING:
                assert history.asked is None, "I2: one colleague at a time"
                history.asked = agent
            case FactKind.CALL_CONSULTED:
                assert agent == history.asked, "I2: who is asked answers"
            case FactKind.CALL_CONSULT_ENDED:
                assert agent == history.asked, "I2: a consultation ends once"
                history.asked = None
            case FactKind.CALL_MESSAGE_BEGUN:
                assert history.speaking is None, "PLUS-12: one message at a time"
                assert not history.ringing, "PLUS-12: and nobody rings"
                history.speaking = str(fact.data["recording"])
            case FactKind.CALL_MESSAGE_CANCELLED | FactKind.CALL_MESSAGE_LEFT:
                assert history.speaking == fact.data["recording"], "PLUS-12: a message has one outcome"
                history.speaking = None
            case FactKind.CALL_ENDED:
                assert history.speaking is None, "PLUS-12: no message is forgotten"
                history.over = True
                history.ringing, history.talking = set(), None
            case _ if fact.kind in RING_ENDS and agent is not None:
                self._ring_over(history, agent, logged)
            case _:
                pass

    def _take_recording(self, history: History, fact: Fact) -> None:
        match fact.kind:
            case FactKind.RECORDING_ANNOUNCED:
                assert not history.announced, "PLUS-10: it is said once"
                history.announced = True
            case FactKind.RECORDING_STARTED:
                assert history.recorded is None, "REC-02: one at a time"
                history.recorded = fact.agent
            case FactKind.RECORDING_STOPPED:
                assert history.recorded == fact.agent, "REC-02: what ends had begun"
                history.recorded = None
            case FactKind.RECORDING_PAUSED | FactKind.RECORDING_RESUMED:
                assert history.recorded == fact.agent, "PLUS-10: who pauses is recorded"
            case _:
                pass

    def _transferred(self, history: History, target: AgentId, logged: LoggedFact) -> None:
        by = logged.fact.actor.id
        assert by == history.talking, "XFER-01: who talks hands over"
        if target == history.asked:
            history.talking, history.asked = target, None
            return
        history.talking, history.ringing = None, {target}
        history.refused, history.passed, history.last = set(), {AgentId(by or "")}, {}
        history.round_known = True

    def _ring_over(self, history: History, agent: AgentId, logged: LoggedFact) -> None:
        requeued = logged.fact.kind is FactKind.CALL_REQUEUED
        if agent in history.ringing:
            history.ringing -= {agent}
        else:  # a requeue may also follow an answer without media, or an agent who is gone
            had = {history.talking, history.calling, history.asked}
            assert requeued, "I2: a ring has one outcome"
            assert agent in had, "I2: and it is its agent's"
            if agent == history.calling:
                history.wants_callback = True
            if agent != history.asked:
                history.talking = history.calling = None
            history.asked = None
        if logged.fact.kind in REFUSALS:
            history.refused.add(agent)
            history.last[agent] = logged.at
        elif requeued:
            history.passed.add(agent)

    def _check_order(self, logged: LoggedFact, call: Call, passed_over: list[Call], others: set[AgentId]) -> None:
        """A ring begins: was it this caller's turn, and this agent's?"""
        fact = logged.fact
        assert fact.agent is not None
        levels = self.world.levels(call.queue)
        assert fact.agent in levels, "CALL-03: only members of the queue are rung"
        for other in passed_over:
            if other.queue == call.queue and other.started_at < call.started_at:
                urgent = URGENCY[other.priority] <= URGENCY[call.priority]
                assert not urgent or call.answered_at or call.returned, "I4: first come, first served"
        history = self.calls.setdefault(call.id, History())
        if not self.world.hands_out(call.queue):
            history.refused.clear()  # who takes a call may have refused it before
            return
        if fact.agent in history.last:
            again = history.last[fact.agent] + DECLINE_PAUSE
            assert logged.at >= again, "PLUS-07: who refused is not asked again at once"
        if fact.agent in history.refused:
            unasked = (others & levels.keys()) - history.refused - history.passed
            assert not unasked or not history.round_known, "PLUS-07: nor before everybody else was"
        if fact.agent in history.refused | history.passed:
            history.round_known = history.round_known and fact.agent in history.refused
            history.refused.clear()  # another round begins, for everybody
            history.passed.clear()

    def _check_agent_follows(self, logged: LoggedFact, new: list[LoggedFact]) -> None:
        """PLUS-07, WRAP-02, XFER-04: who misses a call is set Away, who talked wraps up, in the same moment."""
        fact = logged.fact
        same = [one.fact for one in new if one.at == logged.at]
        if fact.kind is FactKind.CALL_MISSED:
            together = [one for one in same if one.kind is fact.kind and one.call == fact.call]
            if len(together) == 1 and self.groups.get(fact.agent) == Group.AVAILABLE:
                away = [one for one in same if one.kind is FactKind.AGENT_STATUS and one.agent == fact.agent]
                assert any(one.data["reason"] == StatusReason.MISSED for one in away), "PLUS-07: who misses is set Away"
            return
        ended = fact.kind is FactKind.CALL_ENDED and fact.data["talked_seconds"] is not None
        agent = fact.agent if ended else fact.actor.id if fact.kind is FactKind.CALL_TRANSFERRED else None
        if agent is not None:
            states = [one.data["state"] for one in same if one.kind is FactKind.AGENT_STATE and one.agent == agent]
            removed = fact.kind is FactKind.CALL_TRANSFERRED and "idle" in states  # a colleague takes over from him
            assert removed or "wrapping" in states, "WRAP-02: a wrap-up follows every talk"


def is_waiting(call: Call) -> bool:
    """Say whether a call waits and could be served."""
    here = call.customer_leg.state is LegState.UP or call.callback_at is not None
    return isinstance(call.phase, Waiting) and here and not call.hearing.farewell and call.message is None
