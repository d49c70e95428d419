"""Whose panel is there, as the engine is told."""

from dataclasses import replace

import pytest

from callflow.agent import Agent, Idle, Rung, Sound, Status
from callflow.agent_machine import AgentEvent, PanelArrived, PanelsGone
from callflow.ids import AgentId, CallId, ReservationId
from signaling.panel.presence import Presence
from tests.clock import MovableClock

pytestmark = pytest.mark.loop

ANA = AgentId("ana")


class Told:
    """Takes what the engine would."""

    def __init__(self, ana: Agent) -> None:
        self.ana = ana
        self.events: list[AgentEvent] = []

    async def agent(self, agent: AgentId, event: AgentEvent) -> Agent:
        self.events.append(event)
        return self.ana


async def test_a_panel_that_was_silent_in_a_ring_stays_gone_until_it_says_something() -> None:
    """AST-05, PLUS-05: though 45 s of silence are allowed when nothing rings, or the next call would ring there too."""
    clock = MovableClock()
    ana = Agent(ANA, Status.ACTIVE, clock.now(), Idle(clock.now()), reachable=True, sound=Sound.READY)
    engine = Told(ana)
    presence = Presence(engine, clock)
    seat = await presence.sit(ANA, Sound.READY)
    rung = Rung(clock.now(), CallId("call"), ReservationId("ring"), clock.now())
    presence.saw(replace(ana, activity=rung))
    clock.advance(6)
    await presence.look()
    gone = [PanelArrived(Sound.READY), PanelsGone(silent=True)]
    assert engine.events == gone
    presence.saw(ana)
    await presence.look()
    assert engine.events == gone
    await presence.heard(seat)
    assert engine.events == [*gone, PanelArrived(Sound.READY)]
