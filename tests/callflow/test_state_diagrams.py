"""The page of state diagrams says what the machines do."""

from typing import get_args

import pytest

from callflow.events import CallEvent
from docs.state_diagrams import CALL_EVENTS, PAGE, call_edges, page

pytestmark = pytest.mark.unit


def test_the_state_diagrams_are_those_of_the_machines() -> None:
    """Stale? Run ``python -m docs.state_diagrams``."""
    assert PAGE.read_text("utf-8") == page()


def test_every_event_of_a_call_is_in_the_diagrams() -> None:
    """A new event has to be given a name there."""
    assert {type(event) for events in CALL_EVENTS.values() for event in events} == set(get_args(CallEvent))


def test_every_state_of_a_call_but_the_last_can_be_left_by_time() -> None:
    """PLUS-15: no state without an end."""
    edges = call_edges()
    states = {name for pair in edges for name in pair} - {"Ended"}
    assert {source for (source, _), words in edges.items() if "time" in words} == states
