"""The audit log for supervisors."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from callflow.ids import AgentId
from conversations.audit_log import AuditEntry as Entry
from conversations.audit_log import AuditFilter, AuditLog
from signaling.http.api import Api
from signaling.http.rules import SUPERVISOR
from signaling.models.audit import AuditActor, AuditChoices, AuditedField, AuditEntry, AuditPage
from signaling.models.common import Id
from signaling.views import ref


class AuditApi:
    """Handlers of `/audit`."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log

    def register(self, api: Api) -> None:
        """Add the routes."""
        api.get("/audit", self.list_audit, rule=SUPERVISOR, tag="audit")
        api.get("/audit/choices", self.audit_choices, rule=SUPERVISOR, tag="audit")

    async def list_audit(
        self,
        *,
        subject: Annotated[str, Field(max_length=32)] | None = None,
        person: Id | None = None,
        since: AwareDatetime | None = None,
        until: AwareDatetime | None = None,
        before: Annotated[int, Field(ge=1, lt=2**63)] | None = None,
        limit: Annotated[int, Field(ge=1, le=200)] = 50,
    ) -> AuditPage:
        """List what was changed, latest first: by whom, when, from what and to what."""
        wanted = AuditFilter(subject, None if person is None else AgentId(person), _utc(since), _utc(until))
        page = await self._log.page(wanted, before, limit)
        return AuditPage(items=[_shown(entry) for entry in page.items], next=page.next)

    async def audit_choices(self) -> AuditChoices:
        """Name the kinds of things that were changed, and the people who did."""
        return AuditChoices(
            subjects=await self._log.subjects(), people=[ref(person) for person in await self._log.people()]
        )


def _utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC)


def _shown(entry: Entry) -> AuditEntry:
    return AuditEntry(
        number=entry.number,
        at=entry.at,
        actor=AuditActor(kind=entry.actor.kind, id=entry.actor.id, name=entry.actor_name),
        subject=entry.subject,
        subject_id=entry.subject_id,
        subject_name=entry.subject_name,
        action=entry.action,
        fields=[AuditedField.model_validate(field) for field in entry.fields],
    )
