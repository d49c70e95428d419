"""A customer who waits leaves a message instead, and an agent hears it in the conversation's thread."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, expect

import callflow.call
import callflow.ending
import callflow.legs
from callflow.call import EndedBy
from callflow.ids import CallId
from conversations.calls.log import CallFilter, CallLog
from conversations.calls.outcomes import Outcome
from recording.catalogue import KeptRecording, RecordingFilter
from recording.states import RecordingKind, RecordingState
from tests.flow.axe import DESK, PHONE, Inspector
from tests.flow.conftest import Centre
from tests.flow.listening import listening
from tests.flow.people import Customer, ask, eventually
from tests.flow.playing import EARS, on_the_ears
from tests.flow.server import Server
from tests.flow.test_restart import a_caller, an_agent
from tests.flow.test_supervisor import goes
from tests.recording.talk import tones_of

pytestmark = pytest.mark.flow

TONE = 1000
"""After it one speaks."""


def length(customer: Customer) -> Locator:
    """How long the message is by now."""
    return customer.page.get_by_role("timer", name="Length of the message")


async def test_a_waiting_customer_leaves_a_message_that_an_agent_plays_from_the_thread(centre: Centre) -> None:
    """PLUS-12, EVT-04, REC-05: it counts among the calls to see to until somebody calls back."""
    ana = await centre.agent("ana")
    await ana.chooses("Busy")
    await ana.page.evaluate(EARS)
    await goes(ana, "Calls")
    carla = await centre.caller("Carla Customer")
    async with listening(carla) as heard:
        await carla.press("Leave a message")
        await carla.reads("Speak after the tone")
        await expect(length(carla)).to_have_text("0:03")
    assert heard.heard({"the tone": TONE}) == ["the tone"]
    await carla.hears_nothing()
    await carla.press("Send the message")
    await carla.reads("Your message was sent")

    missed = ana.page.get_by_role("list", name=re.compile("Nobody answered yet")).get_by_role("listitem")
    await expect(missed).to_contain_text("Carla Customer")
    await missed.get_by_role("link", name=re.compile("Carla Customer")).click()
    await expect(ana.thread).to_contain_text("The customer left a message")
    await ana.thread.get_by_role("button", name=re.compile("^Message 0:0")).click()
    player = ana.page.get_by_role("region", name="Player")
    await player.get_by_role("button", name="Play", exact=True).click()
    await on_the_ears(ana.page.evaluate, carla.hertz, carla.hertz)


async def test_nobody_rings_into_a_message_and_who_cancels_is_answered_at_the_place_that_was_kept(
    centre: Centre,
) -> None:
    """PLUS-12, PLUS-06: the agent is there meanwhile, and a later caller is served first; then it is his turn."""
    axe = Inspector(PHONE, DESK)
    ana = await centre.agent("ana")
    await ana.chooses("Busy")
    carla = await centre.caller("Carla Customer")
    await carla.press("Leave a message")
    await expect(carla.page.get_by_role("heading", name="Leave a message")).to_be_focused()
    await carla.reads("Speak after the tone")
    await axe.look(carla.page, "speaking a message")
    dan = await centre.caller("Dan Dialer", hertz=1900)
    await ana.chooses("Active")
    await ana.rings("Dan Dialer")
    await dan.press("Leave a message")
    await ana.stops_ringing()
    await carla.press("Start again")
    await expect(carla.button("Start again")).to_be_focused()
    await expect(length(carla)).to_have_text(re.compile("^0:0[0-2]$"))
    await carla.press("Cancel and keep waiting")
    await ana.rings("Carla Customer")
    await ana.press("Answer")
    await carla.hears(ana)
    await ana.hears(carla)
    await expect(length(dan)).to_have_text(re.compile("^0:0[3-9]$"))
    await dan.press("Hang up")
    await dan.reads("Your message was sent")
    assert axe.found == [], "\n".join(axe.found)


async def test_a_message_is_sent_by_itself_when_it_is_full_and_kept_when_the_line_is_lost(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLUS-12, PLUS-01, EVT-04: the page says that it is full, before and after; of the other all was kept."""
    monkeypatch.setattr(callflow.call, "MESSAGE_LIMIT", timedelta(seconds=5))
    ana = await centre.agent("ana")
    await ana.chooses("Busy")
    await goes(ana, "Calls")
    carla, dan = await centre.caller("Carla Customer"), await centre.caller("Dan Dialer", hertz=1900)
    await carla.press("Leave a message")
    await carla.reads(re.compile(r"seconds left\. Then the message is sent by itself\."))
    await carla.reads("It reached 3 minutes.")
    monkeypatch.undo()
    for room in (callflow.ending, callflow.legs):
        monkeypatch.setattr(room, "LEG_GRACE", timedelta(seconds=3))
    await dan.press("Leave a message")
    await expect(length(dan)).to_have_text("0:03")
    await dan.page.close()
    missed = ana.page.get_by_role("list", name=re.compile("Nobody answered yet")).get_by_role("listitem")
    await expect(missed).to_have_count(2)
    page = await CallLog(centre.parley.database).page(
        await centre.user("admin"), CallFilter(outcome=Outcome.MESSAGE_LEFT)
    )
    assert [(one.customer.name, one.ended_by) for one in page.items] == [
        ("Dan Dialer", EndedBy.NETWORK),
        ("Carla Customer", EndedBy.SYSTEM),
    ]
    cut, full = await asyncio.gather(*(finished(centre, call.id) for call in page.items))
    over = page.items[0].ended_at
    assert cut.ended_at
    assert over
    assert over - cut.ended_at >= timedelta(seconds=3), "the time to come back is no part of it"
    assert full.seconds == pytest.approx(5, abs=0.1)


async def finished(centre: Centre, call: CallId) -> KeptRecording:
    """Wait until the message of a call lies whole on own storage."""

    async def look() -> KeptRecording:
        items, _ = await centre.parley.recordings.catalogue.page(RecordingFilter(kind=RecordingKind.MESSAGE))
        return next(one for one in items if one.call == call)

    return await eventually(look, lambda one: one.state is RecordingState.SPOOLED, "finished message")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    server = Server(tmp_path / "data")
    await server.start()
    yield server
    await server.kill_all()


@pytest.mark.timeout(180)
async def test_what_was_said_is_kept_when_the_server_is_killed_in_the_middle(
    server: Server, browser: Browser, tmp_path: Path
) -> None:
    """PLUS-01, PLUS-12: who stays goes on speaking; of who hangs up meanwhile a partial message is kept."""
    ana = await an_agent(server, browser)
    await ana.chooses("Away")
    carla = await a_caller(server, browser, "Carla Customer")
    dan = await a_caller(server, browser, "Dan Dialer", 1900)
    for customer in (carla, dan):
        await customer.press("Leave a message")
        await expect(length(customer)).to_have_text("0:04")
    before = (await carla.senses())["connections"]
    await server.kill_all()
    await dan.press("Hang up")
    await carla.reads("what you have said so far is kept")
    await server.start()
    await carla.feels(lambda got: got["connected"] and got["connections"] > before, "new connection")
    await expect(carla.page.get_by_role("heading", name="Leave a message")).to_be_visible()
    await expect(length(carla)).to_have_text(re.compile(r"^0:(0[8-9]|[1-5]\d)$"))
    await carla.press("Send the message")
    await carla.reads("Your message was sent")
    await dan.reads("Your message was")

    async def messages() -> dict[str, Any]:
        missed = (await ask(ana.page, "GET", "calls/missed"))["items"]
        calls = {one["call"]["customer"]["name"]: one["call"]["conversation_id"] for one in missed}
        return {
            name: (await ask(ana.page, "GET", f"conversations/{thread}/voice-messages"))[0]
            for name, thread in calls.items()
        }

    found = await eventually(
        messages, lambda got: [one["state"] for one in got.values()] == ["spooled"] * 2, "finished messages"
    )
    assert found["Dan Dialer"]["partial"]
    for customer, name in ((carla, "Carla Customer"), (dan, "Dan Dialer")):
        file = await ana.page.request.get(f"{server.url}/api/v1/recordings/{found[name]['id']}/files/voice")
        (tmp_path / "voice.webm").write_bytes(await file.body())
        tones, _ = tones_of(tmp_path / "voice.webm")
        assert sum(abs((hertz or 0) - customer.hertz) <= 0.02 * customer.hertz for hertz in tones) >= 3
