"""Whether a call to a queue could be answered: what the customer's page says before anybody calls."""

from typing import Literal

from callflow.agent import Group
from callflow.ids import QueueId
from conversations.calls.reading import all_agents
from conversations.db.database import Database
from conversations.directory.queues import members_by_queue, queue_by_id

Availability = Literal["open", "closed", "nobody"]


async def availability(database: Database, queue: QueueId) -> Availability:
    """Say whether a queue is open, and whether any of its agents is in a status that is not Unavailable."""
    async with database.read() as session:
        found = await queue_by_id(session, queue)
        if found is None or not found.open:
            return "closed"
        members = (await members_by_queue(session)).get(queue, frozenset())
        agents = await all_agents(session)
    here = any(agents[member].status.group is not Group.UNAVAILABLE for member in members if member in agents)
    return "open" if here else "nobody"
