"""How a browser gets in by a link, and what its call then does to the link.

Everything here runs inside the transaction that makes or changes the call. Locks are taken in the order
browser, link, customer, conversation.
"""

from dataclasses import dataclass

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.call import Call, Media
from callflow.facts import AUTOMATION, Actor, ActorKind, Fact, FactKind
from callflow.ids import CallId, CustomerId, LinkId
from callink.arriving import route_of
from callink.issuing import link_changed
from callink.links import row_by_token
from callink.tables import ClaimRow, LinkKind, LinkRow
from callink.values import Link, LinkState, judge, link_of
from conversations.calls.reading import call_by_id
from conversations.db.database import Write
from conversations.db.locking import locked
from conversations.directory.queues import held_queue
from conversations.errors import NotFoundError, RefusedError
from conversations.rules.values import Route
from conversations.threads.customers import add_customer, customer_by_id
from conversations.threads.guests import Guest, name_guest
from conversations.threads.tables import GuestRow
from conversations.tokens import token_hash

_REFUSALS = {
    LinkState.NOT_YET: "It is too early for this link.",
    LinkState.IN_USE: "This link is open in another browser.",
    LinkState.USED: "This link has been used already.",
    LinkState.EXPIRED: "This link is no longer valid.",
    LinkState.REVOKED: "This link is no longer valid.",
}


class JoinedAlreadyError(Exception):
    """This browser's call by this link lives: it is to be joined again, not begun."""

    def __init__(self, call: CallId) -> None:
        super().__init__(f"{call} lives")
        self.call = call


@dataclass(frozen=True, slots=True)
class Admission:
    """Who calls, and where to."""

    link: Link
    customer: CustomerId
    route: Route


async def admit(
    write: Write, token: str, guest: Guest, name: str | None, call: CallId, media: Media = Media.VIDEO
) -> Admission:
    """Let a browser call by a link; `call` is the id of the call that the caller makes in this transaction.

    A one-time link then belongs to this browser (LNK-11), and the routing rules say where the call goes (SYS-02).
    Raises NotFoundError for an unknown token,
    JoinedAlreadyError, InvalidError for a bad name, and RefusedError ``link_not_yet``, ``link_in_use``,
    ``link_used``, ``link_expired``, ``link_revoked``, ``queue_closed`` or ``name_needed``.
    """
    row = await row_by_token(write.session, token)
    if row is None:
        raise NotFoundError("There is no such link.")
    link = link_of(row)
    # Two tabs of one browser that join at once: the second finds the first one's call.
    known = (await locked(write.session, GuestRow, guest.id)).customer_id
    await _not_in_call(write.session, link.id, guest)
    await _take(write, link, guest)
    caller = link.customer or (CustomerId(known) if known else None)
    found = await customer_by_id(write.session, caller) if caller else None
    route = await route_of(write.session, link, media, found, name, write.clock.now())
    queue = await held_queue(write.session, route.queue)
    if queue is None or not queue.opening(write.clock.now()).open:
        raise RefusedError("queue_closed", "We are closed at the moment.")
    customer = caller or await _named(write, guest, name)
    claim = ClaimRow(link_id=link.id, guest_id=guest.id, call_id=call, claimed_at=write.clock.now())
    await write.session.merge(claim)
    return Admission(link, customer, route)


async def follow_call(write: Write, fact: Fact, call: Call) -> None:
    """Keep a one-time link in step with its call: an answer uses it up, the end lets go of it (LNK-11, PLUS-18)."""
    if call.link is None:
        return
    match fact.kind:
        case FactKind.CALL_ANSWERED:
            change = update(LinkRow).where(LinkRow.used_at.is_(None)).values(used_at=write.clock.now())
        case FactKind.CALL_REQUEUED if call.answered_at is None:
            # Answered, but no sound could be set up: nobody has talked to the customer after all.
            change = update(LinkRow).where(LinkRow.used_at.is_not(None)).values(used_at=None)
        case FactKind.CALL_ENDED:
            change = update(LinkRow).where(LinkRow.holder.is_not(None)).values(holder=None)
        case _:
            return
    # Only the holder's latest call counts: an earlier one that ends late must not free the link.
    holder = select(ClaimRow.guest_id).where(ClaimRow.link_id == call.link, ClaimRow.call_id == call.id)
    mine = (LinkRow.id == call.link, LinkRow.kind == LinkKind.ONE_TIME, LinkRow.holder == holder.scalar_subquery())
    if (await write.session.execute(change.where(*mine).returning(LinkRow.id))).one_or_none():
        link_changed(write, AUTOMATION, call.link, call.queue)


async def call_of_guest(session: AsyncSession, guest_token: str | None, call: CallId) -> bool:
    """Say whether the browser with this token made this call."""
    if guest_token is None:
        return False
    found = await session.scalar(
        select(ClaimRow.call_id)
        .join(GuestRow, GuestRow.id == ClaimRow.guest_id)
        .where(ClaimRow.call_id == call, GuestRow.token_hash == token_hash(guest_token))
    )
    return found is not None


async def _take(write: Write, link: Link, guest: Guest) -> None:
    """Check the link, and claim a one-time link in one statement: of many at once, one wins."""
    state = judge(link, guest.id, write.clock.now())
    if state is not LinkState.ACTIVE:
        raise _refusal(state)
    if link.kind is not LinkKind.ONE_TIME:
        return
    claimed = await write.session.execute(
        update(LinkRow)
        .where(LinkRow.id == link.id, LinkRow.revoked_at.is_(None), LinkRow.used_at.is_(None))
        .where(or_(LinkRow.holder.is_(None), LinkRow.holder == guest.id))
        .values(holder=guest.id)
        .returning(LinkRow.id)
    )
    if claimed.one_or_none() is None:
        row = await locked(write.session, LinkRow, link.id)
        raise _refusal(judge(link_of(row), guest.id, write.clock.now()))
    if link.holder is None:
        link_changed(write, Actor(ActorKind.CUSTOMER), link.id, link.queue)


def _refusal(state: LinkState) -> RefusedError:
    return RefusedError(f"link_{state}", _REFUSALS[state])


async def _not_in_call(session: AsyncSession, link: LinkId, guest: Guest) -> None:
    claim = await session.get(ClaimRow, (link, guest.id), populate_existing=True)
    call = await call_by_id(session, CallId(claim.call_id)) if claim else None
    if call is not None and call.live:
        raise JoinedAlreadyError(call.id)


async def _named(write: Write, guest: Guest, name: str | None) -> CustomerId:
    """Make the customer whom this browser names."""
    if not name or not name.strip():
        raise RefusedError("name_needed", "Please tell us your name.")
    customer = await add_customer(write, Actor(ActorKind.CUSTOMER), name)
    await name_guest(write, guest.id, customer.id)
    return customer.id
