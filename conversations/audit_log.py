"""Reading the audit log: who changed what, with the names of things as they are now (SYS-08)."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.facts import Actor, ActorKind
from callflow.ids import AgentId
from conversations.db.audit import AuditRow
from conversations.db.database import Database
from conversations.directory.people import names_of_users
from conversations.directory.queues import names_of_queues
from conversations.directory.tags import names_of_tags
from conversations.directory.values import Named
from conversations.threads.customers import names_of_customers
from conversations.waiting.sounds import names_of_sounds

PAGE = 50
Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
_NAMES = frozenset({"name", "label"})
"""Fields that a thing of any kind has from its beginning to its end."""


Namer = Callable[[AsyncSession, Collection[Any]], Awaitable[Mapping[Any, str]]]
"""Reads the names of things of one kind by their ids; what is gone is left out."""
NOTHING: Mapping[str, Namer] = {}
_NAMERS: Mapping[str, Namer] = {
    "user": names_of_users,
    "queue": names_of_queues,
    "cust": names_of_customers,
    "tag": names_of_tags,
    "sound": names_of_sounds,
}


class AuditAction(StrEnum):
    """What became of a thing."""

    MADE = "made"
    CHANGED = "changed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are wanted; None leaves a condition out. `since` is within the period, `until` is not."""

    subject: str | None = None
    person: AgentId | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditedField:
    """One field of a thing: its old value and its new one, plain JSON in which ids have become names."""

    name: str
    old: Json
    new: Json


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change of one thing."""

    number: int
    at: datetime
    actor: Actor
    actor_name: str | None
    """None for automation."""
    subject: str
    subject_id: str
    subject_name: str
    action: AuditAction
    fields: tuple[AuditedField, ...]


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Entries, latest first; `next` is where the next page begins, None after the last."""

    items: tuple[AuditEntry, ...]
    next: int | None


class AuditLog:
    """The audit log of the centre. `others` name what other rooms keep, by the beginning of its ids."""

    def __init__(self, database: Database, others: Mapping[str, Namer] = NOTHING) -> None:
        self._database = database
        self._namers = {**_NAMERS, **others}

    async def page(self, wanted: AuditFilter, before: int | None = None, limit: int = PAGE) -> AuditPage:
        """Return the latest entries that fit, or the latest of those before a number."""
        found = select(AuditRow).order_by(AuditRow.number.desc()).limit(limit + 1)
        if before is not None:
            found = found.where(AuditRow.number < before)
        if wanted.subject is not None:
            found = found.where(AuditRow.subject == wanted.subject)
        if wanted.person is not None:
            found = found.where(AuditRow.actor_id == wanted.person)
        if wanted.since is not None:
            found = found.where(AuditRow.at >= wanted.since)
        if wanted.until is not None:
            found = found.where(AuditRow.at < wanted.until)
        async with self._database.read() as session:
            rows = (await session.scalars(found)).all()
            shown = rows[:limit]
            names = await self._names(session, shown)
        items = tuple(_entry(row, names) for row in shown)
        return AuditPage(items, items[-1].number if len(rows) > limit else None)

    async def subjects(self) -> list[str]:
        """Return the kinds of things of which a change was logged."""
        async with self._database.read() as session:
            return list(await session.scalars(select(AuditRow.subject).distinct().order_by(AuditRow.subject)))

    async def people(self) -> list[Named]:
        """Return who changed something, by name."""
        async with self._database.read() as session:
            who = await session.scalars(select(AuditRow.actor_id).where(AuditRow.actor_id.is_not(None)).distinct())
            names = await names_of_users(session, [one for one in who if one is not None])
        return sorted((Named(key, name) for key, name in names.items()), key=lambda one: (one.name, one.id))

    async def _names(self, session: AsyncSession, rows: Collection[AuditRow]) -> Mapping[str, str]:
        """Return the names of what some entries mention by id."""
        mentioned = {text for row in rows for text in _texts(row.changes)}
        mentioned |= {row.actor_id for row in rows if row.actor_id}
        names: dict[str, str] = {}
        for beginning, namer in self._namers.items():
            ids = {text for text in mentioned if text.startswith(f"{beginning}_")}
            names |= await namer(session, ids) if ids else {}
        return names


def action_of(changes: Mapping[str, Sequence[Any]]) -> AuditAction:
    """Tell a thing that was made, or deleted, from one that changed: all of it, its name too, came or went."""
    if _NAMES & changes.keys():
        if all(old is None for old, _ in changes.values()):
            return AuditAction.MADE
        if all(new is None for _, new in changes.values()):
            return AuditAction.DELETED
    return AuditAction.CHANGED


def _entry(row: AuditRow, names: Mapping[str, str]) -> AuditEntry:
    return AuditEntry(
        number=row.number,
        at=row.at,
        actor=Actor(row.actor_kind, row.actor_id),
        actor_name=None if row.actor_kind is ActorKind.AUTOMATION else names.get(row.actor_id or ""),
        subject=row.subject,
        subject_id=row.subject_id,
        subject_name=row.subject_name,
        action=action_of(row.changes),
        fields=tuple(
            AuditedField(name, _named(old, names), _named(new, names)) for name, (old, new) in row.changes.items()
        ),
    )


def _texts(value: Json | dict[str, list[Json]]) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _texts(item)
        case dict():
            for key, item in value.items():
                yield from _texts(key)
                yield from _texts(item)
        case _:
            return


def _named(value: Json, names: Mapping[str, str]) -> Json:
    """Put names in the place of ids; the id of what is gone stays."""
    match value:
        case str():
            return names.get(value, value)
        case list():
            return [_named(item, names) for item in value]
        case dict():
            return {names.get(key, key): _named(item, names) for key, item in value.items()}
        case _:
            return value
