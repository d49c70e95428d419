"""Queues and their members."""

from collections.abc import Awaitable, Callable, Mapping

from callflow.ids import AgentId, QueueId
from conversations.directory.queues import Queues
from conversations.directory.values import Queue as QueueValue
from signaling.http.api import Api
from signaling.http.problems import showing_stale
from signaling.http.rules import SIGNED_IN, SUPERVISOR, SignedIn
from signaling.models.centre import NewQueue, Queue, QueueChange
from signaling.views import ref

Waiting = Callable[[], Awaitable[Mapping[QueueId, int]]]
"""Counts the callers who wait in each queue."""


class QueuesApi:
    """Handlers of `/queues`."""

    def __init__(self, queues: Queues, waiting: Waiting) -> None:
        self._queues = queues
        self._waiting = waiting

    def register(self, api: Api) -> None:
        """Add the routes."""
        api.get("/queues", self.list_queues, rule=SIGNED_IN, tag="queues")
        api.post("/queues", self.create_queue, rule=SUPERVISOR, status=201, tag="queues")
        api.patch("/queues/{queue_id}", self.change_queue, rule=SUPERVISOR, tag="queues")

    async def list_queues(self) -> list[Queue]:
        """List all queues."""
        waiting = await self._waiting()
        return [_shown(queue, waiting) for queue in await self._queues.list()]

    async def create_queue(self, who: SignedIn, new: NewQueue) -> Queue:
        """Add a queue."""
        return _shown(await self._queues.create(who.user.actor, new.name), {})

    async def change_queue(self, who: SignedIn, queue_id: QueueId, change: QueueChange) -> Queue:
        """Change a queue's name, members, or whether it is open."""
        waiting = await self._waiting()
        with showing_stale(lambda queue: _shown(queue, waiting)):
            queue = await self._queues.change(
                who.user.actor,
                queue_id,
                change.version,
                name=change.name,
                open=change.open,
                members=None if change.members is None else [AgentId(member) for member in change.members],
            )
        return _shown(queue, waiting)


def _shown(queue: QueueValue, waiting: Mapping[QueueId, int]) -> Queue:
    return Queue(
        id=queue.id,
        name=queue.name,
        open=queue.open,
        members=[ref(member) for member in queue.members],
        waiting=waiting.get(queue.id, 0),
        version=queue.version,
    )
