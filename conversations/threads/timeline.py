"""The thread as people read it: the facts of a conversation, with the texts and names that they refer to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.facts import ActorKind, Fact, FactKind, Value
from callflow.ids import CallId, ConversationId, RecordingId
from conversations.agents.dispositions import names_of_dispositions
from conversations.calls.quality import MeasuredLeg, measured_legs
from conversations.db.facts import LoggedFact, fact_of_call, fact_of_text, facts_of_conversation
from conversations.directory.people import names_of_users
from conversations.directory.queues import names_of_queues
from conversations.directory.tags import names_of_tags
from conversations.directory.values import Named
from conversations.errors import NotFoundError
from conversations.threads.customers import names_of_customers
from conversations.threads.entries import (
    ActorName,
    CallAnswered,
    CallDeclined,
    CallEnded,
    CallMeasured,
    CallMissed,
    CallObserved,
    CallReconnected,
    CallReconnecting,
    CallStarted,
    CallStep,
    CallTransferred,
    CallWrapped,
    Change,
    Entry,
    Message,
    MessageLeft,
    Note,
    Page,
    Step,
    What,
)
from conversations.threads.tables import ReportRow, TextRow

_STEPS = {
    FactKind.CALL_HELD: Step.HELD,
    FactKind.CALL_RESUMED: Step.RESUMED,
    FactKind.CALL_CONSULTING: Step.CONSULTING,
    FactKind.CALL_CONSULTED: Step.CONSULTED,
    FactKind.CALL_CONSULT_ENDED: Step.CONSULT_ENDED,
    FactKind.CALL_REQUEUED: Step.REQUEUED,
    FactKind.CALL_CALLBACK_ASKED: Step.CALLBACK_ASKED,
    FactKind.CALL_CALLED_BACK: Step.CALLED_BACK,
    FactKind.RECORDING_ANNOUNCED: Step.RECORDING_ANNOUNCED,
    FactKind.RECORDING_PAUSED: Step.RECORDING_PAUSED,
    FactKind.RECORDING_RESUMED: Step.RECORDING_RESUMED,
}
"""Of several who are rung at once, those whom another forestalled are no news: the log has them, the thread not."""

MESSAGES_OF_CALL = 500
"""Messages that a call's page shows at most, the first ones."""


@dataclass(frozen=True, slots=True)
class _Names:
    """What the facts of one page refer to."""

    texts: Mapping[str, TextRow]
    reports: Mapping[tuple[str, str], ReportRow]
    """By call and agent: a call that was transferred has one of each who talked."""
    dispositions: Mapping[str, str]
    measured: Mapping[str, Sequence[MeasuredLeg]]
    users: Mapping[str, str]
    customers: Mapping[str, str]
    queues: Mapping[str, str]
    tags: Mapping[str, str]

    def agent(self, fact: Fact) -> Named:
        agent = fact.agent or ""
        return Named(agent, self.users.get(agent, ""))

    def wrapped(self, fact: Fact, call: CallId) -> CallWrapped:
        report = self.reports.get((call, fact.agent or ""))
        if report is None:
            return CallWrapped(call, self.agent(fact), "", None)
        disposition = report.disposition_id
        chosen = Named(disposition, self.dispositions.get(disposition, "")) if disposition else None
        return CallWrapped(call, self.agent(fact), report.summary, chosen)

    def actor(self, fact: Fact) -> ActorName:
        names = self.customers if fact.actor.kind is ActorKind.CUSTOMER else self.users
        return ActorName(fact.actor.kind, fact.actor.id, names.get(fact.actor.id or "", ""))

    def change(self, data: Mapping[str, Value]) -> Change:
        """Return a change with names for ids, and any other value as it is."""
        field = str(data["field"])
        names = {"assignee": self.users, "queue": self.queues, "tag": self.tags}.get(field, {})
        old, new = _word(data["old"]), _word(data["new"])
        return Change(field, names.get(old, old) if old else None, names.get(new, new) if new else None)


async def entries(session: AsyncSession, conversation: ConversationId, after: int, limit: int) -> Page:
    """Return the entries after a number, made from at most `limit` facts, of which not all are for reading.

    Ask again with `upto` as `after` until it stays the same.
    """
    facts = await facts_of_conversation(session, conversation, after, limit)
    return Page(tuple(await _entries(session, facts)), facts[-1].number if facts else after)


async def entry_of_text(session: AsyncSession, conversation: ConversationId, text: str) -> Entry:
    """Return the entry of one message or note. Raises NotFoundError."""
    fact = await fact_of_text(session, conversation, text)
    if fact is None:
        raise NotFoundError
    return (await _entries(session, [fact]))[0]


async def messages_of_call(session: AsyncSession, conversation: ConversationId, call: CallId) -> list[Entry]:
    """Return the messages of a call's thread since the call began: what its page may show."""
    began = await fact_of_call(session, conversation, call, FactKind.CALL_STARTED)
    if began is None:
        return []
    kinds = (FactKind.MESSAGE_ADDED,)
    return await _entries(
        session, await facts_of_conversation(session, conversation, began.number, MESSAGES_OF_CALL, kinds)
    )


async def _entries(session: AsyncSession, facts: Sequence[LoggedFact]) -> list[Entry]:
    names = await _names(session, [logged.fact for logged in facts])
    made: list[Entry] = []
    for logged in facts:
        fact = logged.fact
        what = _what(fact, names)
        if what is not None:
            conversation = ConversationId(fact.conversation or "")
            made.append(Entry(logged.number, logged.at, conversation, names.actor(fact), what))
    return made


async def _names(session: AsyncSession, facts: Sequence[Fact]) -> _Names:
    texts = [str(fact.data["text"]) for fact in facts if "text" in fact.data]
    calls = [fact.call for fact in facts if fact.kind is FactKind.CALL_WRAPPED]
    measurements = [str(fact.data["measurement"]) for fact in facts if fact.kind is FactKind.CALL_MEASURED]
    customers = {fact.actor.id for fact in facts if fact.actor.kind is ActorKind.CUSTOMER and fact.actor.id}
    users = {fact.actor.id for fact in facts if fact.actor.kind is not ActorKind.CUSTOMER and fact.actor.id}
    users |= {fact.agent for fact in facts if fact.agent} | _ids(facts, "assignee")
    text_rows = await session.scalars(select(TextRow).where(TextRow.id.in_(texts)))
    reports = (await session.scalars(select(ReportRow).where(ReportRow.call_id.in_(calls)))).all()
    chosen = {row.disposition_id for row in reports if row.disposition_id}
    return _Names(
        texts={row.id: row for row in text_rows},
        reports={(row.call_id, row.agent_id): row for row in reports},
        dispositions=await names_of_dispositions(session, chosen),
        measured=await measured_legs(session, measurements),
        users=await names_of_users(session, users),
        customers=await names_of_customers(session, customers),
        queues=await names_of_queues(session, _ids(facts, "queue")),
        tags=await names_of_tags(session, _ids(facts, "tag")),
    )


def _ids(facts: Sequence[Fact], field: str) -> set[str]:
    """Return the ids that changes of one field went from and to."""
    changes = [fact.data for fact in facts if fact.data.get("field") == field]
    return {str(data[end]) for data in changes for end in ("old", "new") if data[end]}


def _what(fact: Fact, names: _Names) -> What | None:
    """Return what a fact says to people, or None when it is not for the thread."""
    data, call = fact.data, CallId(fact.call or "")
    match fact.kind:
        case FactKind.MESSAGE_ADDED:
            row = names.texts[str(data["text"])]
            return Message(row.text, row.sender)
        case FactKind.NOTE_ADDED:
            return Note(names.texts[str(data["text"])].text)
        case FactKind.CALL_STARTED:
            return CallStarted(call, str(data["direction"]), str(data["media"]))
        case FactKind.CALL_ANSWERED:
            return CallAnswered(call, names.agent(fact), _seconds(data["waited_seconds"]) or 0)
        case FactKind.CALL_MISSED:
            return CallMissed(call, names.agent(fact))
        case FactKind.CALL_DECLINED:
            return CallDeclined(call, names.agent(fact))
        case FactKind.CALL_TRANSFERRED:
            return CallTransferred(call, names.agent(fact), _seconds(data["talked_seconds"]) or 0)
        case FactKind.CALL_OBSERVED:
            return CallObserved(call, names.agent(fact), _word(data["mode"]))
        case kind if kind in _STEPS:
            return CallStep(
                call, _STEPS[kind], names.agent(fact) if fact.agent else None, _seconds(data.get("held_seconds"))
            )
        case FactKind.CALL_RECONNECTING:
            return CallReconnecting(call, str(data["who"]))
        case FactKind.CALL_RECONNECTED:
            return CallReconnected(call, str(data["who"]))
        case FactKind.CALL_ENDED:
            talked, waited = _seconds(data["talked_seconds"]), _seconds(data["waited_seconds"]) or 0
            return CallEnded(call, str(data["by"]), str(data["reason"]), talked, waited)
        case FactKind.CALL_MESSAGE_LEFT:
            return MessageLeft(call, RecordingId(str(data["recording"])), _seconds(data["seconds"]) or 0)
        case FactKind.CALL_MEASURED:
            return CallMeasured(call, tuple(names.measured.get(str(data["measurement"]), ())))
        case FactKind.CALL_WRAPPED:
            return names.wrapped(fact, call)
        case FactKind.CONVERSATION_CHANGED:
            return names.change(data)
        case _:
            return None


def _seconds(value: Value) -> float | None:
    return None if value is None else float(value)


def _word(value: Value) -> str | None:
    return None if value is None else str(value)
