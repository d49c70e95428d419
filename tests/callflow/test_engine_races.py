"""Two engines of one process, each with connections of its own, act on one database at the same moment (S2)."""

from collections import Counter
from collections.abc import Coroutine
from typing import Any

import pytest

from callflow.agent import Rung
from callflow.call import Call, Ringing, Role, Talking, Waiting
from callflow.events import AgentAccepted, AgentDeclined, AgentReserved, HungUp, TimePassed
from callflow.facts import FactKind
from callflow.limits import RING_TIME
from tests.callflow.races import together
from tests.callflow.rivals import Rivals, only_refusals, rivals

__all__ = ["rivals"]
pytestmark = [pytest.mark.loop, pytest.mark.timeout(1800)]

SHORT, LONG = 10, 500
"""Races of each of the four kinds: 2,000 in the long form."""


async def test_accept_against_the_end_of_the_ring_and_a_hang_up_has_one_outcome(rivals: Rivals, long: bool) -> None:
    """CALL-02, CALL-05, PLUS-15; S2."""
    outcomes: Counter[FactKind] = Counter()
    world = rivals.world
    for _ in range(LONG if long else SHORT):
        call, (ring,) = await rivals.held(world.agents[0])
        world.clock.advance(RING_TIME.total_seconds())
        doings: list[Coroutine[Any, Any, object]] = [
            world.engine.ask(call.id, AgentAccepted(ring.id, ring.agent, "tab")),
            rivals.other.sweep() if rivals.rng.random() < 0.5 else rivals.other.ask(call.id, TimePassed()),
        ]
        if rivals.rng.random() < 0.7:
            doings.append(rivals.any_engine.ask(call.id, HungUp(Role.CUSTOMER)))
        if rivals.rng.random() < 0.3:
            doings.append(rivals.any_engine.ask(call.id, AgentDeclined(ring.id, ring.agent)))
        rivals.rng.shuffle(doings)
        only_refusals(await together(*doings))
        ends = await rivals.agree(
            frozenset({FactKind.CALL_ANSWERED, FactKind.CALL_MISSED, FactKind.CALL_DECLINED, FactKind.CALL_ENDED}), call
        )
        assert ends in (
            [FactKind.CALL_ANSWERED],
            [FactKind.CALL_ANSWERED, FactKind.CALL_ENDED],
            [FactKind.CALL_MISSED],
            [FactKind.CALL_MISSED, FactKind.CALL_ENDED],
            [FactKind.CALL_DECLINED],
            [FactKind.CALL_DECLINED, FactKind.CALL_ENDED],
            [FactKind.CALL_ENDED],
        )
        outcomes[ends[0]] += 1
        await rivals.clear()
    print(dict(outcomes))


async def test_two_agents_who_are_offered_one_call_do_not_both_get_it(rivals: Rivals, long: bool) -> None:
    """CALL-02, PLUS-16; S2."""
    world = rivals.world
    for _ in range(LONG if long else SHORT):
        call = await rivals.caller()
        offers = [rivals.offer(agent) for agent in world.agents[:2]]
        rivals.rng.shuffle(offers)
        engines = [world.engine, rivals.other]
        results = await together(
            *(engine.ask(call.id, AgentReserved((offer,))) for engine, offer in zip(engines, offers, strict=True))
        )
        only_refusals(results)
        rung = (await world.call(-1)).phase
        assert isinstance(rung, Ringing)
        assert [isinstance(result, Call) for result in results].count(True) == 1
        answers = await together(
            *(
                engine.ask(call.id, AgentAccepted(offer.id, offer.agent, "tab"))
                for engine, offer in zip(engines, offers, strict=True)
            )
        )
        only_refusals(answers)
        assert await rivals.agree(frozenset({FactKind.CALL_RINGING, FactKind.CALL_ANSWERED}), call) == [
            FactKind.CALL_RINGING,
            FactKind.CALL_ANSWERED,
        ]
        talk = (await world.call(-1)).phase
        assert isinstance(talk, Talking)
        assert talk.agent == rung.rings[0].agent
        await rivals.clear()


async def test_an_agent_who_is_offered_two_calls_gets_one_of_them(rivals: Rivals, long: bool) -> None:
    """CALL-02; S2."""
    world = rivals.world
    for _ in range(LONG if long else SHORT):
        calls = [await rivals.caller(), await rivals.caller()]
        agent = rivals.rng.choice(world.agents)
        engines = [world.engine, rivals.other]
        results = await together(
            *(
                engine.ask(call.id, AgentReserved((rivals.offer(agent),)))
                for engine, call in zip(engines, calls, strict=True)
            )
        )
        only_refusals(results)
        held = (await world.agent(agent)).activity
        assert isinstance(held, Rung)
        phases = {call.id: type(call.phase) for call in (await world.all_calls())[-2:]}
        assert phases.pop(held.call) is Ringing
        assert list(phases.values()) == [Waiting]
        await rivals.agree(frozenset(), calls[0])
        await rivals.clear()


async def test_answer_pressed_in_two_tabs_is_one_answer(rivals: Rivals, long: bool) -> None:
    """CALL-02, PLUS-15: each press gets the call, and the log has one answer."""
    world = rivals.world
    for _ in range(LONG if long else SHORT):
        call, (ring,) = await rivals.held(world.agents[0])
        results = await together(
            *(
                engine.ask(call.id, AgentAccepted(ring.id, ring.agent, tab))
                for engine, tab in ((world.engine, "one"), (rivals.other, "two"))
            )
        )
        assert all(isinstance(result, Call) and isinstance(result.phase, Talking) for result in results), results
        assert len({result.agent_leg for result in results if isinstance(result, Call)}) == 1
        assert await rivals.agree(frozenset({FactKind.CALL_ANSWERED}), call) == [FactKind.CALL_ANSWERED]
        await rivals.clear()
