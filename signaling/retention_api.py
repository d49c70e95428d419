"""How long recordings are kept, what is held, and deleting them (PLUS-10)."""

from callflow.ids import CustomerId, QueueId, RecordingId
from recording.catalogue import Catalogue
from recording.erasing import Retention
from recording.retention import DEFAULT_DAYS
from signaling.http.api import Api
from signaling.http.rules import ADMIN, SUPERVISOR, SignedIn
from signaling.models.recordings import (
    QueueRetention,
    RecordingChange,
    RecordingItem,
    RecordingRetention,
    RecordingsErased,
    RetentionDays,
    RetentionDryRun,
)
from signaling.recordings_api import recording_item

SHOWN = 200
FIRST = 5
"""So many are shown whole."""


class RetentionApi:
    """Handlers of `/recording-retention`, and of changing and deleting recordings."""

    def __init__(self, retention: Retention, catalogue: Catalogue) -> None:
        self._retention = retention
        self._catalogue = catalogue

    def register(self, api: Api) -> None:
        """Add the routes."""
        api.patch("/recordings/{recording_id}", self.change_recording, rule=SUPERVISOR, tag="recordings")
        api.delete("/recordings/{recording_id}", self.delete_recording, rule=SUPERVISOR, tag="recordings")
        api.post("/customers/{customer_id}/erase-recordings", self.erase_recordings, rule=ADMIN, tag="recordings")
        api.get("/recording-retention", self.get_recording_retention, rule=SUPERVISOR, tag="recordings")
        api.put("/recording-retention/queues/{queue_id}", self.set_queue_retention, rule=ADMIN, tag="recordings")
        api.get("/recording-retention/dry-run", self.try_recording_retention, rule=SUPERVISOR, tag="recordings")

    async def change_recording(
        self, who: SignedIn, recording_id: RecordingId, change: RecordingChange
    ) -> RecordingItem:
        """Put a recording under legal hold, or end that."""
        await self._retention.hold(who.user.actor, recording_id, change.legal_hold)
        return recording_item(await self._catalogue.one(recording_id))

    async def delete_recording(self, who: SignedIn, recording_id: RecordingId) -> None:
        """Delete a recording now, unless it is under legal hold."""
        await self._retention.delete(who.user.actor, recording_id)

    async def erase_recordings(self, who: SignedIn, customer_id: CustomerId) -> RecordingsErased:
        """Delete all recordings of a customer, as the customer may ask."""
        done = await self._retention.erase(who.user.actor, customer_id)
        return RecordingsErased(deleted=done.deleted, later=done.later, held=done.held, at_server=done.at_server)

    async def get_recording_retention(self) -> RecordingRetention:
        """Return for how long recordings are kept."""
        days = await self._retention.days()
        queues = [QueueRetention(queue_id=queue, days=kept) for queue, kept in sorted(days.items())]
        return RecordingRetention(default_days=DEFAULT_DAYS, queues=queues)

    async def set_queue_retention(self, who: SignedIn, queue_id: QueueId, days: RetentionDays) -> QueueRetention:
        """Keep the recordings of a queue for so many days."""
        await self._retention.set_days(who.user.actor, queue_id, days.days)
        return QueueRetention(queue_id=queue_id, days=days.days)

    async def try_recording_retention(self) -> RetentionDryRun:
        """Return what would be deleted in the coming night; nothing is."""
        due = await self._retention.tonight()
        size = sum(one.size for one in due)
        first = await self._catalogue.some([one.id for one in due[:FIRST]])
        return RetentionDryRun(
            count=len(due),
            size=size,
            recordings=[one.id for one in due[:SHOWN]],
            first=[recording_item(one) for one in first],
        )
