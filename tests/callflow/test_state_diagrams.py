"""The page of state diagrams says what the machines do."""

from typing import get_args

import pytest

from callflow.agent_machine import AgentEvent
from callflow.events import CallEvent
from docs.state_diagrams import AGENT_EVENTS, CALL_EVENTS, PAGE, agent_edges, call_edges, page

pytestmark = pytest.mark.unit


def test_the_state_diagrams_are_those_of_the_machines() -> None:
    """Stale? Run ``python -m docs.state_diagrams``."""
    assert PAGE.read_text("utf-8") == page()


def test_every_event_of_a_call_and_of_an_agent_is_in_the_diagrams() -> None:
    """A new event has to be given a name there."""
    assert {type(event) for events in CALL_EVENTS.values() for event in events} == set(get_args(CallEvent))
    assert {type(event) for events in AGENT_EVENTS.values() for event in events} == set(get_args(AgentEvent))


def test_events_that_are_said_to_change_nothing_that_an_agent_does_change_nothing() -> None:
    """They are drawn nowhere, so an arrow of theirs would be missed."""
    assert not [pair for pair, words in agent_edges().items() if "_stays" in words]


def test_every_state_of_a_call_but_the_last_can_be_left_by_time() -> None:
    """PLUS-15: no state without an end."""
    edges = call_edges()
    states = {name for pair in edges for name in pair} - {"Ended"}
    assert {source for (source, _), words in edges.items() if "time" in words} == states
