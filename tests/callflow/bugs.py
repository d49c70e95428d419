"""Bugs to plant into machines, router and engine: each breaks an invariant (reliability.md, scorecard S1)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from callflow import agent_machine, call_machine
from callflow.agent import Agent, Idle, Observing, Rung, WrapUp
from callflow.agent_machine import AgentDecision, AgentEvent, StatusChosen
from callflow.call import Call, CallingBack, Ended, LegState, Ringing, Role, Talking, Waiting
from callflow.engine import Engine
from callflow.events import (
    AgentAccepted,
    AgentDeclined,
    AgentOrder,
    AgentPolicy,
    AgentReserved,
    BeginWrapUp,
    CallEvent,
    CloseLeg,
    ConsultReturned,
    Decision,
    Engage,
    HoldAsked,
    HungUp,
    LegConnected,
    LegLost,
    Play,
    Release,
    Reserve,
    ServerRestarted,
    TimePassed,
    TransferAsked,
    Wire,
)
from callflow.facts import FactKind
from callflow.ids import PromptId, QueueId
from callflow.queueing import QueuePolicy
from callflow.routing import Assignment, assign
from callflow.wiring import FromLeg, Stream

BACK = {FactKind.CALL_DECLINED, FactKind.CALL_MISSED, FactKind.CALL_REQUEUED}

Plant = Callable[[pytest.MonkeyPatch], None]
PLANTS: dict[str, Plant] = {}
step, agent_step, obey = call_machine.step, agent_machine.step, agent_machine.obey


def plant(name: str) -> Callable[[Plant], Plant]:
    def keep(planted: Plant) -> Plant:
        PLANTS[name] = planted
        return planted

    return keep


def spoil(monkeypatch: pytest.MonkeyPatch, change: Callable[[Call, CallEvent, datetime, Decision], Decision]) -> None:
    """Change what the call machine decides."""

    def spoilt(call: Call, event: CallEvent, now: datetime) -> Decision:
        return change(call, event, now, step(call, event, now))

    monkeypatch.setattr(call_machine, "step", spoilt)


def disobey(monkeypatch: pytest.MonkeyPatch, change: Callable[[Agent, AgentOrder, datetime], Agent | None]) -> None:
    """Change how an agent follows a call; None leaves it as it is."""

    def spoilt(agent: Agent, order: AgentOrder, call: Call, policy: AgentPolicy, now: datetime) -> AgentDecision:
        changed = change(agent, order, now)
        return obey(agent, order, call, policy, now) if changed is None else AgentDecision(changed)

    monkeypatch.setattr(agent_machine, "obey", spoilt)


@plant("requeue forgets the agent")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(
        monkeypatch,
        lambda call, event, now, made: replace(made, orders=()) if {f.kind for f in made.facts} & BACK else made,
    )


@plant("abandon leaves the agent rung")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        gone = isinstance(event, HungUp) and isinstance(call.phase, Ringing)
        return replace(made, orders=()) if gone else made

    spoil(monkeypatch, change)


@plant("a wrap-up has no end")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(agent: Agent, order: AgentOrder, now: datetime) -> Agent | None:
        if not isinstance(order, BeginWrapUp):
            return None
        talked = agent.activity
        assert not isinstance(talked, Idle | Rung | Observing)
        return replace(agent, activity=WrapUp(now, talked.call, talked.conversation, now + timedelta(days=3650)))

    disobey(monkeypatch, change)


@plant("no wrap-up follows a talk")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(agent: Agent, order: AgentOrder, now: datetime) -> Agent | None:
        return replace(agent, activity=Idle(now)) if isinstance(order, BeginWrapUp) else None

    disobey(monkeypatch, change)


@plant("a second press answers twice")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        if not isinstance(event, AgentAccepted) or not isinstance(call.phase, Talking):
            return made
        waiting = replace(call, phase=replace(call.phase, since=now + timedelta(milliseconds=1)))
        fact = call_machine.arrive(call).facts[0]
        return Decision(waiting, (replace(fact, kind=FactKind.CALL_ANSWERED, agent=event.agent),))

    spoil(monkeypatch, change)


@plant("a deadline is forgotten")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        leg = replace(made.call.customer_leg, deadline=None)
        return replace(made, call=replace(made.call, customer_leg=leg)) if isinstance(event, LegLost) else made

    spoil(monkeypatch, change)


@plant("a restart is forgotten")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        leg = replace(made.call.customer_leg, restarted=False)
        return replace(made, call=replace(made.call, customer_leg=leg)) if isinstance(event, ServerRestarted) else made

    spoil(monkeypatch, change)


@plant("refusals are ignored")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(
        waiting: Sequence[Call], agents: Iterable[Agent], policies: Mapping[QueueId, QueuePolicy], now: datetime
    ) -> Assignment:
        return assign([replace(call, skipped=()) for call in waiting], agents, policies, now)

    monkeypatch.setattr("callflow.router.assign", careless)


@plant("the same agent is asked again and again")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    """The round of refusals never begins anew, so that the longest idle is asked after every pause."""

    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        return (
            replace(made, call=replace(made.call, skipped=call.skipped)) if isinstance(event, AgentReserved) else made
        )

    spoil(monkeypatch, change)


@plant("last come, first served")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def unfair(
        waiting: Sequence[Call], agents: Iterable[Agent], policies: Mapping[QueueId, QueuePolicy], now: datetime
    ) -> Assignment:
        turned = [replace(call, started_at=now - (call.started_at - now)) for call in waiting]
        return assign(turned, agents, policies, now)

    monkeypatch.setattr("callflow.router.assign", unfair)


@plant("the caller is heard while it rings")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        if not isinstance(event, AgentReserved):
            return made
        early = Wire({event.reservations[0].leg: {Stream.VOICE: FromLeg(call.customer_leg.id)}})
        return replace(made, commands=(*made.commands, early))

    spoil(monkeypatch, change)


@plant("a hang-up is not kept")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(
        monkeypatch,
        lambda call, event, now, made: (
            Decision(call)
            if isinstance(event, HungUp) and event.by is Role.AGENT and isinstance(call.phase, Talking)
            else made
        ),
    )


@plant("who misses a call stays Active")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        orders = [(who, Release(order.call) if isinstance(order, Release) else order) for who, order in made.orders]
        return replace(made, orders=tuple(orders))

    spoil(monkeypatch, change)


@plant("an agent who talks is rung too")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither routing nor the agent's machine looks whether the agent is free."""

    def free(agent: Agent) -> Agent:
        return agent if isinstance(agent.activity, Idle) else replace(agent, activity=Idle(agent.activity.since))

    def careless(
        waiting: Sequence[Call], agents: Iterable[Agent], policies: Mapping[QueueId, QueuePolicy], now: datetime
    ) -> Assignment:
        return assign(waiting, [free(agent) for agent in agents], policies, now)

    def change(agent: Agent, order: AgentOrder, now: datetime) -> Agent | None:
        if not isinstance(order, Reserve):
            return None
        return replace(agent, activity=Rung(now, order.call, order.reservation, free(agent).activity.since))

    monkeypatch.setattr("callflow.router.assign", careless)
    disobey(monkeypatch, change)


@plant("a long wait never ends")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        late = isinstance(event, TimePassed) and isinstance(made.call.phase, Ended) and call.wait_until <= now
        return Decision(call) if late else made

    spoil(monkeypatch, change)


@plant("Active without a panel")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoilt(agent: Agent, event: AgentEvent, now: datetime) -> AgentDecision:
        made = agent_step(agent, event, now)
        if not isinstance(event, StatusChosen):
            return made
        return replace(made, agent=replace(made.agent, offline_at=agent.offline_at))

    monkeypatch.setattr(agent_machine, "step", spoilt)


@plant("the answer is nobody's")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    disobey(monkeypatch, lambda agent, order, now: agent if isinstance(order, Engage) else None)


@plant("a transfer that is rejected drops the caller")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        moved = isinstance(call.phase, Ringing) and call.phase.transferred_by and isinstance(made.call.phase, Waiting)
        return replace(made, call=replace(made.call, answered_at=None)) if moved else made

    spoil(monkeypatch, change)


@plant("the target is kept when the customer leaves")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        gone = isinstance(call.phase, Ringing) and call.phase.transferred_by and isinstance(made.call.phase, Ended)
        return replace(made, orders=()) if gone else made

    spoil(monkeypatch, change)


@plant("a colleague who was asked is never let go of")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        over = isinstance(event, ConsultReturned | AgentDeclined) and isinstance(call.phase, Talking)
        return replace(made, orders=()) if over else made

    spoil(monkeypatch, change)


@plant("hold does not cut")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        return replace(made, commands=()) if isinstance(event, HoldAsked) else made

    spoil(monkeypatch, change)


@plant("the losers of a ring for all ring on")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        won = isinstance(event, AgentAccepted) and len(call.rings) > 1
        return replace(made, orders=made.orders[:1], facts=made.facts[:1]) if won else made

    spoil(monkeypatch, change)


@plant("who does not answer is called back again and again")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        missed = isinstance(call.phase, CallingBack) and isinstance(made.call.phase, Ended)
        if not missed:
            return made
        return Decision(replace(call, phase=Waiting()), (), made.commands, made.orders)

    spoil(monkeypatch, change)


@plant("an announcement is begun after the answer")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        if not isinstance(made.call.phase, Talking) or not isinstance(event, LegConnected):
            return made
        return replace(made, commands=(*made.commands, Play(call.customer_leg.id, PromptId("late"))))

    spoil(monkeypatch, change)


@plant("who listened is busy for ever")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    disobey(
        monkeypatch,
        lambda agent, order, now: (
            agent if isinstance(order, Release) and isinstance(agent.activity, Observing) else None
        ),
    )


@plant("who comes back from a transfer hears nothing")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        silent = isinstance(event, TransferAsked) and isinstance(made.call.phase, Ringing)
        return replace(made, commands=(Wire({}), *made.commands[1:])) if silent else made

    spoil(monkeypatch, change)


@plant("a caller who is put back loses the place")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        back = isinstance(call.phase, Ringing) and isinstance(made.call.phase, Waiting)
        return replace(made, call=replace(made.call, wait_until=now + timedelta(days=1))) if back else made

    spoil(monkeypatch, change)


@plant("a leg is left open at the end")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        kept = tuple(one for one in made.commands if not isinstance(one, CloseLeg))
        return replace(made, commands=kept if isinstance(made.call.phase, Ended) else made.commands)

    spoil(monkeypatch, change)


@plant("a call that is over is remembered")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    note: Callable[[Engine[Any], Call], None] = vars(Engine)["_committed"]

    def keep(engine: Engine[Any], call: Call) -> None:
        note(engine, call if call.live else replace(call, phase=Waiting()))

    monkeypatch.setattr(Engine, "_committed", keep)


@plant("a call rings into a message")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def offered(call: Call) -> bool:
        return isinstance(call.phase, Waiting) and call.customer_leg.state is LegState.UP and not call.hearing.farewell

    monkeypatch.setattr("callflow.ringing.can_be_offered", offered)
    monkeypatch.setattr("callflow.routing.can_be_offered", offered)


@plant("a message is forgotten at the end")
def _(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(call: Call, event: CallEvent, now: datetime, made: Decision) -> Decision:
        over = isinstance(made.call.phase, Ended) and made.call.message is not None
        kept = tuple(fact for fact in made.facts if fact.kind is not FactKind.CALL_MESSAGE_LEFT)
        return replace(made, facts=kept) if over else made

    spoil(monkeypatch, change)
