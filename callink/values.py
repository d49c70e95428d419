"""Call links as values, and the pure judgement of what a link is worth now."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from callflow.ids import AgentId, CallId, CustomerId, LinkId, QueueId
from callink.tables import LinkKind, LinkRow
from conversations.directory.values import Named
from conversations.threads.customers import Customer
from conversations.threads.guests import GuestId


class LinkState(StrEnum):
    """What the holder of a link sees."""

    NOT_YET = "not_yet"
    ACTIVE = "active"
    """This browser may call."""
    IN_USE = "in_use"
    """A one-time link that another browser is using."""
    USED = "used"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Link:
    """A call link. Its token is known to nobody but its holder."""

    id: LinkId
    kind: LinkKind
    label: str
    queue: QueueId
    identity: str | None
    customer: CustomerId | None
    """Whom the identity names (LNK-09)."""
    audio_only: bool
    starts_at: datetime
    ends_at: datetime | None
    """The first moment at which the link is no longer valid; None for a one-time link."""
    created_by: AgentId | None
    created_at: datetime
    revoked_at: datetime | None
    holder: GuestId | None
    """Of a one-time link: the browser whose call lives."""
    used_at: datetime | None
    """Of a one-time link: when an agent answered."""


@dataclass(frozen=True, slots=True)
class ListedLink:
    """A link as its issuer sees it."""

    link: Link
    state: LinkState
    queue: Named
    created_by: Named | None


@dataclass(frozen=True, slots=True)
class Visit:
    """A link as one browser sees it. Looking changes nothing (PLUS-18)."""

    link: Link
    state: LinkState
    asks_name: bool
    name: str | None
    """Whom this call would be by, when it is known."""
    customer: Customer | None
    call: CallId | None
    """The latest call that this browser made by this link; it may be over."""


def judge(link: Link, guest: GuestId | None, now: datetime) -> LinkState:
    """Say what a link is worth to a browser. `guest` is None for one that never called.

    The window is half-open: valid from `starts_at` until before `ends_at` (LNK-03). A one-time link belongs to
    the browser whose call lives, is used up once an agent has answered, and is free again when nobody did
    (LNK-11, PLUS-18).
    """
    if link.revoked_at is not None:
        return LinkState.REVOKED
    if link.holder is not None:
        return LinkState.ACTIVE if link.holder == guest else LinkState.IN_USE
    if link.used_at is not None:
        return LinkState.USED
    if link.ends_at is not None and now >= link.ends_at:
        return LinkState.EXPIRED
    if now < link.starts_at:
        return LinkState.NOT_YET
    return LinkState.ACTIVE


def link_of(row: LinkRow) -> Link:
    """Return the link of a row."""
    return Link(
        id=LinkId(row.id),
        kind=row.kind,
        label=row.label,
        queue=QueueId(row.queue_id),
        identity=row.identity,
        customer=CustomerId(row.customer_id) if row.customer_id else None,
        audio_only=row.audio_only,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        created_by=AgentId(row.created_by) if row.created_by else None,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
        holder=GuestId(row.holder) if row.holder else None,
        used_at=row.used_at,
    )
