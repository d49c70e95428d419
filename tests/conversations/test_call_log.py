"""Calls as lists: what came of each, who sees which, and what nobody answered until somebody has seen to it."""

import asyncio
from itertools import product

import pytest
from sqlalchemy import select, update

from callflow.call import EndedBy, EndReason, Media
from callflow.facts import Fact, FactKind
from callflow.ids import CallId
from conversations.calls.handling import handled_by_answer
from conversations.calls.log import CallFilter, CallLog
from conversations.calls.outcomes import Outcome, having, outcome_of
from conversations.calls.store import CallStore
from conversations.calls.tables import CallRow
from conversations.db.facts import facts_after
from conversations.directory.values import User
from conversations.errors import AlreadyHandledError, NotFoundError, RefusedError
from tests.clock import MovableClock
from tests.conversations.centre import Centre

wire = pytest.mark.wire


@pytest.mark.unit
def test_a_call_comes_to_one_word(clock: MovableClock) -> None:
    """EVT-02, EVT-04."""
    now = clock.now()
    assert outcome_of("waiting", None, None) is Outcome.WAITING
    assert outcome_of("ringing", None, None) is Outcome.WAITING
    assert outcome_of("ringing", None, None, now) is Outcome.CALLBACK
    assert outcome_of("calling_back", None, None, now) is Outcome.CALLING_BACK
    assert outcome_of("ended", EndReason.CALLBACK_MISSED, None, now) is Outcome.NOT_REACHED
    assert outcome_of("talking", None, now) is Outcome.TALKING
    assert outcome_of("ended", EndReason.HUNG_UP, now) is Outcome.ANSWERED
    assert outcome_of("ended", EndReason.ABANDONED, None) is Outcome.ABANDONED
    assert outcome_of("ended", EndReason.ABANDONED, now) is Outcome.ANSWERED
    assert outcome_of("ended", EndReason.NO_ANSWER, None) is Outcome.MISSED
    assert outcome_of("ended", EndReason.LOST, now) is Outcome.LOST
    assert outcome_of("ended", EndReason.SERVER_RESTART, None) is Outcome.LOST
    assert outcome_of("ended", EndReason.FAILED, now) is Outcome.FAILED


@wire
async def test_the_list_asks_the_database_for_the_same_words(centre: Centre) -> None:
    """EVT-04: each combination of columns comes to the word under which it is found."""
    call = await centre.call((await centre.customer()).id)
    states = [(phase, None) for phase in ("waiting", "ringing", "talking", "calling_back")]
    moments = (None, centre.database.clock.now())
    for (phase, reason), answered, callback in product(
        [*states, *(("ended", reason) for reason in EndReason)], moments, moments
    ):
        async with centre.database.write() as write:
            values = {"phase": phase, "end_reason": reason, "answered_at": answered, "callback_at": callback}
            await write.session.execute(update(CallRow).where(CallRow.id == call.id).values(**values))
        async with centre.database.read() as session:
            found = [word for word in Outcome if await session.scalar(select(CallRow.id).where(having(word)))]
        assert found == [outcome_of(phase, reason, answered, callback)], values


@wire
async def test_a_line_says_who_answered_how_long_it_took_and_how_it_ended(centre: Centre, clock: MovableClock) -> None:
    """EVT-01, EVT-02, EVT-04: a call that was answered has a wait and a length; one that waits has neither yet."""
    customer = await centre.customer()
    call = await centre.call(customer.id)
    log = CallLog(centre.database)
    [waits] = (await log.page(centre.sam, CallFilter())).items
    assert (waits.outcome, waits.waited_seconds, waits.talked_seconds) == (Outcome.WAITING, None, None)
    assert (waits.direction, waits.media, waits.customer.name) == ("inbound", Media.VIDEO, "Cora")
    clock.advance(12)
    call = await centre.answer(call, centre.ana)
    clock.advance(60)
    await centre.end(call)
    [line] = (await log.page(centre.sam, CallFilter())).items
    assert (line.outcome, line.waited_seconds, line.talked_seconds) == (Outcome.ANSWERED, 12, 60)
    assert [agent.name for agent in line.agents] == ["Ana"]
    assert (line.ended_by, line.end_reason, line.handled) == (EndedBy.CUSTOMER, EndReason.HUNG_UP, None)


@wire
async def test_an_agent_is_shown_the_own_calls_and_a_supervisor_all(centre: Centre, clock: MovableClock) -> None:
    """SYS-01, VW-06: what is still to be seen to is shown to the agents of its queue."""
    log = CallLog(centre.database)
    first = await answered(centre, centre.ana)
    clock.advance(1)
    missed = await abandoned(centre, "Dora")
    assert await listed(log, centre.sam) == [missed, first]
    assert await listed(log, centre.ana) == [first]
    assert await listed(log, centre.ben) == []
    assert [one.call.id for one in (await log.missed(centre.ana))[0]] == [missed]
    assert (await log.missed(centre.ben)) == ([], 0)
    with pytest.raises(NotFoundError):
        await log.handle(centre.ben, missed)


@wire
async def test_calls_are_found_by_what_they_are_and_read_by_page(centre: Centre, clock: MovableClock) -> None:
    """EVT-01 to EVT-04."""
    log, begun = CallLog(centre.database), clock.now()
    sales = await centre.queues.create(centre.sam.actor, "Sales")
    one = await answered(centre, centre.ana)
    clock.advance(60)
    two = await abandoned(centre, "Dora Day")
    clock.advance(60)
    call = await centre.call((await centre.customer("Egon")).id, queue=sales.id)
    assert await listed(log, centre.sam, CallFilter(queue=sales.id)) == [call.id]
    assert await listed(log, centre.sam, CallFilter(agent=centre.ana.id)) == [one]
    assert await listed(log, centre.sam, CallFilter(outcome=Outcome.ABANDONED)) == [two]
    assert await listed(log, centre.sam, CallFilter(media=Media.AUDIO)) == []
    assert await listed(log, centre.sam, CallFilter(search="dora")) == [two]
    assert await listed(log, centre.sam, CallFilter(search="%")) == []
    assert await listed(log, centre.sam, CallFilter(since=clock.now())) == [call.id]
    assert await listed(log, centre.sam, CallFilter(since=begun, until=clock.now())) == [two, one]
    page = await log.page(centre.sam, CallFilter(), limit=2)
    assert ([line.id for line in page.items], page.next) == ([call.id, two], two)
    rest = await log.page(centre.sam, CallFilter(), page.next, limit=2)
    assert ([line.id for line in rest.items], rest.next) == ([one], None)
    with pytest.raises(NotFoundError):
        await log.page(centre.sam, CallFilter(), CallId("call_gone"))


@wire
async def test_each_customer_who_was_not_answered_stays_on_top_until_somebody_has_seen_to_it(
    centre: Centre, clock: MovableClock
) -> None:
    """The latest try of each, with how many there were; seeing to it sees to the earlier ones too."""
    log = CallLog(centre.database)
    cora = (await centre.customer("Cora")).id
    tries: list[CallId] = []
    for _ in range(3):
        tries.append((await centre.end(await centre.call(cora))).id)
        clock.advance(60)
    other = await abandoned(centre, "Dora")
    missed, total = await log.missed(centre.sam)
    assert [(one.call.id, one.tries) for one in missed] == [(other, 1), (tries[2], 3)]
    assert total == 2
    done = await log.handle(centre.ana, tries[2])
    assert done.handled is not None
    assert done.handled.by is not None
    assert (done.handled.by.name, done.handled.at) == ("Ana", clock.now())
    missed, total = await log.missed(centre.sam)
    assert ([one.call.id for one in missed], total) == ([other], 1)
    async with centre.database.read() as session:
        facts = [one.fact for one in await facts_after(session, 0, 500) if one.fact.kind is FactKind.CALL_HANDLED]
    assert {fact.call for fact in facts} == set(tries)
    assert all(fact.actor == centre.ana.actor for fact in facts)


@wire
async def test_of_two_who_see_to_one_call_the_second_is_told_who_did(centre: Centre, clock: MovableClock) -> None:
    """PLUS-16: compare and set; also when both press at once."""
    log, missed = CallLog(centre.database), await abandoned(centre)
    both = await asyncio.gather(log.handle(centre.sam, missed), log.handle(centre.ana, missed), return_exceptions=True)
    [refused] = [one for one in both if isinstance(one, AlreadyHandledError)]
    [done] = [one for one in both if not isinstance(one, BaseException)]
    assert done.handled is not None
    assert done.handled.by is not None
    assert (refused.holder, refused.at) == (done.handled.by.name, clock.now())
    assert refused.code == "already_handled"


@wire
async def test_only_a_call_that_is_over_and_was_not_answered_can_be_seen_to(centre: Centre) -> None:
    log = CallLog(centre.database)
    call = await centre.call((await centre.customer()).id)
    for code in ("not_over", "was_answered"):
        with pytest.raises(RefusedError) as refused:
            await log.handle(centre.sam, call.id)
        assert refused.value.code == code
        call = await centre.end(await centre.answer(call, centre.ana)) if call.live else call


@wire
async def test_a_later_answer_sees_to_a_customers_calls_by_itself(centre: Centre, clock: MovableClock) -> None:
    """Nobody has to mark what was settled; another customer's call stays."""
    log, cora = CallLog(centre.database), (await centre.customer("Cora")).id
    first = (await centre.end(await centre.call(cora))).id
    other = await abandoned(centre, "Dora")
    clock.advance(300)
    call = await centre.call(cora)
    async with CallStore(centre.database, [handled_by_answer]).write() as tx:
        fact = Fact(FactKind.CALL_ANSWERED, centre.ana.actor, call.conversation, call.id, centre.ana.id, call.queue)
        await tx.record(fact, call)
    missed, _ = await log.missed(centre.sam)
    assert [one.call.id for one in missed] == [other]
    line = next(line for line in (await log.page(centre.sam, CallFilter())).items if line.id == first)
    assert line.handled is not None
    assert (line.handled.by, line.handled.by_call, line.handled.at) == (None, call.id, clock.now())


async def answered(centre: Centre, agent: User, name: str = "Cora") -> CallId:
    """A call that was answered and is over."""
    call = await centre.answer(await centre.call((await centre.customer(name)).id), agent)
    return (await centre.end(call)).id


async def abandoned(centre: Centre, name: str = "Cora") -> CallId:
    """A call whose customer left before anybody answered."""
    return (await centre.end(await centre.call((await centre.customer(name)).id))).id


async def listed(log: CallLog, user: User, wanted: CallFilter | None = None) -> list[CallId]:
    return [line.id for line in (await log.page(user, wanted or CallFilter())).items]
