"""Two engines race where several agents are in one call: ring all, transfer, callback, and the end of a wrap-up."""

import pytest

from callflow.agent import InCall, Rung
from callflow.agent_machine import WrapUpFinished
from callflow.call import Call, CallingBack, Role, Talking
from callflow.events import AgentAccepted, AgentReserved, CallbackAsked, HungUp, TransferAsked
from callflow.facts import FactKind
from callflow.ids import LegId, new_id
from callflow.queueing import QueuePolicy
from tests.callflow.races import together
from tests.callflow.rivals import Rivals, only_refusals, rivals

__all__ = ["rivals"]
pytestmark = [pytest.mark.loop, pytest.mark.timeout(1800)]

SHORT, LONG = 6, 400
"""Races of each of the five kinds: 2,000 in the long form."""


async def test_of_all_who_are_rung_and_answer_at_once_one_has_the_call(rivals: Rivals, long: bool) -> None:
    """CALL-02, PLUS-16; S2; mission 3.7: one winner of each ring-all."""
    world = rivals.world
    for _ in range(LONG if long else SHORT):
        call, offers = await rivals.held(*world.agents)
        engines = [world.engine, rivals.other, rivals.any_engine]
        answers = [
            engine.ask(call.id, AgentAccepted(offer.id, offer.agent, "tab"))
            for engine, offer in zip(engines, offers, strict=True)
        ]
        results = await together(*answers)
        only_refusals(results)
        assert sum(isinstance(result, Call) for result in results) == 1
        assert await rivals.agree(frozenset({FactKind.CALL_ANSWERED}), call) == [FactKind.CALL_ANSWERED]
        await rivals.clear()


async def test_two_callers_who_are_offered_to_all_agents_at_once_do_not_share_them(rivals: Rivals, long: bool) -> None:
    """CALL-02; S2: all of a ring's agents are held, or none of them, in whatever order they are named."""
    world = rivals.world
    for _ in range(LONG if long else SHORT):
        calls = [await rivals.caller(), await rivals.caller()]
        orders = (world.agents, world.agents[::-1])
        results = await together(
            *(
                engine.ask(call.id, AgentReserved(tuple(map(rivals.offer, agents))))
                for engine, call, agents in zip((world.engine, rivals.other), calls, orders, strict=True)
            )
        )
        only_refusals(results)
        held = {
            activity.call for agent in world.agents if isinstance(activity := (await world.agent(agent)).activity, Rung)
        }
        assert len(held) == 1
        await rivals.agree(frozenset(), calls[0])
        await rivals.clear()


async def test_a_transfer_against_a_hang_up_leaves_nobody_rung(rivals: Rivals, long: bool) -> None:
    """CALL-02, XFER-04; S2."""
    world = rivals.world
    policy = QueuePolicy(world.queue, dict.fromkeys(world.agents, 1))
    first, second = world.agents[:2]
    for _ in range(LONG if long else SHORT):
        call, (ring,) = await rivals.held(first)
        await world.engine.ask(call.id, AgentAccepted(ring.id, first, "tab"))
        results = await together(
            world.engine.ask(call.id, TransferAsked(first, rivals.offer(second), policy)),
            rivals.other.ask(call.id, HungUp(Role.CUSTOMER)),
        )
        only_refusals(results)
        assert not (await world.call(-1)).live
        assert not isinstance((await world.agent(second)).activity, Rung | InCall)
        assert await rivals.agree(frozenset({FactKind.CALL_ENDED}), call) == [FactKind.CALL_ENDED]
        await rivals.clear()


async def test_asking_to_be_called_back_against_an_answer_has_one_outcome(rivals: Rivals, long: bool) -> None:
    """CALL-02, PLUS-12; S2: he talks, or his page rings; and not both."""
    world = rivals.world
    for _ in range(LONG if long else SHORT):
        call, (ring,) = await rivals.held(world.agents[0])
        results = await together(
            world.engine.ask(call.id, AgentAccepted(ring.id, ring.agent, "tab")),
            rivals.other.ask(call.id, CallbackAsked(LegId(new_id("leg")))),
        )
        only_refusals(results)
        kinds = frozenset({FactKind.CALL_ANSWERED, FactKind.CALL_CALLED_BACK})
        (told,) = await rivals.agree(kinds, call)
        phase = (await world.call(-1)).phase
        assert isinstance(phase, Talking if told is FactKind.CALL_ANSWERED else CallingBack)
        await rivals.clear()


async def test_a_wrap_up_that_is_ended_twice_at_once_is_written_once(rivals: Rivals, long: bool) -> None:
    """PLUS-08, WRAP-01; S2."""
    world = rivals.world
    agent = world.agents[0]
    for _ in range(LONG if long else SHORT):
        call, (ring,) = await rivals.held(agent)
        await world.engine.ask(call.id, AgentAccepted(ring.id, agent, "tab"))
        await world.engine.ask(call.id, HungUp(Role.CUSTOMER))
        finished = WrapUpFinished(call.id, "Done", None)
        only_refusals(await together(world.engine.agent(agent, finished), rivals.other.agent(agent, finished)))
        assert await rivals.agree(frozenset({FactKind.CALL_WRAPPED}), call) == [FactKind.CALL_WRAPPED]
        await rivals.clear()
