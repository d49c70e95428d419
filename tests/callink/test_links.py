"""Issuing, listing and revoking links, and looking at them."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from callflow.ids import LinkId, QueueId
from callink.issuing import NewLink
from callink.links import link_label
from callink.tables import LinkKind
from conversations.db.facts import last_number
from conversations.directory.settings import SettingsChange
from conversations.errors import InvalidError, NotFoundError, RefusedError
from tests.callink.desk import Desk
from tests.clock import MovableClock

pytestmark = pytest.mark.wire

DAY = timedelta(days=1)


async def test_each_kind_has_its_window(desk: Desk, clock: MovableClock) -> None:
    """LNK-03."""
    sam, queue, now = desk.centre.sam, desk.centre.desk.id, clock.now()
    once, _ = await desk.links.issue(sam, NewLink(LinkKind.ONE_TIME, queue))
    assert (once.link.starts_at, once.link.ends_at) == (now, None)
    default, _ = await desk.links.issue(sam, NewLink(LinkKind.EXPIRY, queue))
    assert (default.link.starts_at, default.link.ends_at) == (now, now + DAY)
    month, _ = await desk.links.issue(sam, NewLink(LinkKind.EXPIRY, queue, days=30))
    assert month.link.ends_at == now + 30 * DAY
    await desk.centre.settings.change(sam.actor, 1, SettingsChange(link_days=7))
    week, _ = await desk.links.issue(sam, NewLink(LinkKind.EXPIRY, queue))
    assert week.link.ends_at == now + 7 * DAY
    frame, token = await desk.links.issue(
        sam, NewLink(LinkKind.TIME_FRAME, queue, label=" Kettles ", starts_at=now + DAY, ends_at=now + 2 * DAY)
    )
    assert (frame.link.label, frame.queue.name, frame.state) == ("Kettles", "Desk", "not_yet")
    clock.advance(DAY.total_seconds())
    assert await desk.state(token) == "active"
    clock.advance(DAY.total_seconds())
    assert await desk.state(token) == "expired"
    async with desk.centre.database.read() as session:
        assert await link_label(session, frame.link.id) == "Kettles"
        assert await link_label(session, once.link.id) is None


async def test_a_window_that_cannot_be_is_refused(desk: Desk, clock: MovableClock) -> None:
    """LNK-03."""
    queue, now = desk.centre.desk.id, clock.now()
    for wrong in (
        NewLink(LinkKind.TIME_FRAME, queue),
        NewLink(LinkKind.TIME_FRAME, queue, starts_at=now),
        NewLink(LinkKind.TIME_FRAME, queue, starts_at=now + DAY, ends_at=now + DAY),
        NewLink(LinkKind.TIME_FRAME, queue, starts_at=now - 2 * DAY, ends_at=now - DAY),
        NewLink(LinkKind.TIME_FRAME, queue, starts_at=now.replace(tzinfo=None), ends_at=now + DAY),
        NewLink(LinkKind.TIME_FRAME, queue, starts_at=now, ends_at=now + DAY, days=2),
        NewLink(LinkKind.EXPIRY, queue, days=0),
        NewLink(LinkKind.EXPIRY, queue, days=366),
        NewLink(LinkKind.EXPIRY, queue, ends_at=now + DAY),
        NewLink(LinkKind.ONE_TIME, queue, days=1),
        NewLink(LinkKind.ONE_TIME, queue, label="x" * 101),
    ):
        with pytest.raises(InvalidError):
            await desk.links.issue(desk.centre.sam, wrong)
    with pytest.raises(NotFoundError):
        await desk.links.issue(desk.centre.sam, NewLink(LinkKind.ONE_TIME, QueueId("queue_x")))


async def test_the_token_has_192_bits_and_is_stored_only_as_a_hash(desk: Desk) -> None:
    token = await desk.issue()
    assert len(token) == 32
    async with desk.centre.database.read() as session:
        rows = (await session.execute(text("SELECT * FROM call_links"))).all()
    assert token not in repr(rows)
    with pytest.raises(NotFoundError):
        await desk.state(token[:-1])


async def test_looking_at_a_link_changes_nothing(desk: Desk) -> None:
    """PLUS-18, LNK-11: link previews look, and burn nothing."""
    token, browser = await desk.issue(), await desk.browser()
    async with desk.centre.database.read() as session:
        before = await last_number(session)
        rows = (await session.execute(text("SELECT * FROM call_links"))).all()
    for _ in range(5):
        assert await desk.state(token) == "active"
        assert await desk.state(token, browser) == "active"
        assert await desk.state(token, "nonsense") == "active"
    async with desk.centre.database.read() as session:
        assert await last_number(session) == before
        assert (await session.execute(text("SELECT * FROM call_links"))).all() == rows
        assert (await session.execute(text("SELECT * FROM link_claims"))).all() == []


async def test_an_agent_makes_links_for_his_queues_and_sees_and_revokes_his_own(desk: Desk) -> None:
    centre = desk.centre
    by_sam, _ = await desk.links.issue(centre.sam, NewLink(LinkKind.EXPIRY, centre.desk.id))
    by_ana, token = await desk.links.issue(centre.ana, NewLink(LinkKind.EXPIRY, centre.desk.id))
    with pytest.raises(RefusedError) as refused:
        await desk.links.issue(centre.ben, NewLink(LinkKind.EXPIRY, centre.desk.id))
    assert refused.value.code == "forbidden"
    assert await desk.links.list(centre.ana) == [by_ana]
    assert {one.link.id for one in await desk.links.list(centre.sam)} == {by_sam.link.id, by_ana.link.id}
    assert by_ana.created_by is not None
    assert by_ana.created_by.name == "Ana"
    with pytest.raises(NotFoundError):
        await desk.links.revoke(centre.ana, by_sam.link.id)
    with pytest.raises(NotFoundError):
        await desk.links.revoke(centre.sam, LinkId("link_x"))
    revoked = await desk.links.revoke(centre.sam, by_ana.link.id)
    assert revoked.state == "revoked"
    assert await desk.links.revoke(centre.ana, by_ana.link.id) == revoked
    assert await desk.state(token) == "revoked"


@pytest.mark.parametrize(("first", "second", "same"), [
    ("+385 91 234 5678", "00385912345678", True),
    ("Ada@Example.org", "ada@example.ORG", True),
    ("Ada", "Ada", False),
])  # fmt: skip
async def test_an_identity_names_the_customer_by_address_when_it_is_one_and_else_by_name(
    desk: Desk, first: str, second: str, same: bool
) -> None:
    """LNK-09, PLUS-11."""
    visits = [
        await desk.links.look(await desk.issue(LinkKind.EXPIRY, identity=identity), None)
        for identity in (first, second)
    ]
    assert [visit.asks_name for visit in visits] == [False, False]
    assert visits[0].name == first
    assert (visits[0].link.customer == visits[1].link.customer) == same


async def test_a_link_without_identity_asks_a_new_browser_for_a_name_and_knows_it_the_next_time(desk: Desk) -> None:
    """LNK-09."""
    token, browser = await desk.issue(LinkKind.EXPIRY), await desk.browser()
    before = await desk.links.look(token, browser)
    assert (before.asks_name, before.name, before.call) == (True, None, None)
    call = await desk.join(token, browser, "Cora")
    after = await desk.links.look(token, browser)
    assert (after.asks_name, after.name, after.call) == (False, "Cora", call.id)
    stranger = await desk.links.look(token, await desk.browser())
    assert (stranger.asks_name, stranger.name, stranger.call) == (True, None, None)
