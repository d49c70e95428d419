"""Who gets in by a link, and what a call does to it."""

import asyncio

import pytest

from callink.admission import JoinedAlreadyError, call_of_guest
from callink.tables import LinkKind
from conversations.directory.queue_service import QueueChange
from conversations.errors import InvalidError, NotFoundError, RefusedError
from tests.callink.desk import Desk
from tests.clock import MovableClock

pytestmark = pytest.mark.wire


async def refusal(desk: Desk, token: str, browser: str, name: str | None = "Cora") -> str:
    """Press the call button in vain; return the code."""
    with pytest.raises(RefusedError) as refused:
        await desk.join(token, browser, name)
    return refused.value.code


async def test_a_second_device_on_a_one_time_link_sees_that_it_is_in_use(desk: Desk) -> None:
    """LNK-11."""
    token, mine, yours = await desk.issue(), await desk.browser(), await desk.browser()
    call = await desk.join(token, mine)
    assert await desk.state(token, mine) == "active"
    assert await desk.state(token, yours) == "in_use"
    assert await desk.state(token) == "in_use"
    assert await refusal(desk, token, yours) == "link_in_use"
    await desk.answer(call)
    assert await refusal(desk, token, yours) == "link_in_use"


async def test_an_answer_uses_a_one_time_link_up(desk: Desk) -> None:
    """LNK-11, PLUS-18."""
    token, mine, yours = await desk.issue(), await desk.browser(), await desk.browser()
    await desk.end(await desk.answer(await desk.join(token, mine)))
    assert await desk.state(token) == "used"
    assert await refusal(desk, token, mine) == "link_used"
    assert await refusal(desk, token, yours) == "link_used"


async def test_a_call_that_nobody_answered_frees_a_one_time_link_for_any_browser(desk: Desk) -> None:
    """LNK-11."""
    token, mine, yours = await desk.issue(), await desk.browser(), await desk.browser()
    await desk.end(await desk.join(token, mine))
    assert await desk.state(token, yours) == "active"
    await desk.end(await desk.join(token, yours, "Cem"))
    again = await desk.join(token, mine)
    assert await desk.state(token, yours) == "in_use"
    await desk.answer(again)


async def test_an_answer_without_sound_has_not_used_the_link_up(desk: Desk) -> None:
    """LNK-11: nobody has talked to the customer."""
    token, mine = await desk.issue(), await desk.browser()
    call = await desk.requeue(await desk.answer(await desk.join(token, mine)))
    await desk.end(call)
    assert await desk.state(token) == "active"


async def test_the_same_browser_finds_its_call_again_and_begins_no_second_one(desk: Desk) -> None:
    """LNK-11, PLUS-01: also when two of its tabs press at once."""
    for kind in (LinkKind.ONE_TIME, LinkKind.EXPIRY):
        token, browser = await desk.issue(kind), await desk.browser()
        tries = await asyncio.gather(*(desk.join(token, browser) for _ in range(4)), return_exceptions=True)
        calls = [result for result in tries if not isinstance(result, BaseException)]
        assert len(calls) == 1
        again = [result.call for result in tries if isinstance(result, JoinedAlreadyError)]
        assert again == [calls[0].id] * 3
        call = await desk.answer(calls[0])
        with pytest.raises(JoinedAlreadyError):
            await desk.join(token, browser)
        assert (await desk.links.look(token, browser)).call == call.id
        await desk.end(call)


async def test_other_kinds_take_many_browsers_each_with_a_customer_of_its_own(desk: Desk) -> None:
    """LNK-03, CALL-01."""
    token = await desk.issue(LinkKind.EXPIRY)
    calls = [await desk.join(token, await desk.browser(), name) for name in ("Cora", "Cem", "Cora")]
    assert len({call.customer for call in calls}) == 3
    assert len({call.conversation for call in calls}) == 3
    await desk.end(await desk.answer(calls[0]))
    assert await desk.state(token) == "active"


async def test_a_browser_that_comes_again_is_the_same_customer_by_any_link_without_identity(desk: Desk) -> None:
    """CALL-01, LNK-09."""
    browser = await desk.browser()
    first = await desk.join(await desk.issue(LinkKind.EXPIRY), browser, "Cora")
    await desk.end(first)
    second = await desk.join(await desk.issue(), browser, None)
    assert (second.customer, second.conversation) == (first.customer, first.conversation)
    known = await desk.join(await desk.issue(identity="ada@example.org"), browser, None)
    assert known.customer != first.customer


async def test_a_link_with_an_identity_is_that_customer_in_any_browser(desk: Desk) -> None:
    """LNK-09, CALL-01."""
    token = await desk.issue(LinkKind.EXPIRY, identity="+385 91 234 5678")
    first = await desk.join(token, await desk.browser(), None)
    await desk.end(first)
    second = await desk.join(token, await desk.browser(), "Somebody else")
    assert (second.customer, second.conversation) == (first.customer, first.conversation)


async def test_without_a_name_or_with_a_bad_one_nothing_is_claimed(desk: Desk) -> None:
    """LNK-09."""
    token, browser, other = await desk.issue(), await desk.browser(), await desk.browser()
    assert await refusal(desk, token, browser, None) == "name_needed"
    assert await refusal(desk, token, browser, "  ") == "name_needed"
    with pytest.raises(InvalidError):
        await desk.join(token, browser, "x" * 101)
    assert await desk.state(token, other) == "active"


async def test_outside_its_window_or_revoked_or_with_a_closed_queue_nobody_gets_in(
    desk: Desk, clock: MovableClock
) -> None:
    """LNK-03: to the second."""
    centre, now = desk.centre, clock.now()
    opens, ends = now.replace(hour=13), now.replace(hour=14)
    token = await desk.issue(LinkKind.TIME_FRAME, starts_at=opens, ends_at=ends)
    browser = await desk.browser()
    clock.advance(3599)
    assert await refusal(desk, token, browser) == "link_not_yet"
    clock.advance(1)
    await desk.end(await desk.join(token, browser))
    clock.advance(3599)
    live = await desk.join(token, browser)
    clock.advance(1)
    with pytest.raises(JoinedAlreadyError):
        await desk.join(token, browser)
    await desk.end(live)
    assert await refusal(desk, token, browser) == "link_expired"

    token = await desk.issue()
    await centre.queues.change(centre.sam.actor, centre.desk.id, centre.desk.version, QueueChange(open=False))
    assert await refusal(desk, token, browser) == "queue_closed"
    assert await desk.state(token) == "active"
    link = (await desk.links.list(centre.sam))[0].link
    await desk.links.revoke(centre.sam, link.id)
    assert await refusal(desk, token, browser) == "link_revoked"
    with pytest.raises(NotFoundError):
        await desk.join("nonsense", browser)


async def test_a_call_belongs_to_the_browser_that_made_it(desk: Desk) -> None:
    token, mine, yours = await desk.issue(LinkKind.EXPIRY), await desk.browser(), await desk.browser()
    call = await desk.join(token, mine)
    async with desk.centre.database.read() as session:
        assert await call_of_guest(session, mine, call.id)
        assert not await call_of_guest(session, yours, call.id)
        assert not await call_of_guest(session, None, call.id)
