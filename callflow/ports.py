"""What the engine needs from the rooms above it. `signaling/app.py` binds these."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from callflow.agent import Agent
from callflow.agent_machine import SaveReport
from callflow.call import Call
from callflow.events import AgentPolicy, RecordingPolicy
from callflow.facts import Fact
from callflow.ids import AgentId, CallId, QueueId
from callflow.queueing import QueuePolicy
from callflow.waiting import Place


@dataclass(frozen=True, slots=True)
class Floor:
    """What routing looks at."""

    waiting: Sequence[Call]
    """Calls in the phase Waiting."""
    agents: Sequence[Agent]
    policies: Mapping[QueueId, QueuePolicy]


class Transaction(Protocol):
    """One transaction of the store. Leaving it without an exception commits it."""

    async def call(self, call: CallId) -> Call | None:
        """Read a call, or None when there is none."""
        ...

    async def add_call(self, call: Call) -> None:
        """Write a new call."""
        ...

    async def save_call(self, call: Call) -> None:
        """Write the call if its row still has this epoch, and raise the epoch. Raises `LostRaceError`."""
        ...

    async def agent(self, agent: AgentId) -> Agent:
        """Read an agent's live state. Raises `LostRaceError` when somebody else is just making it."""
        ...

    async def save_agent(self, agent: Agent) -> None:
        """Write the agent if the row still has this epoch, and raise the epoch. Raises `LostRaceError`."""
        ...

    async def agent_policy(self, agent: AgentId) -> AgentPolicy:
        """Read what holds for this agent; the agent's own wrap-up wins over the centre's (WRAP-02)."""
        ...

    async def recording_policy(self, agent: AgentId, call: Call) -> RecordingPolicy:
        """Read whether this agent's talk in this call is recorded."""
        ...

    async def save_report(self, agent: AgentId, report: SaveReport) -> None:
        """Write a wrap-up's summary and status into the conversation."""
        ...

    async def record(self, fact: Fact, call: Call | None) -> None:
        """Append a fact, and do what other rooms bound to it, in this transaction."""
        ...


T_co = TypeVar("T_co", bound=Transaction, covariant=True)


class Store(Protocol[T_co]):
    """The database, as the engine sees it."""

    def write(self) -> AbstractAsyncContextManager[T_co]:
        """Begin a writing transaction."""
        ...

    async def live_calls(self) -> Sequence[Call]:
        """Read the calls that are not over, oldest first."""
        ...

    async def agents(self) -> Sequence[Agent]:
        """Read all agents' live states."""
        ...

    async def floor(self) -> Floor:
        """Read all that routing looks at, as of one moment."""
        ...

    async def places(self, calls: Collection[CallId]) -> Mapping[CallId, Place]:
        """Say where these callers stand, as of one moment; not of who does not wait, or is told nothing of places."""
        ...

    async def due(self, now: datetime) -> tuple[Sequence[CallId], Sequence[AgentId]]:
        """Name the calls and the agents whose deadline has come."""
        ...

    async def next_deadline(self) -> datetime | None:
        """Read the earliest deadline of any call or agent."""
        ...
