"""Writes what a decision means beside the call, in the call's own transaction: its facts, and its agents."""

from datetime import datetime, timedelta
from typing import Final

from callflow import agent_machine
from callflow.agent_machine import AgentDecision
from callflow.call import Call
from callflow.events import AgentPolicy, BeginWrapUp, Decision, Release
from callflow.ports import Transaction

NO_POLICY: Final = AgentPolicy(timedelta(0))


async def follow(tx: Transaction, decision: Decision, now: datetime) -> None:
    """Write the facts of a call's decision, and what it orders its agents."""
    for fact in decision.facts:
        await tx.record(fact, decision.call)
    for agent_id, order in sorted(decision.orders, key=lambda held: held[0]):  # always in one order: no deadlock
        policy = await tx.agent_policy(agent_id) if isinstance(order, BeginWrapUp | Release) else NO_POLICY
        agent = agent_machine.obey(await tx.agent(agent_id), order, decision.call, policy, now)
        await save_agent(tx, agent, decision.call)


async def save_agent(tx: Transaction, decision: AgentDecision, call: Call | None) -> None:
    """Write an agent, the report that he has finished, and the facts."""
    await tx.save_agent(decision.agent)
    if decision.report is not None:
        await tx.save_report(decision.agent.id, decision.report)
    for fact in decision.facts:
        await tx.record(fact, call)
