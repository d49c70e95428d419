"""Customers' browsers: each holds a random token in a cookie and stands for one customer."""

from dataclasses import dataclass
from typing import NewType

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.ids import CustomerId, new_id
from conversations.db.database import Write
from conversations.db.locking import locked
from conversations.threads.tables import GuestRow
from conversations.tokens import new_token, token_hash

GuestId = NewType("GuestId", str)


@dataclass(frozen=True, slots=True)
class Guest:
    """A customer's browser. `customer` is whom it named itself, if it was ever asked."""

    id: GuestId
    customer: CustomerId | None


async def guest_by_token(session: AsyncSession, token: str | None) -> Guest | None:
    """Return the browser that holds this token."""
    if token is None:
        return None
    row = (await session.scalars(select(GuestRow).where(GuestRow.token_hash == token_hash(token)))).one_or_none()
    return _guest(row) if row else None


async def new_guest(write: Write) -> tuple[Guest, str]:
    """Make a browser known; return it and the token for its cookie."""
    token = new_token()
    row = GuestRow(id=new_id("guest"), token_hash=token_hash(token), customer_id=None, created_at=write.clock.now())
    write.session.add(row)
    await write.session.flush()
    return _guest(row), token


async def name_guest(write: Write, guest: GuestId, customer: CustomerId) -> None:
    """Remember whom a browser named."""
    row = await locked(write.session, GuestRow, guest)
    row.customer_id = customer


def _guest(row: GuestRow) -> Guest:
    return Guest(GuestId(row.id), CustomerId(row.customer_id) if row.customer_id else None)
