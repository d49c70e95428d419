"""Call links for those who issue them, and for browsers that look at them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.call import Media
from callflow.ids import CallId, LinkId
from callink.arriving import route_of
from callink.issuing import NewLink, audited_link, issue_link, link_changed
from callink.tables import ClaimRow, LinkRow
from callink.values import Link, LinkState, ListedLink, Visit, judge, link_of
from conversations.db.audit import audit
from conversations.db.database import Database
from conversations.db.locking import locked
from conversations.directory.people import names_of_users
from conversations.directory.queues import names_of_queues, queues_of
from conversations.directory.values import Named, User
from conversations.errors import NotFoundError, RefusedError
from conversations.rules.values import Route
from conversations.threads.customers import customer_by_id
from conversations.threads.guests import guest_by_token
from conversations.tokens import token_hash

LIST_LIMIT = 500


class Links:
    """The call links of the centre."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def issue(self, user: User, wanted: NewLink) -> tuple[ListedLink, str]:
        """Make a link; return it and its token, which nobody can see again (LNK-03, LNK-08).

        An agent may do so for queues that he is in. Raises InvalidError, NotFoundError, RefusedError ``forbidden``.
        """
        async with self._database.write() as write:
            if not user.leads and wanted.queue not in await queues_of(write.session, user.id):
                raise RefusedError("forbidden", "You can make links only for queues that you are in.")
            link, token = await issue_link(write, user.actor, user.id, wanted)
            return (await _listed(write.session, [link], write.clock.now()))[0], token

    async def list(self, user: User) -> list[ListedLink]:
        """Return the links, latest first: an agent's own, everybody's for those who lead."""
        wanted = select(LinkRow).order_by(LinkRow.created_at.desc(), LinkRow.id).limit(LIST_LIMIT)
        if not user.leads:
            wanted = wanted.where(LinkRow.created_by == user.id)
        async with self._database.read() as session:
            rows = await session.scalars(wanted)
            return await _listed(session, [link_of(row) for row in rows], self._database.clock.now())

    async def revoke(self, user: User, link: LinkId) -> ListedLink:
        """End a link for good; a call that lives goes on. Again does no harm. Raises NotFoundError."""
        async with self._database.write() as write:
            row = await locked(write.session, LinkRow, link)
            if not user.leads and row.created_by != user.id:
                raise NotFoundError
            if row.revoked_at is None:
                before, row.revoked_at = audited_link(row), write.clock.now()
                await audit(write, user.actor, "call_link", row.id, row.label, before, audited_link(row))
                link_changed(write, user.actor, link, link_of(row).queue)
            return (await _listed(write.session, [link_of(row)], write.clock.now()))[0]

    async def state_of(self, link: LinkId, guest_token: str) -> LinkState:
        """Return what a link is worth now to the browser that called by it. Raises NotFoundError."""
        async with self._database.read() as session:
            row, guest = await session.get(LinkRow, link), await guest_by_token(session, guest_token)
        if row is None:
            raise NotFoundError
        return judge(link_of(row), guest.id if guest else None, self._database.clock.now())

    async def look(self, token: str, guest_token: str | None) -> Visit:
        """Return what this browser sees of a link. Changes nothing (PLUS-18). Raises NotFoundError."""
        async with self._database.read() as session:
            row = await row_by_token(session, token)
            if row is None:
                raise NotFoundError
            link, guest = link_of(row), await guest_by_token(session, guest_token)
            claim = await session.get(ClaimRow, (link.id, guest.id)) if guest else None
            named = link.customer or (guest.customer if guest else None)
            customer = await customer_by_id(session, named) if named else None
        return Visit(
            link=link,
            state=judge(link, guest.id if guest else None, self._database.clock.now()),
            asks_name=customer is None,
            name=customer.name if customer else None,
            customer=customer,
            call=CallId(claim.call_id) if claim else None,
        )

    async def listed(self, link: LinkId) -> ListedLink:
        """Return a link as its issuers see it. Raises NotFoundError."""
        async with self._database.read() as session:
            row = await session.get(LinkRow, link)
            if row is None:
                raise NotFoundError("There is no such link.")
            return (await _listed(session, [link_of(row)], self._database.clock.now()))[0]

    async def route(self, visit: Visit, media: Media, name: str | None = None) -> Route:
        """Return where a call by this link would go now (SYS-02)."""
        async with self._database.read() as session:
            return await route_of(session, visit.link, media, visit.customer, name, self._database.clock.now())


async def row_by_token(session: AsyncSession, token: str) -> LinkRow | None:
    """Find a link by the token that its holder shows."""
    return (await session.scalars(select(LinkRow).where(LinkRow.token_hash == token_hash(token)))).one_or_none()


async def link_label(session: AsyncSession, link: LinkId) -> str | None:
    """Return a link's label for the ringing window; None when it has none."""
    return await session.scalar(select(LinkRow.label).where(LinkRow.id == link)) or None


async def _listed(session: AsyncSession, links: Sequence[Link], now: datetime) -> list[ListedLink]:
    queues = await names_of_queues(session, {link.queue for link in links})
    users = await names_of_users(session, {link.created_by for link in links if link.created_by})
    return [
        ListedLink(
            link=link,
            state=judge(link, None, now),
            queue=Named(link.queue, queues[link.queue]),
            created_by=Named(link.created_by, users[link.created_by]) if link.created_by else None,
        )
        for link in links
    ]


async def names_of_links(session: AsyncSession, links: Collection[LinkId]) -> Mapping[LinkId, str]:
    """Return what to call each of some links, by id; those that do not exist are left out."""
    rows = list(await session.scalars(select(LinkRow).where(LinkRow.id.in_(links))))
    queues = await names_of_queues(session, {row.queue_id for row in rows})
    return {LinkId(row.id): row.label or row.identity or f"Link to {queues[row.queue_id]}" for row in rows}
