"""A call that is offered: it is heard, it goes on to others, and it disturbs nobody who types."""

import signal
import time
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from callflow.agent import Idle, Sound, Status
from callflow.call import Reservation, Ringing
from tests.flow.axe import DESK, PHONE, Inspector
from tests.flow.conftest import Centre, launched
from tests.flow.mortal import mortal, new_mark
from tests.flow.people import Agent, eventually

pytestmark = pytest.mark.flow

DEAD_AFTER = 9.0
"""Seconds: five of grace or silence, a second until that is noticed, the rest for a busy machine; a ring has 20."""


async def test_going_active_plays_a_test_ring_and_a_call_rings_until_it_is_answered(centre: Centre) -> None:
    """PLUS-04, AP-02, CALL-05: Offline at first; sound is unlocked by the click; the ring loops, the title flashes."""
    agent = await centre.visitor()
    await agent.signs_in(centre.url, "ana", centre.password("ana"))
    assert (await centre.state_of("ana")).status == Status.OFFLINE
    assert await agent.page.evaluate("plays") == []
    await agent.chooses("Active")
    assert await agent.page.evaluate("plays") == [{"loop": False}]
    state = await eventually(lambda: centre.state_of("ana"), lambda state: state.sound is Sound.READY, "sound")
    assert state.status == Status.ACTIVE

    await centre.caller()
    await agent.rings("Carla Customer")
    await agent.feels(lambda got: got["rings"], "looped ring")
    for title in ("☎ Incoming call", "Carla Customer"):
        await expect(agent.page).to_have_title(title)
    await agent.press("Answer")
    await expect(agent.page).to_have_title("In call: Carla Customer")
    await agent.stops_ringing()
    await agent.feels(lambda got: not got["rings"], "quiet bell")


async def test_a_panel_whose_sound_is_blocked_is_offered_no_calls_until_a_click(centre: Centre) -> None:
    """PLUS-04: the browser's own policy blocks a tab that nobody has touched yet."""
    async with launched("--autoplay-policy=document-user-activation-required") as strict:
        before = await centre.active_agent("ana", browser=strict)
        ana = await before.new_tab()
        # Nothing may ask this page anything yet: a question of the test counts as a touch.
        await ana.page.goto(f"{centre.url}/agent")
        await before.page.close()
        await eventually(lambda: centre.state_of("ana"), lambda state: state.sound is Sound.BLOCKED, "blocked sound")
        await ana.reads("Your browser blocks sound, so no calls are offered to you")

        ben = await centre.active_agent("ben")
        await centre.caller()
        await ben.rings()
        await expect(ana.ring).to_be_hidden()
        await ben.press("Decline")
        await ben.stops_ringing()
        await ana.press("Turn sound on")
        await ana.rings("Carla Customer")
        assert (await centre.state_of("ana")).sound is Sound.READY
        await expect(ana.page.get_by_text("Your browser blocks sound")).to_be_hidden()


async def test_a_declined_call_rings_at_the_next_agent_and_the_caller_keeps_waiting(centre: Centre) -> None:
    """CALL-05, PLUS-06, PLUS-07: the one who has been free the longest is asked first."""
    ana, ben = await centre.active_agent("ana"), await centre.active_agent("ben")
    customer = await centre.caller()
    await ana.rings("Carla Customer")
    await expect(ben.ring).to_be_hidden()
    await ana.press("Decline")
    await ben.rings("Carla Customer")
    await ana.stops_ringing()
    await customer.reads("Waiting for an agent")
    assert (await centre.state_of("ana")).status == Status.ACTIVE
    await ben.press("Answer")
    await customer.hears(ben)
    await expect(ben.thread).to_contain_text("Ana Anić declined")


async def test_the_supervisor_is_told_of_a_caller_whom_nobody_answers(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLUS-07, PLUS-15: after three offers that came to nothing, on every page, until somebody answers."""
    monkeypatch.setattr("callflow.routing.DECLINE_PAUSE", timedelta(seconds=1))
    admin, ana = await centre.agent("admin"), await centre.active_agent("ana")
    told = admin.page.get_by_text("Nobody answers Carla Customer in")
    customer = await centre.caller()
    for _ in range(3):
        await expect(told).to_be_hidden()
        await ana.rings("Carla Customer")
        await ana.press("Decline")
        await ana.stops_ringing()
    await expect(told).to_contain_text("offered 3 times")
    await expect(ana.page.get_by_text("Nobody answers")).to_be_hidden()
    await admin.page.goto(f"{centre.url}/agent/wallboard")
    await expect(told).to_be_visible()
    axe = Inspector(DESK, PHONE)
    await axe.look(admin.page, "nobody answers")
    assert axe.found == []
    await admin.page.set_viewport_size(DESK)
    await admin.page.get_by_role("link", name="Open conversation").click()
    await expect(admin.thread).to_contain_text("Ana Anić declined")
    await ana.rings("Carla Customer")
    await ana.press("Answer")
    await customer.hears(ana)
    await expect(told).to_be_hidden()


async def test_a_caller_who_leaves_stops_the_ring(centre: Centre) -> None:
    """CALL-05, PLUS-15: the agent is free again at once."""
    agent = await centre.active_agent()
    customer = await centre.caller()
    await agent.rings()
    await customer.press("Leave")
    await agent.stops_ringing()
    state = await centre.state_of("ana")
    assert isinstance(state.activity, Idle)
    assert state.available


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_browser_that_dies_while_it_rings_gives_the_call_to_the_next_agent_without_blame(
    centre: Centre, blow: signal.Signals
) -> None:
    """CALL-05, PLUS-05, PLUS-15: killed as a whole, or frozen; long before the ring's own end, and no missed call."""
    mark = new_mark()
    sound = "--autoplay-policy=no-user-gesture-required"
    async with launched(sound, mark) as browser, mortal(browser, mark) as victim:
        ana = await centre.active_agent("ana", browser=victim.browser)
        centre.people.remove(ana)  # nobody can close what is dead
        ben = await centre.active_agent("ben")
        customer = await centre.caller()
        await ana.rings("Carla Customer")
        died = time.monotonic()
        victim.gets(blow)
        await ben.rings("Carla Customer")
        assert time.monotonic() - died < DEAD_AFTER
        state = await centre.state_of("ana")
        assert (state.status, state.reason, state.misses) == (Status.ACTIVE, None, 0), "blamed for a missed call"
        await ben.press("Answer")
        await customer.hears(ben)
        await expect(ben.thread).to_contain_text("The call left Ana Anić, and the customer waits again")
        await expect(ben.thread).not_to_contain_text("Ana Anić did not answer")
        assert not (await centre.state_of("ana")).reachable, "the next call would ring at the dead page"


async def test_a_ring_takes_no_focus_and_is_answered_by_keys_from_a_field(centre: Centre) -> None:
    """CALL-05, MW-06: who types goes on typing; Ctrl+Shift+Enter answers, and what was written is kept."""
    agent = await centre.active_agent()
    await agent.starts_conversation("Nora New")
    box = agent.page.get_by_label("Internal note, which Nora New never sees")
    await box.press_sequentially("Half a sen")
    customer = await centre.caller()
    await agent.rings()
    await agent.page.keyboard.type("tence")
    await expect(box).to_be_focused()
    await expect(box).to_have_value("Half a sentence")
    await agent.page.keyboard.press("Control+Shift+Enter")
    await expect(agent.dock).to_contain_text("Carla Customer")
    await customer.hears(agent)
    await agent.item("Nora New").click()
    await expect(box).to_have_value("Half a sentence")


async def test_a_reload_while_it_rings_keeps_the_ring_and_its_time(centre: Centre) -> None:
    """PLUS-01, PLUS-15: the server is the truth, and the ring goes on where it was."""
    agent = await centre.active_agent()
    customer = await centre.caller()
    await agent.rings()
    before = await reservation(centre)
    await agent.page.reload()
    await agent.rings("Carla Customer")
    assert await reservation(centre) == before
    left = (before.deadline - datetime.now(UTC)).total_seconds() / 20
    assert await share_left(agent) == pytest.approx(left, abs=0.1)
    await agent.press("Answer")
    await customer.hears(agent)
    await agent.hears(customer)


async def test_two_tabs_share_one_ring_one_call_and_one_wrap_up(centre: Centre) -> None:
    """CALL-02, WRAP-01, PLUS-01: both ring, one answers, the other says so and may take it over; one report is kept."""
    first = await centre.active_agent()
    customer = await centre.caller()
    await first.rings()
    await first.feels(lambda got: got["connected"], "connection in advance")
    second = await first.new_tab()
    await second.page.goto(f"{centre.url}/agent")
    await second.rings()
    await first.press("Answer")
    await second.stops_ringing()
    await second.reads("This call is open in another tab")
    await customer.hears(first)
    await first.hears(customer)
    for tab, connections in ((first, 1), (second, 0)):
        assert (await tab.senses())["connections"] == connections, "the second tab must not take the first one's leg"
    await second.press("Move it here")
    await first.reads("This call is open in another tab")
    await customer.hears(second)
    await second.hears(customer)

    await customer.press("Hang up")
    await first.wrap_up.get_by_role("textbox").fill("Written in the first tab")
    report = second.wrap_up.get_by_role("textbox")
    await expect(report).to_have_value("Written in the first tab")
    await second.press("Finish")
    for tab in (first, second):
        await expect(tab.wrap_up).to_be_hidden()
    await expect(first.thread).to_contain_text("Written in the first tab")
    await expect(first.thread.get_by_text("finished the wrap-up")).to_have_count(1)


async def reservation(centre: Centre) -> Reservation:
    """The one that rings now."""
    (call,) = await centre.parley.store.live_calls()
    assert isinstance(call.phase, Ringing)
    return call.rings[0].reservation


async def share_left(agent: Agent) -> float:
    """How much of its time the ring's circle still shows, 0 to 1."""
    circle = agent.ring.locator("circle").last
    gone, whole = [float(await circle.get_attribute(f"stroke-{of}") or 0) for of in ("dashoffset", "dasharray")]
    return 1 - gone / whole
