"""Where a call by a link goes: the routing rules say, else the link's own queue (SYS-02)."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from callflow.call import Media
from callink.values import Link
from conversations.rules.service import route
from conversations.rules.values import Arrival, Channel, Route
from conversations.threads.customers import Customer


async def route_of(
    session: AsyncSession, link: Link, media: Media, customer: Customer | None, name: str | None, now: datetime
) -> Route:
    """Return where a call by this link goes. `name` is what somebody calls himself whom we do not know yet."""
    arrival = Arrival(
        at=now,
        channel=Channel.CALL,
        media=Media.AUDIO if link.audio_only else media,
        link=link.id,
        label=link.label,
        name=customer.name if customer else name,
        address=customer.address if customer else None,
        city=customer.city if customer else None,
        country=customer.country if customer else None,
    )
    return await route(session, arrival, link.queue)
