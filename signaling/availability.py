"""Whether a call to a queue could be answered: what the customer's page says before anybody calls."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from callflow.agent import Group
from callflow.ids import QueueId
from conversations.calls.reading import all_agents
from conversations.db.database import Database
from conversations.directory.queues import policies, queue_by_id

Availability = Literal["open", "closed", "nobody"]


@dataclass(frozen=True, slots=True)
class Reception:
    """How a call would be received."""

    available: Availability
    opens_at: datetime | None = None
    """Of a closed queue: when it opens next, if that is known."""


async def reception(database: Database, queue: QueueId) -> Reception:
    """Say whether a queue is open, and whether any of its agents is in a status that is not Unavailable."""
    async with database.read() as session:
        found = await queue_by_id(session, queue)
        opening = found.opening(database.clock.now()) if found else None
        if opening is None or not opening.open:
            return Reception("closed", opening.changes_at if opening else None)
        members = (await policies(session))[queue].levels
        agents = await all_agents(session)
    here = any(agents[member].status.group is not Group.UNAVAILABLE for member in members if member in agents)
    return Reception("open" if here else "nobody")
