"""How calls and messages find their conversation."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from callflow.agent import ThreadStatus
from callflow.agent_machine import SaveReport
from callflow.facts import ActorKind, Fact, FactKind
from callflow.ids import CallId, ConversationId, CustomerId
from conversations.db.facts import facts_after, last_number
from conversations.errors import NotFoundError
from conversations.threads.entries import CallWrapped, Change
from conversations.threads.joining import save_wrap_up, thread_for_call
from conversations.threads.tables import ConversationRow
from tests.clock import MovableClock
from tests.conversations.centre import Centre

pytestmark = pytest.mark.wire


async def changes(centre: Centre, conversation: ConversationId) -> list[tuple[ActorKind, str, str | None, str | None]]:
    """The lines of the change log."""
    page = await centre.threads.entries(centre.sam, conversation, 0, 200)
    return [
        (entry.actor.kind, entry.what.field, entry.what.old, entry.what.new)
        for entry in page.items
        if isinstance(entry.what, Change)
    ]


async def set_status(centre: Centre, conversation: ConversationId, status: ThreadStatus) -> None:
    seen = await centre.threads.get(centre.sam, conversation)
    await centre.threads.change(centre.sam, conversation, seen.item.version, status=status)


async def test_a_first_call_makes_a_conversation_named_after_the_customer(centre: Centre) -> None:
    """CALL-01, CNV-02."""
    cora = await centre.customer("Cora")
    call = await centre.call(cora.id)
    made = await centre.threads.get(centre.ana, call.conversation)
    assert made.item.topic == "Talking with Cora"
    assert made.item.status is ThreadStatus.OPEN
    assert made.item.queue is not None
    assert made.item.queue.name == "Desk"
    assert made.item.assignee is None
    assert made.item.live_call
    assert made.item.preview_kind == "call"
    assert made.customer == cora


@pytest.mark.parametrize("status", [ThreadStatus.OPEN, ThreadStatus.WAITING, ThreadStatus.SOLVED])
async def test_a_second_call_joins_the_conversation_while_it_is_not_closed(
    centre: Centre, clock: MovableClock, status: ThreadStatus
) -> None:
    """CALL-01, ST-03, ST-04, ST-05, LOG-01: Waiting and Solved become Open again, by automation."""
    cora = await centre.customer()
    first = await centre.call(cora.id)
    await centre.end(first)
    await set_status(centre, first.conversation, status)
    clock.advance(60)
    second = await centre.call(cora.id)
    assert second.conversation == first.conversation
    seen = await centre.threads.get(centre.sam, first.conversation)
    assert seen.item.status is ThreadStatus.OPEN
    assert seen.item.last_customer_at == clock.now()
    reopened = (ActorKind.AUTOMATION, "status", status, "open")
    assert (reopened in await changes(centre, first.conversation)) == (status is not ThreadStatus.OPEN)


async def test_after_closed_the_next_call_makes_a_new_conversation(centre: Centre) -> None:
    """ST-04, CUS-04."""
    cora = await centre.customer()
    first = await centre.call(cora.id)
    await centre.end(first)
    await set_status(centre, first.conversation, ThreadStatus.CLOSED)
    second = await centre.call(cora.id)
    assert second.conversation != first.conversation
    history = (await centre.threads.get(centre.sam, second.conversation)).history
    assert [(past.id, past.status) for past in history] == [(first.conversation, ThreadStatus.CLOSED)]


async def test_calls_at_the_same_moment_find_one_conversation(centre: Centre) -> None:
    """CALL-01, ST-04: also when the first makes it."""
    cora = await centre.customer()

    async def join() -> ConversationId:
        async with centre.database.write() as write:
            return await thread_for_call(write, cora.id, centre.desk.id, write.clock.now())

    found = await asyncio.gather(*(join() for _ in range(12)))
    assert len(set(found)) == 1
    async with centre.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(ConversationRow)) == 1


async def test_a_call_by_nobody_changes_nothing(centre: Centre) -> None:
    async with centre.database.read() as session:
        before = await last_number(session)
    with pytest.raises(NotFoundError):
        await centre.call(CustomerId("cust_nobody"))
    async with centre.database.read() as session:
        assert await last_number(session) == before


async def test_an_answer_assigns_the_conversation_and_sets_the_calls_queue_with_a_line_each(centre: Centre) -> None:
    """LOG-01."""
    cora = await centre.customer()
    sales = await centre.queues.create(centre.sam.actor, "Sales")
    call = await centre.call(cora.id)
    await centre.answer(call, centre.ana)
    await centre.end(replace((await centre.call(cora.id, queue=sales.id)), epoch=0))
    again = await centre.call(cora.id, queue=sales.id)
    await centre.answer(again, centre.ben)
    seen = await centre.threads.get(centre.ben, call.conversation)
    assert seen.item.assignee is not None
    assert seen.item.assignee.name == "Ben"
    assert await changes(centre, call.conversation) == [
        (ActorKind.AUTOMATION, "assignee", None, "Ana"),
        (ActorKind.AUTOMATION, "assignee", "Ana", "Ben"),
        (ActorKind.AUTOMATION, "queue", "Desk", "Sales"),
    ]


async def test_the_wrap_up_keeps_its_report_and_sets_the_status(centre: Centre) -> None:
    """WRAP-01, WRAP-05, ST-01."""
    cora = await centre.customer()
    call = await centre.answer(await centre.call(cora.id), centre.ana)
    await centre.end(call)
    async with centre.database.write() as write:
        text = "  Wants a blue kettle. " + "x" * 2000
        await save_wrap_up(write, centre.ana.id, SaveReport(call.id, call.conversation, text, ThreadStatus.SOLVED))
        write.fact(Fact(FactKind.CALL_WRAPPED, centre.ana.actor, call.conversation, call.id, centre.ana.id))
    seen = await centre.threads.get(centre.ana, call.conversation)
    assert seen.item.status is ThreadStatus.SOLVED
    assert seen.summary.startswith("Wants a blue kettle. x")
    assert len(seen.summary) == 1000
    page = await centre.threads.entries(centre.ana, call.conversation, 0, 200)
    wrapped = [entry.what for entry in page.items if isinstance(entry.what, CallWrapped)]
    assert [(what.agent.name, what.summary) for what in wrapped] == [("Ana", seen.summary)]
    assert (ActorKind.AGENT, "status", "open", "solved") in await changes(centre, call.conversation)


async def test_an_empty_report_leaves_the_summary_and_no_status_leaves_the_status(centre: Centre) -> None:
    """WRAP-05: at 0 the draft is saved as it is."""
    cora = await centre.customer()
    call = await centre.call(cora.id)
    for key, text in (("call_1", "First."), ("call_2", "  ")):
        async with centre.database.write() as write:
            await save_wrap_up(write, centre.ana.id, SaveReport(CallId(key), call.conversation, text, None))
    seen = await centre.threads.get(centre.sam, call.conversation)
    assert (seen.summary, seen.item.status) == ("First.", ThreadStatus.OPEN)


async def test_a_wrap_up_never_fails_because_the_customer_has_another_conversation_by_now(centre: Centre) -> None:
    """WRAP-05: an agent's wrap-up must end."""
    cora = await centre.customer()
    first = await centre.call(cora.id)
    await centre.end(first)
    await set_status(centre, first.conversation, ThreadStatus.CLOSED)
    second = await centre.call(cora.id)
    async with centre.database.write() as write:
        await save_wrap_up(write, centre.ana.id, SaveReport(first.id, first.conversation, "Late.", ThreadStatus.OPEN))
    late = await centre.threads.get(centre.sam, first.conversation)
    assert (late.item.status, late.summary) == (ThreadStatus.CLOSED, "Late.")
    assert (await centre.threads.get(centre.sam, second.conversation)).item.status is ThreadStatus.OPEN


async def test_facts_hold_ids_and_words_and_never_a_name_or_a_text(centre: Centre) -> None:
    cora = await centre.customer("Cora Secret")
    call = await centre.answer(await centre.call(cora.id), centre.ana)
    await centre.threads.add_message(centre.ana, call.conversation, "Secret message", "k1")
    await centre.threads.add_note(centre.ana, call.conversation, "Secret note", "k2")
    seen = await centre.threads.get(centre.ana, call.conversation)
    await centre.threads.change(
        centre.ana, call.conversation, seen.item.version, topic="Secret topic", summary="Secret summary"
    )
    async with centre.database.write() as write:
        await save_wrap_up(write, centre.ana.id, SaveReport(call.id, call.conversation, "Secret report", None))
    async with centre.database.read() as session:
        logged = await facts_after(session, 0, 1000)
    assert len(logged) > 8
    assert "ecret" not in repr(logged)
