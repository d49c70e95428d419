"""How much work an agent has, and how much he may have (AST-04). Pure."""

from dataclasses import dataclass

from callflow.agent import Agent, Group, Idle, WrapUp

CALLS = 1
"""Calls at a time: always one, and it counts only while it holds the agent."""
TEXTS = 5
"""Conversations in text at a time, unless a supervisor sets another number for the agent."""


@dataclass(frozen=True, slots=True)
class Load:
    """An agent's work against his capacity."""

    calls: int
    texts: int
    text_capacity: int

    @property
    def full(self) -> bool:
        """Full Capacity: no more of one kind of work is offered."""
        return self.calls >= CALLS or self.texts >= self.text_capacity


def load_of(agent: Agent, texts: int, text_capacity: int | None) -> Load | None:
    """Return the load of an agent who is Available, from how many open conversations without a call he has.

    None for one who is not: only the group Available has Full Capacity and Under Capacity. A wrap-up is no call, and
    what is left of a call in its conversation takes no text capacity.
    """
    if agent.status.group is not Group.AVAILABLE:
        return None
    held = not isinstance(agent.activity, Idle | WrapUp)
    return Load(CALLS if held else 0, texts, TEXTS if text_capacity is None else text_capacity)
