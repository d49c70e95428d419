"""Call links for supervisors, and for agents the links of their own queues."""

from urllib.parse import quote

from aiohttp import web

from callflow.ids import LinkId, QueueId
from callink.issuing import NewLink
from callink.links import Links
from callink.values import ListedLink
from signaling.http.api import Api
from signaling.http.client import client_of
from signaling.http.rules import SIGNED_IN, SignedIn
from signaling.models.links import CallLink, NewCallLink
from signaling.views import ref, ref_or_none


class LinksApi:
    """Handlers of `/call-links`. Whose links a person may see and make, the service knows."""

    def __init__(self, links: Links, public_url: str | None) -> None:
        self._links = links
        self._public_url = public_url

    def register(self, api: Api) -> None:
        """Add the routes."""
        api.get("/call-links", self.list_call_links, rule=SIGNED_IN, tag="call links")
        api.post("/call-links", self.create_call_link, rule=SIGNED_IN, status=201, tag="call links")
        api.post("/call-links/{link_id}/revoke", self.revoke_call_link, rule=SIGNED_IN, tag="call links")

    async def list_call_links(self, who: SignedIn) -> list[CallLink]:
        """List call links: all of them for a supervisor, an agent's own for an agent."""
        return [_shown(listed, None) for listed in await self._links.list(who.user)]

    async def create_call_link(self, request: web.Request, who: SignedIn, new: NewCallLink) -> CallLink:
        """Make a call link; its URL is in this answer only."""
        wanted = NewLink(
            kind=new.kind,
            queue=QueueId(new.queue_id),
            label=new.label,
            identity=new.identity or None,
            audio_only=new.audio_only,
            starts_at=new.starts_at,
            ends_at=new.ends_at,
            days=new.days,
        )
        listed, token = await self._links.issue(who.user, wanted)
        return _shown(listed, link_url(self._public_url or client_of(request).origin, token))

    async def revoke_call_link(self, who: SignedIn, link_id: LinkId) -> CallLink:
        """End a link for good; a call that lives goes on."""
        return _shown(await self._links.revoke(who.user, link_id), None)


def link_url(site: str, token: str) -> str:
    """Return the address that a customer opens."""
    return f"{site}/c/{quote(token, safe='')}"


def _shown(listed: ListedLink, url: str | None) -> CallLink:
    link = listed.link
    return CallLink(
        id=link.id,
        kind=link.kind,
        label=link.label,
        queue=ref(listed.queue),
        identity=link.identity,
        audio_only=link.audio_only,
        starts_at=link.starts_at,
        ends_at=link.ends_at,
        state=listed.state,
        created_by=ref_or_none(listed.created_by),
        created_at=link.created_at,
        url=url,
    )
