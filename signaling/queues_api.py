"""Queues, their members, and when they are open."""

from collections.abc import Awaitable, Callable, Mapping

from callflow.clock import Clock
from callflow.hours import opening
from callflow.ids import AgentId, QueueId
from conversations.directory.archiving import QueueRemoval
from conversations.directory.queue_service import QueueChange as Change
from conversations.directory.queue_service import Queues
from conversations.directory.values import DEFAULT_QUEUE
from conversations.directory.values import Queue as QueueValue
from conversations.values import UNSET
from signaling.http.api import Api
from signaling.http.problems import showing_stale
from signaling.http.rules import SIGNED_IN, SUPERVISOR, SignedIn
from signaling.models.queues import (
    HoursTrial,
    NewQueue,
    Opening,
    Queue,
    QueueChange,
    QueueMember,
    QueueUsage,
    WorkingHours,
)

Waiting = Callable[[], Awaitable[Mapping[QueueId, int]]]
"""Counts the callers who wait in each queue."""
_AS_THEY_ARE = (
    "name",
    "open",
    "order",
    "weight",
    "auto_assign",
    "ring_seconds",
    "level_wait_seconds",
    "target_percent",
    "target_seconds",
    "consult",
    "when_gone",
)
"""What a queue and a change of it have in common with the service's values."""


class QueuesApi:
    """Handlers of `/queues`."""

    def __init__(self, queues: Queues, removal: QueueRemoval, waiting: Waiting, clock: Clock) -> None:
        self._queues = queues
        self._removal = removal
        self._waiting = waiting
        self._clock = clock

    def register(self, api: Api) -> None:
        """Add the routes."""
        api.get("/queues", self.list_queues, rule=SIGNED_IN, tag="queues")
        api.post("/queues", self.create_queue, rule=SUPERVISOR, status=201, tag="queues")
        api.patch("/queues/{queue_id}", self.change_queue, rule=SUPERVISOR, tag="queues")
        api.get("/queues/{queue_id}/usage", self.get_queue_usage, rule=SUPERVISOR, tag="queues")
        api.delete("/queues/{queue_id}", self.delete_queue, rule=SUPERVISOR, tag="queues")
        api.post("/working-hours/trial", self.try_hours, rule=SUPERVISOR, tag="queues")

    async def list_queues(self) -> list[Queue]:
        """List all queues, the Default queue last."""
        waiting = await self._waiting()
        return [self._shown(queue, waiting) for queue in await self._queues.list()]

    async def create_queue(self, who: SignedIn, new: NewQueue) -> Queue:
        """Add a queue."""
        return self._shown(await self._queues.create(who.user.actor, new.name), {})

    async def change_queue(self, who: SignedIn, queue_id: QueueId, change: QueueChange) -> Queue:
        """Change a queue: its name, members and their levels, hours, and how it hands out its calls."""
        waiting = await self._waiting()
        with showing_stale(lambda queue: self._shown(queue, waiting)):
            queue = await self._queues.change(who.user.actor, queue_id, change.version, _change(change))
        return self._shown(queue, waiting)

    async def get_queue_usage(self, queue_id: QueueId) -> QueueUsage:
        """Say what uses a queue, before it is deleted."""
        return QueueUsage.model_validate(await self._removal.usage(queue_id))

    async def delete_queue(self, who: SignedIn, queue_id: QueueId, *, move_to: str = DEFAULT_QUEUE) -> None:
        """Delete a queue without calls in it; what uses it goes to another, the Default queue unless told."""
        await self._removal.delete(who.user.actor, queue_id, QueueId(move_to))

    async def try_hours(self, trial: HoursTrial) -> Opening:
        """Say whether hours would be open, and when that changes; saves nothing."""
        return Opening.of(opening(trial.hours.value(), trial.at or self._clock.now()))

    def _shown(self, queue: QueueValue, waiting: Mapping[QueueId, int]) -> Queue:
        return Queue(
            id=queue.id,
            default=queue.is_default,
            opening=Opening.of(queue.opening(self._clock.now())),
            hours=WorkingHours.of(queue.hours) if queue.hours else None,
            members=[QueueMember.model_validate(member) for member in queue.members],
            waiting=waiting.get(queue.id, 0),
            version=queue.version,
            **{name: getattr(queue, name) for name in _AS_THEY_ARE},
        )


def _change(change: QueueChange) -> Change:
    hours = UNSET
    if "hours" in change.model_fields_set:
        hours = change.hours.value() if change.hours else None
    members = None if change.members is None else {AgentId(member.id): member.level for member in change.members}
    return Change(members=members, hours=hours, **{name: getattr(change, name) for name in _AS_THEY_ARE})
