"""Customers: found by address, made by name."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.facts import Actor, Fact, FactKind
from callflow.ids import CustomerId, new_id
from conversations.db.database import Write
from conversations.directory.people import NAME_LIMIT, fold
from conversations.errors import RefusedError
from conversations.threads.addresses import normalise
from conversations.threads.tables import CustomerRow
from conversations.values import clean_line, storable

SEARCH_LIMIT = 20


@dataclass(frozen=True, slots=True)
class Customer:
    """A person who contacts the centre."""

    id: CustomerId
    name: str
    address: str | None
    city: str | None
    country: str | None
    created_at: datetime


async def add_customer(write: Write, actor: Actor, name: str, *, address: str | None = None) -> Customer:
    """Make a customer. `address` is normalised already. Raises InvalidError, RefusedError ``address_taken``."""
    name = clean_line("name", name, NAME_LIMIT)
    row = CustomerRow(
        id=new_id("cust"),
        name=name,
        name_key=fold(name)[:200],
        address=address,
        city=None,
        country=None,
        created_at=write.clock.now(),
    )
    write.session.add(row)
    try:
        await write.session.flush()
    except IntegrityError as error:
        raise RefusedError("address_taken", "Another customer has this address.") from error
    write.fact(Fact(FactKind.CUSTOMER_CHANGED, actor, data={"customer": row.id}))
    return _customer(row)


async def customer_for_identity(write: Write, actor: Actor, identity: str) -> Customer:
    """Return whom an identity names: by address when it looks like one, found or made; else somebody new (LNK-09)."""
    address = normalise(identity)
    if address is not None:
        found = await write.session.scalar(select(CustomerRow).where(CustomerRow.address == address))
        if found is not None:
            return _customer(found)
    return await add_customer(write, actor, identity, address=address)


async def customer_by_id(session: AsyncSession, customer: CustomerId) -> Customer | None:
    """Find a customer."""
    row = await session.get(CustomerRow, customer)
    return _customer(row) if row else None


async def names_of_customers(session: AsyncSession, customers: Collection[str]) -> Mapping[str, str]:
    """Return the names of customers by id."""
    if not customers:
        return {}
    found = await session.execute(select(CustomerRow.id, CustomerRow.name).where(CustomerRow.id.in_(customers)))
    return {row[0]: row[1] for row in found}


def customers_named(text: str) -> Select[str]:
    """Select the ids of the customers whose name or address contains `text`."""
    return select(CustomerRow.id).where(_named(text))


async def search_customers(session: AsyncSession, text: str) -> list[Customer]:
    """Return the first customers by name whose name or address contains `text`."""
    rows = await session.scalars(
        select(CustomerRow).where(_named(text)).order_by(CustomerRow.name_key, CustomerRow.id).limit(SEARCH_LIMIT)
    )
    return [_customer(row) for row in rows]


def _named(text: str) -> ColumnElement[bool]:
    text = storable(text).strip()[:NAME_LIMIT]
    in_name = CustomerRow.name_key.contains(fold(text), autoescape=True)
    in_address = CustomerRow.address.contains(normalise(text) or text.lower(), autoescape=True)
    return or_(in_name, in_address)


def _customer(row: CustomerRow) -> Customer:
    return Customer(CustomerId(row.id), row.name, row.address, row.city, row.country, row.created_at)
