"""The audit log: what supervisors changed, with old and new values (SYS-08)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, insert
from sqlalchemy.orm import Mapped, mapped_column

from callflow.facts import Actor, ActorKind
from conversations.db.base import Base, BigNumber, word
from conversations.db.database import Write


class AuditRow(Base):
    """One change of one thing."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_subject", "subject", "subject_id"),)

    number: Mapped[int] = mapped_column(BigNumber, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    actor_kind: Mapped[ActorKind] = mapped_column(word(ActorKind))
    actor_id: Mapped[str | None] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(32))
    """What kind of thing: queue, user, waiting_strategy, status, …"""
    subject_id: Mapped[str] = mapped_column(String(40))
    subject_name: Mapped[str] = mapped_column(String(200))
    """Its name at that time, since a thing may be gone when the log is read."""
    changes: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Per field that changed a pair: the old value and the new."""


async def audit(
    write: Write,
    actor: Actor,
    subject: str,
    subject_id: str,
    subject_name: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Log what differs between two states of a thing, in the transaction that changes it; nothing when nothing does.

    The values are plain JSON. A thing that is made has no `before`, one that is deleted no `after`. Secrets are never
    given here.
    """
    changes = {
        name: [before.get(name), after.get(name)]
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    }
    if changes:
        await write.session.execute(
            insert(AuditRow).values(
                at=write.clock.now(),
                actor_kind=actor.kind,
                actor_id=actor.id,
                subject=subject,
                subject_id=subject_id,
                subject_name=subject_name,
                changes=changes,
            )
        )
