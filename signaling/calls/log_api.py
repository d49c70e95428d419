"""Calls as lists: all of them, and on top the ones that nobody answered and nobody has seen to."""

from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from callflow.call import Media
from callflow.ids import AgentId, CallId, CustomerId, QueueId
from conversations.calls.log import CallFilter, CallLog, LoggedCall
from conversations.calls.outcomes import Outcome
from signaling.http.api import Api
from signaling.http.rules import SIGNED_IN, SignedIn
from signaling.models.calls import CallItem, CallPage, Handled, MissedCall, MissedCalls
from signaling.models.common import Id
from signaling.models.entries import Direction
from signaling.views import ref, ref_or_none


class CallLogApi:
    """Handlers of `/calls`. Whose calls a person may see, the log knows."""

    def __init__(
        self, log: CallLog, would_ring: Callable[[Collection[CustomerId]], Awaitable[set[CustomerId]]]
    ) -> None:
        self._log = log
        self._would_ring = would_ring

    def register(self, api: Api) -> None:
        """Add the routes."""
        api.get("/calls", self.list_calls, rule=SIGNED_IN, tag="calls")
        api.get("/calls/missed", self.list_missed_calls, rule=SIGNED_IN, tag="calls")
        api.post("/calls/{call_id}/handled", self.handle_call, rule=SIGNED_IN, tag="calls")

    async def list_calls(
        self,
        who: SignedIn,
        *,
        since: AwareDatetime | None = None,
        until: AwareDatetime | None = None,
        queue: Id | None = None,
        agent: Id | None = None,
        outcome: Outcome | None = None,
        media: Media | None = None,
        search: Annotated[str, Field(max_length=100)] = "",
        before: Id | None = None,
        limit: Annotated[int, Field(ge=1, le=200)] = 50,
    ) -> CallPage:
        """List calls, latest first: everybody's for a supervisor, an agent's own for an agent."""
        wanted = CallFilter(
            since=_utc(since),
            until=_utc(until),
            queue=QueueId(queue) if queue else None,
            agent=AgentId(agent) if agent else None,
            outcome=outcome,
            media=media,
            search=search.strip(),
        )
        page = await self._log.page(who.user, wanted, CallId(before) if before else None, limit)
        return CallPage(items=[call_item(item) for item in page.items], next=page.next)

    async def list_missed_calls(self, who: SignedIn) -> MissedCalls:
        """List who called, was not answered, and is still to be called back; for an agent those of the own queues."""
        found, total = await self._log.missed(who.user)
        there = await self._would_ring([CustomerId(missed.call.customer.id) for missed in found])
        items = [
            MissedCall(call=call_item(missed.call), tries=missed.tries, page_open=missed.call.customer.id in there)
            for missed in found
        ]
        return MissedCalls(items=items, total=total)

    async def handle_call(self, who: SignedIn, call_id: CallId) -> CallItem:
        """Mark a call that nobody answered as seen to, with the customer's earlier ones."""
        return call_item(await self._log.handle(who.user, call_id))


def call_item(call: LoggedCall) -> CallItem:
    """Show a call in a list."""
    done = call.handled
    return CallItem(
        id=call.id,
        conversation_id=call.conversation,
        customer=ref(call.customer),
        queue=ref(call.queue),
        agents=[ref(agent) for agent in call.agents],
        direction=Direction(call.direction),
        media=call.media,
        outcome=call.outcome,
        started_at=call.started_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        end_reason=call.end_reason,
        ended_by=call.ended_by,
        waited_seconds=_whole(call.waited_seconds),
        talked_seconds=_whole(call.talked_seconds),
        handled=None if done is None else Handled(at=done.at, by=ref_or_none(done.by), by_call_id=done.by_call),
    )


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC)
