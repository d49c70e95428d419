"""The routing rules as a supervisor keeps them; each change is one transaction, and audited (SYS-02, SYS-08)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.call import Priority
from callflow.facts import Actor, Fact, FactKind
from callflow.ids import QueueId, RuleId, new_id
from conversations.db.audit import audit
from conversations.db.database import Database, Write
from conversations.db.locking import locked
from conversations.directory.archiving import Uses
from conversations.directory.people import NAME_LIMIT
from conversations.directory.queues import names_of_queues, queue_by_id
from conversations.directory.tags import names_of_tags, tags_by_name
from conversations.directory.values import Named
from conversations.errors import InvalidError, RefusedError, StaleError
from conversations.rules.stored import checked, from_stored, stored
from conversations.rules.tables import RuleRow
from conversations.rules.values import Arrival, Conditions, Mismatch, Route, Rule, first_match, mismatch
from conversations.values import clean_line

RULES_LIMIT = 200
TAGS_LIMIT = 10
SUBJECT = "routing_rule"


@dataclass(frozen=True, slots=True)
class RuleWish:
    """All that a rule is, as somebody wants it. Tags are given by name."""

    name: str
    enabled: bool
    conditions: Conditions
    queue: QueueId
    priority: Priority | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """What would become of a contact: the rule that takes it, if one does, and what keeps each from taking it."""

    rule: Rule | None
    queue: Named
    tried: tuple[tuple[Rule, Mismatch | None], ...]


class Rules:
    """The routing rules of the centre."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> list[Rule]:
        """Return every rule in the order in which they are asked."""
        async with self._database.read() as session:
            return await all_rules(session)

    async def trial(self, arrival: Arrival, own: QueueId | None) -> Trial:
        """Say what would become of a contact whose link leads to the queue `own`."""
        async with self._database.read() as session:
            rules = await all_rules(session)
            there = own is not None and await queue_by_id(session, own) is not None
            way = first_match(rules, arrival, own if there else None)
            names = await names_of_queues(session, [way.queue])
        return Trial(
            rule=next((rule for rule in rules if rule.id == way.rule), None),
            queue=Named(way.queue, names[way.queue]),
            tried=tuple((rule, mismatch(rule, arrival)) for rule in rules),
        )

    async def create(self, actor: Actor, wish: RuleWish) -> Rule:
        """Add a rule after all others. Raises InvalidError, RefusedError ``too_many``."""
        async with self._database.write() as write:
            count = await write.session.scalar(select(func.count()).select_from(RuleRow)) or 0
            if count >= RULES_LIMIT:
                raise RefusedError("too_many", f"There can be at most {RULES_LIMIT} routing rules.")
            last = await write.session.scalar(select(func.max(RuleRow.position)))
            row = RuleRow(id=new_id("rule"), position=(last or 0) + 1, version=1)
            await _apply(write, row, wish)
            write.session.add(row)
            await write.session.flush()
            made = (await _rules(write.session, [row]))[0]
            await _changed(write, actor, made, {}, _audited(made))
            return made

    async def change(self, actor: Actor, rule: RuleId, version: int, wish: RuleWish) -> Rule:
        """Replace a rule; its place stays. Raises NotFoundError, StaleError, InvalidError."""
        async with self._database.write() as write:
            row = await locked(write.session, RuleRow, rule)
            before = (await _rules(write.session, [row]))[0]
            if row.version != version:
                raise StaleError(before)
            await _apply(write, row, wish)
            row.version += 1
            after = (await _rules(write.session, [row]))[0]
            await _changed(write, actor, after, _audited(before), _audited(after))
            return after

    async def delete(self, actor: Actor, rule: RuleId) -> None:
        """Delete a rule. Raises NotFoundError."""
        async with self._database.write() as write:
            row = await locked(write.session, RuleRow, rule)
            before = (await _rules(write.session, [row]))[0]
            await write.session.delete(row)
            await _changed(write, actor, before, _audited(before), {})

    async def reorder(self, actor: Actor, order: Sequence[RuleId]) -> Sequence[Rule]:
        """Put the rules into another order. Raises StaleError when these are not all rules there are."""
        async with self._database.write() as write:
            before = await all_rules(write.session)
            if sorted(order) != sorted(rule.id for rule in before):
                raise StaleError(before)
            for position, rule in enumerate(order, 1):
                await write.session.execute(update(RuleRow).where(RuleRow.id == rule).values(position=position))
            after = await all_rules(write.session)
            write.fact(Fact(FactKind.RULES_CHANGED, actor))
            names = [{"order": [rule.name for rule in rules]} for rules in (before, after)]
            await audit(write, actor, SUBJECT, "order", "", *names)
            return after


async def all_rules(session: AsyncSession) -> list[Rule]:
    """Return every rule in the order in which they are asked."""
    wanted = select(RuleRow).order_by(RuleRow.position, RuleRow.id).execution_options(populate_existing=True)
    return await _rules(session, (await session.scalars(wanted)).all())


async def route(session: AsyncSession, arrival: Arrival, own: QueueId) -> Route:
    """Return where a contact goes; `own` is the queue of the link, which may have been deleted meanwhile."""
    there = await queue_by_id(session, own) is not None
    return first_match(await all_rules(session), arrival, own if there else None)


async def move_rules(write: Write, actor: Actor, old: QueueId, new: QueueId) -> None:
    """Send what some rules send to one queue to another, because that one is deleted."""
    for row in (await write.session.scalars(select(RuleRow).where(RuleRow.queue_id == old))).all():
        before = (await _rules(write.session, [row]))[0]
        row.queue_id = new
        row.version += 1
        after = (await _rules(write.session, [row]))[0]
        await _changed(write, actor, after, _audited(before), _audited(after))


async def rules_of_queue(session: AsyncSession, queue: QueueId) -> Uses:
    """Say which rules send to a queue."""
    wanted = select(RuleRow.name).where(RuleRow.queue_id == queue).order_by(RuleRow.position)
    names = tuple(await session.scalars(wanted))
    return Uses("rules", len(names), names)


async def _apply(write: Write, row: RuleRow, wish: RuleWish) -> None:
    if await queue_by_id(write.session, wish.queue) is None:
        raise InvalidError("queue_id", "There is no such queue any more.")
    if len(wish.tags) > TAGS_LIMIT:
        raise InvalidError("tags", f"A rule can set at most {TAGS_LIMIT} tags.")
    row.name = clean_line("name", wish.name, NAME_LIMIT)
    row.enabled = wish.enabled
    row.conditions = stored(checked(wish.conditions))
    row.queue_id = wish.queue
    row.priority = wish.priority
    row.tags = [tag.id for tag in await tags_by_name(write, wish.tags)]


async def _changed(
    write: Write, actor: Actor, rule: Rule, before: Mapping[str, object], after: Mapping[str, object]
) -> None:
    write.fact(Fact(FactKind.RULES_CHANGED, actor))
    await audit(write, actor, SUBJECT, rule.id, rule.name, before, after)


async def _rules(session: AsyncSession, rows: Collection[RuleRow]) -> list[Rule]:
    queues = await names_of_queues(session, {row.queue_id for row in rows})
    tags = await names_of_tags(session, {tag for row in rows for tag in row.tags})
    return [
        Rule(
            id=RuleId(row.id),
            name=row.name,
            enabled=row.enabled,
            conditions=from_stored(row.conditions),
            queue=Named(row.queue_id, queues[row.queue_id]),
            priority=row.priority,
            tags=tuple(Named(tag, tags[tag]) for tag in row.tags if tag in tags),
            version=row.version,
        )
        for row in rows
    ]


def _audited(rule: Rule) -> dict[str, object]:
    return {
        "name": rule.name,
        "enabled": rule.enabled,
        "conditions": stored(rule.conditions),
        "queue": rule.queue.name,
        "priority": rule.priority,
        "tags": [tag.name for tag in rule.tags],
    }
