"""Making call links."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from callflow.facts import Actor, Fact, FactKind
from callflow.ids import AgentId, LinkId, QueueId, new_id
from callink.tables import LinkKind, LinkRow
from callink.values import Link, link_of
from conversations.db.audit import audit
from conversations.db.database import Write
from conversations.directory.people import NAME_LIMIT
from conversations.directory.queues import queue_by_id
from conversations.directory.settings import LINK_DAYS_LIMIT, read_settings
from conversations.errors import InvalidError, NotFoundError
from conversations.threads.customers import customer_for_identity
from conversations.tokens import new_token, token_hash
from conversations.values import clean_line

TOKEN_BYTES = 24
"""192 random bits (ASVS 5.0 11.5.1)."""


@dataclass(frozen=True, slots=True)
class NewLink:
    """What an issuer asks for. `days` belongs to the expiry kind, the two moments to the time frame (LNK-03)."""

    kind: LinkKind
    queue: QueueId
    label: str = ""
    identity: str | None = None
    audio_only: bool = False
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    days: int | None = None


async def issue_link(write: Write, actor: Actor, created_by: AgentId | None, wanted: NewLink) -> tuple[Link, str]:
    """Make a link; return it and its token, which is told only here.

    Raises InvalidError for a window that cannot be, NotFoundError for an unknown queue.
    """
    now = write.clock.now()
    starts_at, ends_at = _window(wanted, now, (await read_settings(write.session)).link_days)
    if await queue_by_id(write.session, wanted.queue) is None:
        raise NotFoundError("There is no such queue.")
    identity = clean_line("identity", wanted.identity, NAME_LIMIT) if wanted.identity else None
    customer = await customer_for_identity(write, actor, identity) if identity else None
    token = new_token(TOKEN_BYTES)
    row = LinkRow(
        id=new_id("link"),
        token_hash=token_hash(token),
        kind=wanted.kind,
        label=clean_line("label", wanted.label, NAME_LIMIT, least=0),
        queue_id=wanted.queue,
        identity=identity,
        customer_id=customer.id if customer else None,
        audio_only=wanted.audio_only,
        starts_at=starts_at,
        ends_at=ends_at,
        created_by=created_by,
        created_at=now,
        revoked_at=None,
        holder=None,
        used_at=None,
    )
    write.session.add(row)
    await write.session.flush()
    link_changed(write, actor, LinkId(row.id), wanted.queue)
    await audit(write, actor, "call_link", row.id, row.label, {}, audited_link(row))
    return link_of(row), token


def audited_link(row: LinkRow) -> dict[str, Any]:
    """Return what the audit log keeps of a link. The identity is a person's address, so the customer stands for it."""
    return {
        "label": row.label,
        "kind": row.kind,
        "queue": row.queue_id,
        "customer": row.customer_id,
        "audio_only": row.audio_only,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": row.ends_at.isoformat() if row.ends_at else None,
        "revoked": row.revoked_at is not None,
    }


def link_changed(write: Write, actor: Actor, link: LinkId, queue: QueueId) -> None:
    """Log that a link is not what it was."""
    write.fact(Fact(FactKind.LINK_CHANGED, actor, queue=queue, data={"link": link}))


def _window(wanted: NewLink, now: datetime, default_days: int) -> tuple[datetime, datetime | None]:
    match wanted.kind:
        case LinkKind.ONE_TIME:
            _unused(wanted, "starts_at", "ends_at", "days")
            return now, None
        case LinkKind.EXPIRY:
            _unused(wanted, "starts_at", "ends_at")
            days = default_days if wanted.days is None else wanted.days
            if not 1 <= days <= LINK_DAYS_LIMIT:
                raise InvalidError("days", f"A link is valid for 1 to {LINK_DAYS_LIMIT} days.")
            return now, now + timedelta(days=days)
        case LinkKind.TIME_FRAME:
            _unused(wanted, "days")
            if wanted.starts_at is None or wanted.ends_at is None:
                raise InvalidError("starts_at", "A time frame needs its beginning and its end.")
            if wanted.starts_at.tzinfo is None or wanted.ends_at.tzinfo is None:
                raise InvalidError("starts_at", "A time needs its zone.")
            if wanted.ends_at <= max(wanted.starts_at, now):
                raise InvalidError("ends_at", "The end must lie after the beginning, and in the future.")
            return wanted.starts_at, wanted.ends_at


def _unused(wanted: NewLink, *fields: str) -> None:
    for field in fields:
        if getattr(wanted, field) is not None:
            raise InvalidError(field, "This kind of link has no such limit.")
