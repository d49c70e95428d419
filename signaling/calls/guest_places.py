"""Tells the pages of those who wait where they stand, whenever the queue moves (PLUS-03, PLUS-12).

A place is true for a moment only: it is pushed, and kept in no row and no log.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final, Protocol

from callflow.facts import Fact, FactKind
from callflow.ids import CallId, QueueId
from callflow.waiting import Place
from conversations.calls.standing import places_in
from conversations.db.database import Database
from signaling.models.guests import GuestPlace, GuestPlacePushed
from signaling.sockets import Socket

log = logging.getLogger(__name__)

TELL_EVERY: Final = 1.0
"""Seconds between two tellings: a queue that moves fast is read once for all that happened meanwhile."""

_MOVES: Final = frozenset(
    {
        FactKind.CALL_STARTED,
        FactKind.CALL_ANSWERED,
        FactKind.CALL_REQUEUED,
        FactKind.CALL_TRANSFERRED,
        FactKind.CALL_MOVED,
        FactKind.CALL_CALLED_BACK,
        FactKind.CALL_ENDED,
        FactKind.CALL_WRAPPED,
    }
)
"""What moves the line of the queue that the fact names, or tells how long its calls take."""
_MOVES_ALL: Final = frozenset({FactKind.AGENT_STATUS, FactKind.AGENT_REACH, FactKind.QUEUE_CHANGED})
"""What changes who works, in whichever queue."""


class PlacePage(Protocol):
    """An open page of a customer."""

    @property
    def socket(self) -> Socket:
        """Where to tell it."""
        ...

    @property
    def call(self) -> CallId:
        """Whose place it shows."""
        ...

    @property
    def queue(self) -> QueueId:
        """Where this call waits."""
        ...


class GuestPlaces:
    """The places of all pages that are open at this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._told: dict[PlacePage, Place | None] = {}
        self._moved: set[QueueId] = set()
        self._has_moved = asyncio.Event()

    def join(self, page: PlacePage) -> None:
        """A page is open, and knows no place yet."""
        self._told[page] = None
        self._note(page.queue)

    def leave(self, page: PlacePage) -> None:
        """Forget a page."""
        self._told.pop(page, None)

    def note(self, facts: Iterable[Fact]) -> None:
        """Look again at the queues that some facts moved. Returns at once."""
        for fact in facts:
            if fact.kind in _MOVES and fact.queue is not None:
                self._note(fact.queue)
            elif fact.kind in _MOVES_ALL:
                for queue in {page.queue for page in self._told}:
                    self._note(queue)

    async def tell(self) -> None:
        """Tell each page that stands elsewhere now, until cancelled."""
        while True:
            await self._has_moved.wait()
            self._has_moved.clear()
            moved, self._moved = self._moved, set()
            for queue in moved & {page.queue for page in self._told}:
                try:
                    await self._tell(queue)
                except Exception:
                    log.exception("the places in queue %s could not be told; they are tried again", queue)
                    self._note(queue)
            await asyncio.sleep(TELL_EVERY)

    def _note(self, queue: QueueId) -> None:
        self._moved.add(queue)
        self._has_moved.set()

    async def _tell(self, queue: QueueId) -> None:
        async with self._database.read() as session:
            standing = await places_in(session, queue)
        for page, told in list(self._told.items()):
            place = standing.get(page.call)
            if page.queue == queue and page in self._told and place != told:
                self._told[page] = place
                page.socket.send(GuestPlacePushed(place=GuestPlace.of(place) if place else None))
