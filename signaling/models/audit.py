"""The audit log, as supervisors read it (SYS-08)."""

from pydantic import JsonValue

from callflow.facts import ActorKind
from conversations.audit_log import AuditAction
from signaling.models.common import Model, Moment, Ref


class AuditActor(Model):
    """Who changed something; automation has neither id nor name."""

    kind: ActorKind
    id: str | None
    name: str | None


class AuditedField(Model):
    """One field: its old value and its new one. Ids of people, queues and customers are shown as their names."""

    name: str
    old: JsonValue
    new: JsonValue


class AuditEntry(Model):
    """One change of one thing."""

    number: int
    at: Moment
    actor: AuditActor
    subject: str
    subject_id: str
    subject_name: str
    action: AuditAction
    fields: list[AuditedField]


class AuditPage(Model):
    """Entries, latest first; `next` is the `before` of the next page, null after the last."""

    items: list[AuditEntry]
    next: int | None


class AuditChoices(Model):
    """What one can look for: kinds of things, and people."""

    subjects: list[str]
    people: list[Ref]
