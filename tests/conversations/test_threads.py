"""What people do with conversations, and who sees which."""

import asyncio

import pytest

from callflow.agent import ThreadStatus
from callflow.call import Priority
from callflow.facts import ActorKind
from callflow.ids import ConversationId, CustomerId
from conversations.directory.queue_service import QueueChange
from conversations.errors import AlreadyOpenError, InvalidError, NotFoundError, RefusedError, StaleError
from conversations.threads.entries import Change, Message, Note
from conversations.threads.lists import items
from conversations.threads.tables import Sender
from conversations.threads.timeline import messages_of_call
from conversations.threads.values import viewer
from tests.clock import MovableClock
from tests.conversations.centre import Centre

pytestmark = pytest.mark.wire


async def test_my_work_lists_what_is_mine_and_not_closed_latest_contact_first(
    centre: Centre, clock: MovableClock
) -> None:
    """MW-01, MW-02, MW-03, MW-04, ST-02, ST-04."""
    mine: list[ConversationId] = []
    for name in ("Cora", "Cem", "Chen", "Caro"):
        call = await centre.answer(await centre.call((await centre.customer(name)).id), centre.ana)
        await centre.end(call)
        mine.append(call.conversation)
        clock.advance(10)
    other = await centre.answer(await centre.call((await centre.customer("Cleo")).id), centre.ben)
    statuses = (ThreadStatus.WAITING, ThreadStatus.SOLVED, ThreadStatus.CLOSED)
    for conversation, status in zip(mine, statuses, strict=False):
        seen = await centre.threads.get(centre.ana, conversation)
        await centre.threads.change(centre.ana, conversation, seen.item.version, status=status)
    items, total = await centre.threads.my_work(centre.ana)
    assert total == 3
    assert [(item.customer.name, item.status) for item in items] == [
        ("Caro", ThreadStatus.OPEN),
        ("Cem", ThreadStatus.SOLVED),
        ("Cora", ThreadStatus.WAITING),
    ]
    await centre.threads.add_customer_message(
        (await centre.threads.get(centre.ana, mine[0])).customer.id, mine[0], "Hello\n again", "k"
    )
    items, _ = await centre.threads.my_work(centre.ana)
    assert items[0].id == mine[0]
    assert (items[0].preview, items[0].preview_kind) == ("Hello again", "message")
    assert items[0].last_customer_at == clock.now()
    assert items[0].status is ThreadStatus.OPEN
    assert other.conversation not in [item.id for item in items]


async def test_my_work_shows_fifty_and_says_how_many_there_are(centre: Centre) -> None:
    """MW-11."""
    for number in range(52):
        await centre.threads.create(centre.ana, customer_name=f"Customer {number}")
    items, total = await centre.threads.my_work(centre.ana, limit=500)
    assert (len(items), total) == (50, 52)


async def test_unread_counts_the_customers_messages_for_each_user_alone(centre: Centre) -> None:
    """MW-05, MW-09."""
    cora = await centre.customer()
    call = await centre.answer(await centre.call(cora.id), centre.ana)
    thread = call.conversation
    for number in range(3):
        await centre.threads.add_customer_message(cora.id, thread, f"message {number}", f"k{number}")
    await centre.threads.add_message(centre.ana, thread, "from me", "k4")

    async def unread() -> tuple[int, int]:
        ana, sam = await centre.threads.get(centre.ana, thread), await centre.threads.get(centre.sam, thread)
        return ana.item.unread, sam.item.unread

    assert await unread() == (3, 3)
    await centre.threads.read(centre.ana, thread)
    assert await unread() == (0, 3)
    await centre.threads.add_customer_message(cora.id, thread, "one more", "k5")
    assert await unread() == (1, 4)
    await centre.threads.read(centre.ana, thread)
    await centre.threads.unread(centre.ana, thread)
    assert await unread() == (1, 4)
    await centre.threads.read(centre.ana, thread)
    await centre.threads.read(centre.ana, thread)
    assert await unread() == (0, 4)


async def test_recently_viewed_holds_what_i_opened_latest_first(centre: Centre, clock: MovableClock) -> None:
    """MW-07."""
    made: list[ConversationId] = []
    for name in ("Cora", "Cem"):
        made.append((await centre.threads.create(centre.ana, customer_name=name)).item.id)
        await centre.threads.read(centre.ana, made[-1])
        clock.advance(1)
    assert [item.id for item in await centre.threads.recent(centre.ana)] == [made[1], made[0]]
    await centre.threads.read(centre.ana, made[0])
    assert [item.id for item in await centre.threads.recent(centre.ana)] == made
    assert await centre.threads.recent(centre.sam) == []


async def test_an_agent_begins_a_conversation_unless_the_customer_has_one(centre: Centre) -> None:
    """MW-06, CNV-02: with whom it is, is told."""
    made = await centre.threads.create(centre.ana, customer_name="  Cora ")
    assert made.item.topic == "Talking with Cora"
    assert made.item.assignee is not None
    assert made.item.assignee.id == centre.ana.id
    assert not made.can_message
    with pytest.raises(AlreadyOpenError) as refused:
        await centre.threads.create(centre.ben, customer=made.customer.id)
    assert (refused.value.conversation, refused.value.holder) == (made.item.id, "Ana")
    await centre.threads.change(centre.ana, made.item.id, made.item.version, status=ThreadStatus.CLOSED)
    tries = await asyncio.gather(
        *(centre.threads.create(centre.ben, customer=made.customer.id) for _ in range(4)), return_exceptions=True
    )
    assert len([result for result in tries if isinstance(result, AlreadyOpenError)]) == 3
    seen = await centre.threads.get(centre.ana, made.item.id)
    with pytest.raises(AlreadyOpenError):
        await centre.threads.change(centre.ana, made.item.id, seen.item.version, status=ThreadStatus.OPEN)
    with pytest.raises(NotFoundError):
        await centre.threads.create(centre.ben, customer=CustomerId("cust_x"))
    with pytest.raises(InvalidError):
        await centre.threads.create(centre.ben, customer_name=" ")


async def test_changes_are_logged_with_who_and_from_what_to_what(centre: Centre) -> None:
    """LOG-01, CNV-03, CNV-05, ST-01."""
    made = (await centre.threads.create(centre.ana, customer_name="Cora")).item
    changed = await centre.threads.change(
        centre.sam, made.id, made.version, status=ThreadStatus.WAITING, priority=Priority.URGENT, topic="Kettles"
    )
    assert (changed.item.status, changed.item.priority, changed.item.topic) == ("waiting", "urgent", "Kettles")
    with pytest.raises(StaleError) as stale:
        await centre.threads.change(centre.ana, made.id, made.version, summary="Late")
    assert stale.value.current == changed
    same = await centre.threads.change(centre.sam, made.id, changed.item.version, topic="Kettles")
    assert same == changed
    with pytest.raises(InvalidError):
        await centre.threads.change(centre.ana, made.id, changed.item.version, summary="x" * 1001)
    page = await centre.threads.entries(centre.ana, made.id, 0, 100)
    assert [(entry.actor.kind, entry.actor.name, entry.what) for entry in page.items] == [
        (ActorKind.SUPERVISOR, "Sam", Change("topic", None, None)),
        (ActorKind.SUPERVISOR, "Sam", Change("priority", "normal", "urgent")),
        (ActorKind.SUPERVISOR, "Sam", Change("status", "open", "waiting")),
    ]


async def test_messages_have_sides_and_notes_are_internal_and_a_repeat_adds_nothing(centre: Centre) -> None:
    """MW-10."""
    cora = await centre.customer()
    call = await centre.answer(await centre.call(cora.id), centre.ana)
    thread = call.conversation
    before = await centre.threads.add_customer_message(cora.id, thread, "Hi", "k1")
    tries = await asyncio.gather(
        *(centre.threads.add_message(centre.ana, thread, "Hello\x07!", "k2") for _ in range(5))
    )
    assert len({entry.number for entry in tries}) == 1
    note = await centre.threads.add_note(centre.ana, thread, "Nice person.", "k3")
    assert [before.what, tries[0].what, note.what] == [
        Message("Hi", Sender.CUSTOMER),
        Message("Hello!", Sender.AGENT),
        Note("Nice person."),
    ]
    assert [before.actor.name, tries[0].actor.name] == ["Cora", "Ana"]
    async with centre.database.read() as session:
        shown = await messages_of_call(session, thread, call.id)
    assert shown == [before, tries[0]]
    await centre.end(call)
    assert (await centre.threads.add_message(centre.ana, thread, "Hello!", "k2")).number == tries[0].number
    assert (await centre.threads.add_note(centre.ana, thread, "x", "k\x00\ud800")).what == Note("x")
    for text in ("", " \x00 ", "x" * 4001):
        with pytest.raises(InvalidError):
            await centre.threads.add_note(centre.ana, thread, text, "k9")


async def test_a_customer_who_is_not_on_the_call_page_cannot_be_written_to(centre: Centre) -> None:
    cora = await centre.customer()
    call = await centre.answer(await centre.call(cora.id), centre.ana)
    assert (await centre.threads.get(centre.ana, call.conversation)).can_message
    await centre.end(call)
    assert not (await centre.threads.get(centre.ana, call.conversation)).can_message
    with pytest.raises(RefusedError) as refused:
        await centre.threads.add_message(centre.ana, call.conversation, "Are you there?", "k")
    assert refused.value.code == "no_channel"


async def test_a_message_after_closed_begins_another_conversation_and_after_solved_it_does_not(centre: Centre) -> None:
    """ST-03, ST-04, ST-05."""
    cora = await centre.customer()
    thread = (await centre.call(cora.id)).conversation
    for status, same in ((ThreadStatus.SOLVED, True), (ThreadStatus.CLOSED, False)):
        seen = await centre.threads.get(centre.sam, thread)
        await centre.threads.change(centre.sam, thread, seen.item.version, status=status)
        entry = await centre.threads.add_customer_message(cora.id, thread, "Hello", f"k{status}")
        assert (entry.conversation == thread) == same
    with pytest.raises(NotFoundError):
        await centre.threads.add_customer_message(CustomerId("cust_x"), thread, "Hello", "k")


async def test_agents_see_their_own_unassigned_ones_and_their_queues_and_who_leads_sees_all(centre: Centre) -> None:
    sales = await centre.queues.create(centre.sam.actor, "Sales")
    desk_call = await centre.call((await centre.customer("Cora")).id)
    sales_call = await centre.call((await centre.customer("Cem")).id, queue=sales.id)
    unassigned = await centre.call((await centre.customer("Chen")).id, queue=sales.id)
    await centre.answer(desk_call, centre.ana)
    await centre.answer(sales_call, centre.sam)

    async def sees(user: str) -> list[bool]:
        who = {"ana": centre.ana, "ben": centre.ben, "sam": centre.sam}[user]
        seen: list[bool] = []
        for call in (desk_call, sales_call, unassigned):
            try:
                await centre.threads.get(who, call.conversation)
                await centre.threads.entries(who, call.conversation, 0, 10)
                await centre.threads.read(who, call.conversation)
                seen.append(True)
            except NotFoundError:
                with pytest.raises(NotFoundError):
                    await centre.threads.add_note(who, call.conversation, "x", "k")
                with pytest.raises(NotFoundError):
                    await centre.threads.change(who, call.conversation, 1, topic="x")
                with pytest.raises(NotFoundError):
                    await centre.threads.unread(who, call.conversation)
                seen.append(False)
        return seen

    assert await sees("ana") == [True, False, True]
    assert await sees("ben") == [False, False, True]
    assert await sees("sam") == [True, True, True]
    assert {item.customer.name for item in await centre.threads.recent(centre.ana)} == {"Cora", "Chen"}
    await centre.queues.change(centre.sam.actor, sales.id, sales.version, QueueChange(members={centre.ben.id: 1}))
    assert await sees("ben") == [False, True, True]


async def test_lists_hide_what_one_may_no_longer_see(centre: Centre) -> None:
    """MW-07: also recently viewed, the customer's history, and what a panel is told of."""
    cora = await centre.customer()
    first = await centre.call(cora.id)
    await centre.threads.read(centre.ben, first.conversation)
    await centre.answer(first, centre.ana)
    seen = await centre.threads.get(centre.ana, first.conversation)
    await centre.threads.change(centre.ana, first.conversation, seen.item.version, status=ThreadStatus.CLOSED)
    sales = await centre.queues.create(centre.sam.actor, "Sales")
    second = await centre.call(cora.id, queue=sales.id)
    keys = [first.conversation, second.conversation]
    told = dict[str, tuple[int, int, int]]()
    for user in (centre.ana, centre.ben, centre.sam):
        async with centre.database.read() as session:
            shown = await items(session, await viewer(session, user), keys)
        history = (await centre.threads.get(user, second.conversation)).history
        told[user.name] = (len(shown), len(await centre.threads.recent(user)), len(history))
    assert told == {"Ana": (2, 0, 1), "Ben": (1, 0, 0), "Sam": (2, 0, 1)}


async def test_customers_are_found_by_a_part_of_their_name(centre: Centre) -> None:
    await centre.customer("Élodie 100%")
    await centre.customer("Cora")
    assert [one.name for one in await centre.threads.customers("éLO")] == ["Élodie 100%"]
    assert [one.name for one in await centre.threads.customers("0%")] == ["Élodie 100%"]
    assert [one.name for one in await centre.threads.customers("_")] == []
    assert [one.name for one in await centre.threads.customers("\x00Cor\ud800")] == ["Cora"]
    assert len(await centre.threads.customers("")) == 2
