"""The panel's WebSocket: who is told what, how it goes on after a gap, and how it ends."""

import asyncio
import statistics
import time
from functools import partial

import pytest
from aiohttp import WSServerHandshakeError

from callflow.facts import AUTOMATION, Fact, FactKind
from conversations.directory.sessions import ABSOLUTE
from conversations.directory.values import UserRole
from signaling.http.limits import TokenBuckets
from signaling.panel import hub
from tests.clock import MovableClock
from tests.signaling.desk import Desk, unlimited
from tests.signaling.house import Browser, House
from tests.signaling.panels import LIMIT, PanelPage, State, connected, never_reading, panel

pytestmark = pytest.mark.wire


async def queue_changed(house: House) -> None:
    """Write a fact that every panel is told of with all its lines."""
    async with house.parley.database.write() as write:
        write.fact(Fact(FactKind.QUEUE_CHANGED, AUTOMATION))


async def begin(browser: Browser, name: str) -> str:
    """Begin a conversation; return its id."""
    return (await browser.post("/conversations", {"customer_name": name}))["id"]


def listed(page: PanelPage) -> set[str]:
    return {item["id"] for item in page.state["conversations"]}


# ---- what is told, and to whom ---------------------------------------------------------------------------
async def test_a_panel_gets_everything_and_then_what_changes(house: House) -> None:
    """AP-02, MW-01: one snapshot, then changes that name what they follow."""
    ana = await house.signed_in("ana")
    async with panel(ana) as page:
        assert page.snapshots == 1
        await page.until(lambda: page.state["me"]["reachable"])
        assert (page.state["call"], page.state["wrap_up"], page.state["team"]) == (None, None, [])
        await ana.ask("PUT", "/agent/status", {"status": "active"})
        await page.until(lambda: page.state["me"]["status"] == "active")
        one = await begin(ana, "Cora")
        await page.until(lambda: listed(page) == {one})
        assert page.changes[-1]["total"] == 1
        assert one in page.changes[-1]["threads"]
        assert page.snapshots == 1


async def test_a_panel_is_told_nothing_of_what_is_somebody_elses(house: House) -> None:
    """SYS-01; reliability S25: no line, no fact and no number but its own."""
    desk = await Desk.open(house, "ana", "ben")
    ana, ben = await house.signed_in("ana"), await house.signed_in("ben")
    async with panel(ana) as mine, panel(ben) as his:
        one = await begin(ben, "Cora")
        await his.until(lambda: one in listed(his))
        await ben.post(f"/conversations/{one}/notes", {"text": "Secret", "key": "1"})
        await ben.post(f"/conversations/{one}/unread")
        await ben.ask("PUT", "/agent/status", {"status": "busy"})
        upto = await desk.told()
        await mine.until(lambda: mine.upto >= upto)
        told = str(mine.changes) + str(mine.state)
        assert one not in told
        assert "Cora" not in told
        assert his.state["me"]["id"] not in told
        assert mine.state["team"] == []


async def test_a_thread_in_view_is_followed_only_by_who_may_see_it(house: House) -> None:
    """SYS-01: a conversation of somebody else outside one's queues is not to be followed."""
    desk = await Desk.open(house, "ana")
    ana, ben = await house.signed_in("ana"), await house.signed_in("ben")
    one = await begin(ana, "Cora")
    async with panel(ben) as page, panel(desk.sue, sound="off") as led:
        for watcher in (page, led):
            await watcher.say("watch", conversation_id=one)
            await watcher.say("heartbeat")
            await watcher.until(lambda watcher=watcher: watcher.pongs == 1)
        await ana.post(f"/conversations/{one}/notes", {"text": "Look", "key": "1"})
        upto = await desk.told()
        for watcher in (page, led):
            await watcher.until(lambda watcher=watcher: watcher.upto >= upto)
        assert all(one not in change["threads"] for change in page.changes)
        assert any(one in change["threads"] for change in led.changes)


async def test_my_work_holds_fifty_and_knows_how_many_there_are(house: House) -> None:
    """MW-11: what lies below the limit moves up when there is room, and is counted."""
    unlimited(house)
    ana = await house.signed_in("ana")
    ids = [await begin(ana, f"Customer {number}") for number in range(52)]

    async def close(one: str) -> None:
        version = (await ana.get(f"/conversations/{one}"))["version"]
        await ana.patch(f"/conversations/{one}", {"version": version, "status": "closed"})

    async with panel(ana) as page:
        assert (len(page.state["conversations"]), page.state["total"]) == (50, 52)
        below = [one for one in ids if one not in listed(page)]
        await close(below[0])
        await page.until(lambda: page.state["total"] == 51)
        assert page.changes[-1]["conversations"] == {"upsert": [], "remove": []}
        await close(page.state["conversations"][0]["id"])
        await page.until(lambda: page.state["total"] == 50)
        assert below[1] in listed(page)
        again = await begin(ana, "One more")
        await page.until(lambda: page.state["total"] == 51)
        await close(next(one for one in listed(page) if one != again))
        await page.until(lambda: page.state["total"] == 50)
        assert len(listed(page)) == 50, "the one that had fallen off is back"
        assert page.snapshots == 1


# ---- after a gap -----------------------------------------------------------------------------------------
async def test_a_panel_that_missed_little_gets_a_change_and_one_that_missed_much_a_snapshot(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Design section 2: `after` and `upto` chain what is told across connections."""
    desk = await Desk.open(house, "ana")
    ana = await house.signed_in("ana")
    async with panel(ana) as first:
        upto = await desk.told()
        await first.until(lambda: first.upto >= upto)
        state, upto = first.state, first.upto
    async with connected(ana) as page:
        page.state, page.upto = state, upto
        await page.hello(resume=upto)
        assert (page.snapshots, len(page.changes)) == (0, 1)
        assert page.changes[0]["after"] == upto
        await page.until(lambda: page.state["me"]["reachable"])
    monkeypatch.setattr(hub, "BATCH", 5)
    for _ in range(6):
        await desk.told()
    async with connected(ana) as page:
        await page.hello(resume=upto)
        assert (page.snapshots, len(page.changes)) == (1, 0)


async def test_a_panel_whose_list_changed_meanwhile_gets_a_snapshot(house: House) -> None:
    """MW-01: what left the list cannot be told as a change, since nobody knows what the panel shows."""
    ana = await house.signed_in("ana")
    async with panel(ana) as first:
        upto = first.upto
    one = await begin(ana, "Cora")
    for resume in (upto, upto + 10_000):
        async with connected(ana) as page:
            await page.hello(resume=resume)
            assert page.snapshots == 1
            assert listed(page) == {one}


async def test_a_panel_that_says_hello_again_begins_anew_on_the_same_connection(house: House) -> None:
    """Protocol: whoever finds a gap asks for a snapshot; its sound counts again too."""
    ana = await house.signed_in("ana")
    async with panel(ana) as page:
        await page.hello(sound="blocked")
        assert page.snapshots == 2
        await page.until(lambda: page.state["me"]["sound"] == "blocked")


# ---- rights ----------------------------------------------------------------------------------------------
async def test_signing_out_closes_the_panels_of_that_browser_and_no_other(house: House) -> None:
    """AST-06; reliability S25."""
    ana, laptop = await house.signed_in("ana"), await house.signed_in("ana")
    async with panel(ana) as page, panel(laptop) as other:
        await ana.ask("DELETE", "/session")
        assert await page.closed() == (4401, "signed_out")
        await other.until(lambda: other.state["me"]["status"] == "offline")
        assert not other.ws.closed


@pytest.mark.parametrize("what", ["disable", "reset-password", "roles"])
async def test_who_loses_rights_loses_open_panels_within_a_second(house: House, what: str) -> None:
    """SYS-01; reliability S25: a role change or a disabled account cuts open WebSockets at once."""
    admin, ben = await house.signed_in("admin"), await house.signed_in("ben")
    user = house.people["ben"].user
    async with panel(ben) as page:
        began = time.monotonic()
        if what == "roles":
            await admin.patch(f"/users/{user.id}", {"version": user.version, "roles": ["supervisor"]})
        else:
            await admin.post(f"/users/{user.id}/{what}")
        assert await page.closed() == (4401, "signed_out")
        assert time.monotonic() - began < 1 + LIMIT / 2
    with pytest.raises(WSServerHandshakeError):
        async with connected(ben):
            pass


async def test_a_session_that_ends_before_hello_gets_nothing(house: House) -> None:
    """Reliability S25: what was right when the connection was opened need not be right when it is used."""
    ana = await house.signed_in("ana")
    async with connected(ana) as page:
        await ana.ask("DELETE", "/session")
        await page.say("hello", tab="tab-1", resume=None, sound="ready")
        assert await page.closed() == (4401, "signed_out")
        assert page.state == {}
    agent = await house.parley.store.agent(house.people["ana"].user.id)
    assert agent is None or not agent.reachable


async def test_a_session_that_grows_too_old_ends_its_panel_at_a_heartbeat(house: House, clock: MovableClock) -> None:
    """ASVS 7.3.2: an agent whose session is over would be rung, and could not answer."""
    ana = await house.signed_in("ana")
    async with panel(ana) as page:
        clock.advance(60)
        await page.say("heartbeat")
        await page.until(lambda: page.pongs == 1)
        clock.advance(ABSOLUTE.total_seconds())
        await page.say("heartbeat")
        assert await page.closed() == (4401, "signed_out")


async def test_nobody_opens_a_panel_without_a_session_or_from_another_site(house: House) -> None:
    """Reliability 2.2: ASVS 4.4.2."""
    stranger, ana = await house.browser(), await house.signed_in("ana")
    with pytest.raises(WSServerHandshakeError) as refused:
        await stranger.client.ws_connect("/api/v1/panel")
    assert refused.value.status == 401
    with pytest.raises(WSServerHandshakeError) as refused:
        await ana.client.ws_connect("/api/v1/panel", headers={"Origin": "https://evil.example"})
    assert refused.value.status == 403


# ---- bad input -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "code", "word"),
    [
        ("{", 4422, "bad_message"),
        ("[" * 10_000, 4422, "bad_message"),
        ('{"type": "hello"}', 4422, "bad_message"),
        ('{"type": "hello", "tab": "t", "sound": "ready", "more": 1}', 4422, "bad_message"),
        ('{"type": "hello", "tab": "t", "sound": "ready", "resume": -1}', 4422, "bad_message"),
        ('{"type": "hello", "tab": "t", "sound": "ready", "resume": 1e400}', 4422, "bad_message"),
        ('{"type": "heartbeat"}', 4422, "bad_message"),
        ('{"type": "sing"}', 4422, "bad_message"),
        ("x" * 70_000, 1009, None),
    ],
    ids=[
        "no JSON", "deep JSON", "no tab", "unknown member", "below zero", "no number", "before hello", "unknown",
        "too large",
    ],
)  # fmt: skip
async def test_a_bad_message_ends_that_connection_with_a_stable_code(
    house: House, text: str, code: int, word: str | None
) -> None:
    """Reliability S23."""
    ana, ben = await house.signed_in("ana"), await house.signed_in("ben")
    async with panel(ben) as other:
        async with connected(ana) as page:
            await page.ws.send_str(text)
            closed, reason = await page.closed()
            assert closed == code
            assert word is None or reason == word
        await other.say("heartbeat")
        await other.until(lambda: other.pongs == 1)


async def test_bytes_are_no_message(house: House) -> None:
    """Protocol: text frames of JSON."""
    async with panel(await house.signed_in("ana")) as page:
        await page.ws.send_bytes(b"\x00\x01")
        assert await page.closed() == (4422, "bad_message")


async def test_a_huge_resume_is_only_one_that_missed_much(house: House) -> None:
    """Reliability S23: a number that no database takes harms nobody."""
    async with connected(await house.signed_in("ana")) as page:
        await page.hello(resume=10**30)
        assert page.snapshots == 1


async def test_who_floods_is_cut(house: House) -> None:
    """Reliability S23: 30 messages a second, 60 at once."""
    async with panel(await house.signed_in("ana")) as page:
        for _ in range(200):
            if page.ws.closed:
                break
            try:
                await page.say("heartbeat")
            except ConnectionError:
                break
        assert await page.closed() == (4429, "too_fast")
        assert page.pongs <= 75


async def test_who_does_not_say_hello_is_cut(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Design section 5: every wait has a limit."""
    monkeypatch.setattr("signaling.panel.socket.HELLO_WITHIN", 0.1)
    ana = await house.signed_in("ana")
    async with connected(ana) as page:
        assert await page.closed() == (4408, "silent")
    async with panel(ana) as page:
        await asyncio.sleep(0.2)
        await page.say("heartbeat")
        await page.until(lambda: page.pongs == 1)


async def test_connections_are_limited_for_each_address(house: House) -> None:
    """Reliability 2.4."""
    ana = await house.signed_in("ana")
    house.parley.limits.sockets_by_address = TokenBuckets(1, burst=2)
    for _ in range(2):
        async with panel(ana):
            pass
    with pytest.raises(WSServerHandshakeError) as refused:
        await ana.client.ws_connect("/api/v1/panel")
    assert refused.value.status == 429


# ---- those who do not read -------------------------------------------------------------------------------
async def test_a_client_that_never_reads_is_cut_and_delays_nobody(house: House) -> None:
    """Reliability L13, S21: it costs no more than its queue, and its connection does not stay for ever."""
    unlimited(house)
    ana = await house.signed_in("ana")
    for number in range(40):
        await begin(ana, f"Customer {number} {'x' * 80}")
    delays: list[float] = []
    async with panel(ana) as healthy:
        before = connections(house)
        deaf = await never_reading(ana)
        await healthy.until(lambda: len(panels_of(house)) == 2)
        began = sent = time.monotonic()
        while len(panels_of(house)) == 2:
            told, sent = len(healthy.changes), time.monotonic()
            assert sent - began < 3 * LIMIT, "it was never cut"
            await queue_changed(house)
            await healthy.until(partial(told_more, healthy, told))
            delays.append(time.monotonic() - sent)
        while connections(house) > before:
            assert time.monotonic() - sent < 3 * LIMIT, "its connection stays for ever"
            await asyncio.sleep(0.05)
        deaf.close()
    assert statistics.median(delays) < 0.5
    print(f"cut after {len(delays)} messages; the healthy one waited {max(delays):.3f} s at most")


def told_more(page: PanelPage, before: int) -> bool:
    return len(page.changes) > before


def connections(house: House) -> int:
    assert house.server.runner is not None
    assert house.server.runner.server is not None
    return len(house.server.runner.server.connections)


def panels_of(house: House) -> set[hub.Panel]:
    return house.parley.hub._panels  # pyright: ignore


# ---- several tabs ----------------------------------------------------------------------------------------
async def test_several_tabs_are_one_agent_and_the_last_one_to_close_leaves(house: House) -> None:
    """PLUS-04, PLUS-05: the best sound of all tabs counts, and each tab shows the same."""
    ana = await house.signed_in("ana")
    async with panel(ana, sound="blocked") as first:
        await first.until(lambda: first.state["me"]["sound"] == "blocked")
        async with panel(ana, sound="ready") as second:
            await first.until(lambda: first.state["me"]["sound"] == "ready")
            await ana.ask("PUT", "/agent/status", {"status": "active"})
            for page in (first, second):
                await page.until(lambda page=page: page.state["me"]["status"] == "active")
        await first.until(lambda: first.state["me"]["sound"] == "blocked")
    sue = await house.signed_in("sue")
    async with panel(sue) as page:
        await page.until(lambda: not member(page, "Ana")["reachable"])
        gone = member(page, "Ana")
    assert (gone["sound"], gone["status"]) == ("off", "active")


def member(page: PanelPage, name: str) -> State:
    return next(one for one in page.state["team"] if one["name"] == name)


async def test_a_supervisor_who_is_no_agent_has_no_seat(house: House) -> None:
    """SYS-01, AP-03: a supervisor's panel makes nobody reachable."""
    sue = await house.signed_in("sue")
    async with panel(sue) as page:
        assert page.state["me"]["reachable"] is False
        assert {member["name"] for member in page.state["team"]} == {"Ana", "Ben"}
    assert await house.parley.store.agent(house.people["sue"].user.id) is None
    assert UserRole.AGENT not in house.people["sue"].user.roles
