"""The thread as people read it."""

import pytest

from callflow.agent_machine import SaveReport
from callflow.facts import AUTOMATION, Actor, ActorKind, Fact, FactKind
from callflow.ids import ConversationId
from conversations.directory.values import Named
from conversations.errors import NotFoundError
from conversations.threads.entries import (
    CallAnswered,
    CallDeclined,
    CallEnded,
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
    Step,
)
from conversations.threads.joining import save_wrap_up
from tests.clock import MovableClock
from tests.conversations.centre import Centre, fact_of

pytestmark = pytest.mark.wire


async def test_a_calls_entries_say_when_who_how_long_and_why(centre: Centre, clock: MovableClock) -> None:
    """EVT-01, EVT-02, EVT-04."""
    cora = await centre.customer("Cora")
    started = clock.now()
    call = await centre.call(cora.id)
    ana, ben = Named(centre.ana.id, "Ana"), Named(centre.ben.id, "Ben")
    async with centre.database.write() as write:
        for kind, agent, data in (
            (FactKind.CALL_RINGING, centre.ben, {"reservation": "res_1"}),
            (FactKind.CALL_MISSED, centre.ben, {}),
            (FactKind.CALL_DECLINED, centre.ana, {}),
            (FactKind.CALL_RECONNECTING, centre.ana, {"who": "customer"}),
            (FactKind.CALL_RECONNECTED, centre.ana, {"who": "customer"}),
        ):
            fact = fact_of(call, kind, AUTOMATION, **data)
            write.fact(Fact(kind, fact.actor, fact.conversation, fact.call, agent.id, fact.queue, fact.data))
    clock.advance(12.5)
    call = await centre.answer(call, centre.ana)
    clock.advance(61)
    await centre.end(call)

    page = await centre.threads.entries(centre.ana, call.conversation, 0, 100)
    by_customer = page.items[0].actor
    assert (by_customer.kind, by_customer.name) == (ActorKind.CUSTOMER, "Cora")
    assert page.items[0].at == started
    assert [entry.what for entry in page.items] == [
        CallStarted(call.id, "inbound", "video"),
        CallMissed(call.id, ben),
        CallDeclined(call.id, ana),
        CallReconnecting(call.id, "customer"),
        CallReconnected(call.id, "customer"),
        CallAnswered(call.id, ana, 12.5),
        Change("assignee", None, "Ana"),
        CallEnded(call.id, "customer", "hung_up", 61, 12.5),
    ]
    assert [entry.number for entry in page.items] == sorted(entry.number for entry in page.items)


async def test_what_is_done_with_a_call_is_told_and_what_nobody_needs_is_not(centre: Centre) -> None:
    """EVT-03, PLUS-12, PLUS-20, PLUS-21: the target, how long the call and the hold were, who listened."""
    call = await centre.answer(await centre.call((await centre.customer("Cora")).id), centre.ana)
    ana, ben = Named(centre.ana.id, "Ana"), Named(centre.ben.id, "Ben")
    before = len((await centre.threads.entries(centre.ana, call.conversation, 0, 100)).items)
    async with centre.database.write() as write:
        for kind, agent, data in (
            (FactKind.CALL_HELD, centre.ana, {}),
            (FactKind.CALL_RESUMED, centre.ana, {"held_seconds": 7.25}),
            (FactKind.CALL_CONSULTING, centre.ben, {}),
            (FactKind.CALL_CONSULT_ENDED, centre.ben, {"reason": None}),
            (FactKind.CALL_RESCINDED, centre.ben, {}),
            (FactKind.CALL_OBSERVED, centre.ana, {"mode": "whisper"}),
            (FactKind.CALL_OBSERVED, centre.ana, {"mode": None}),
            (FactKind.CALL_TRANSFERRED, centre.ben, {"talked_seconds": 61.0}),
        ):
            fact = fact_of(call, kind, AUTOMATION, **data)
            write.fact(Fact(kind, fact.actor, fact.conversation, fact.call, agent.id, fact.queue, fact.data))
    page = await centre.threads.entries(centre.ana, call.conversation, 0, 100)
    assert [entry.what for entry in page.items[before:]] == [
        CallStep(call.id, Step.HELD, ana),
        CallStep(call.id, Step.RESUMED, ana, 7.25),
        CallStep(call.id, Step.CONSULTING, ben),
        CallStep(call.id, Step.CONSULT_ENDED, ben),
        CallObserved(call.id, ana, "whisper"),
        CallObserved(call.id, ana, None),
        CallTransferred(call.id, ben, 61.0),
    ]


async def test_each_agent_of_a_transferred_call_has_a_report_of_his_own(centre: Centre) -> None:
    """WRAP-01: the second does not write over the first."""
    call = await centre.answer(await centre.call((await centre.customer("Cora")).id), centre.ana)
    async with centre.database.write() as write:
        for who, summary in ((centre.ana, "Wants a price."), (centre.ben, "Has the price.")):
            await save_wrap_up(write, who.id, SaveReport(call.id, call.conversation, summary, None))
            write.fact(Fact(FactKind.CALL_WRAPPED, AUTOMATION, call.conversation, call.id, who.id, call.queue))
    page = await centre.threads.entries(centre.ana, call.conversation, 0, 100)
    reports = [(entry.what.agent.name, entry.what.summary) for entry in page.items if type(entry.what) is CallWrapped]
    assert reports == [("Ana", "Wants a price."), ("Ben", "Has the price.")]


async def test_a_call_that_nobody_answered_has_no_talking_time(centre: Centre, clock: MovableClock) -> None:
    """EVT-04."""
    call = await centre.call((await centre.customer()).id)
    clock.advance(30)
    await centre.end(call)
    page = await centre.threads.entries(centre.sam, call.conversation, 0, 100)
    assert page.items[-1].what == CallEnded(call.id, "customer", "hung_up", None, 30)


async def test_a_thread_is_read_in_pages_until_nothing_is_left(centre: Centre) -> None:
    call = await centre.answer(await centre.call((await centre.customer()).id), centre.ana)
    for number in range(7):
        await centre.threads.add_note(centre.ana, call.conversation, f"note {number}", f"k{number}")
        await centre.threads.unread(centre.ana, call.conversation)
    whole = await centre.threads.entries(centre.ana, call.conversation, 0, 500)
    read: list[Entry] = []
    after = 0
    while True:
        page = await centre.threads.entries(centre.ana, call.conversation, after, 2)
        read += page.items
        if page.upto == after:
            break
        after = page.upto
    assert read == list(whole.items)
    assert len(read) == 10
    assert after == whole.upto
    assert len({entry.number for entry in read}) == len(read)


async def test_an_unknown_thread_is_not_there(centre: Centre) -> None:
    with pytest.raises(NotFoundError):
        await centre.threads.entries(centre.sam, ConversationId("conv_x"), 0, 10)


async def test_another_threads_facts_are_not_shown(centre: Centre) -> None:
    first = await centre.call((await centre.customer("Cora")).id)
    await centre.call((await centre.customer("Cem")).id)
    async with centre.database.write() as write:
        write.fact(Fact(FactKind.USER_CHANGED, Actor(ActorKind.SUPERVISOR, centre.sam.id), agent=centre.ana.id))
    page = await centre.threads.entries(centre.sam, first.conversation, 0, 100)
    assert [entry.what for entry in page.items] == [CallStarted(first.id, "inbound", "video")]
