"""An agent calls a customer who was not answered: where that customer's page is, and that it is done once (PLUS-12)."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.ids import CallId, CustomerId, LinkId
from callink.tables import ClaimRow, LinkKind, LinkRow
from conversations.calls.reading import live_calls_of
from conversations.calls.tables import CallRow
from conversations.db.database import Write
from conversations.db.locking import locked
from conversations.errors import RefusedError
from conversations.threads.tables import CustomerRow, GuestRow


@dataclass(frozen=True, slots=True)
class Reached:
    """The link by which the customer's browser finds the call."""

    link: LinkId


async def call_from(write: Write, customer: CustomerId, call: CallId) -> Reached:
    """Let the browser from which a customer called last find the call that an agent makes in this transaction.

    Raises RefusedError ``no_page`` when the customer never called by a link, and ``in_call`` when a call of the
    customer lives: of two agents at once one calls.
    """
    claim = await _last_claim(write.session, customer)
    if claim is None:
        raise RefusedError("no_page", "This customer has no page that could ring.")
    await locked(write.session, GuestRow, claim.guest_id)
    link = await locked(write.session, LinkRow, claim.link_id)
    await locked(write.session, CustomerRow, customer)
    await write.session.refresh(claim)
    if await live_calls_of(write.session, customer):
        raise RefusedError("in_call", "This customer is in a call already, or is being called.")
    claim.call_id, claim.claimed_at = call, write.clock.now()
    if link.kind is LinkKind.ONE_TIME and link.used_at is None and link.holder is None:
        link.holder = claim.guest_id
    await write.session.flush()
    return Reached(LinkId(claim.link_id))


async def browsers_of(session: AsyncSession, customers: Collection[CustomerId]) -> dict[CustomerId, str]:
    """Return the browser in which each customer would be called back, as the hash of its token."""
    claims = (
        select(CallRow.customer_id, GuestRow.token_hash)
        .join(ClaimRow, ClaimRow.call_id == CallRow.id)
        .join(GuestRow, GuestRow.id == ClaimRow.guest_id)
        .where(CallRow.customer_id.in_(customers))
        .order_by(ClaimRow.claimed_at)
    )
    return {CustomerId(customer): browser for customer, browser in await session.execute(claims)}


async def _last_claim(session: AsyncSession, customer: CustomerId) -> ClaimRow | None:
    return await session.scalar(
        select(ClaimRow)
        .join(CallRow, CallRow.id == ClaimRow.call_id)
        .where(CallRow.customer_id == customer)
        .order_by(ClaimRow.claimed_at.desc())
        .limit(1)
    )
