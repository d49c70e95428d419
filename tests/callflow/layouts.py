"""What a centre of a test is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from callflow.ids import AgentId, QueueId
from callflow.queueing import CallOrder, QueuePolicy

AGENTS = 3
CUSTOMERS = 4


@dataclass(frozen=True)
class Desk:
    """A queue of a layout: which agents, by number, are in it, at which level, and how it rings."""

    levels: Mapping[int, int]
    order: CallOrder = CallOrder.LONGEST_IDLE
    weight: int = 0
    level_wait: timedelta = timedelta(0)
    auto_assign: bool = True

    def policy(self, queue: QueueId, agents: Sequence[AgentId]) -> QueuePolicy:
        """The queue's policy, once its agents have names."""
        levels = {agents[number]: level for number, level in self.levels.items()}
        return QueuePolicy(
            queue, levels, self.order, self.weight, self.auto_assign, level_wait=self.level_wait, consult=True
        )


@dataclass(frozen=True)
class Layout:
    """What a centre is made of."""

    queues: tuple[Desk, ...]
    agents: int = AGENTS
    customers: int = CUSTOMERS
    recorded: frozenset[int] = frozenset()
    """Agents, by number, whose talks are recorded."""
