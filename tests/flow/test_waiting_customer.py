"""A customer who waits: called back exactly once, and told in the right order what there is to hear."""

import asyncio
import re
import time
from pathlib import Path

import pytest
from playwright.async_api import Route, expect

from tests.flow.conftest import Centre
from tests.flow.listening import Listening, listening
from tests.flow.people import LIMIT, Customer, ask
from tests.media.parties import write_tone

pytestmark = pytest.mark.flow

TONES = {"greeting": 400.0, "music": 550.0, "announcement": 950.0}
"""Hz. The agent speaks with 700, the customers with 1500."""
ANNOUNCEMENT = 6.0
"""Seconds: long enough to be answered in its middle on a busy machine."""
PLAN = ["greeting", "music", "announcement", "music"]


async def test_greeting_music_and_announcement_are_heard_in_turn_and_an_answer_cuts_what_is_said(
    centre: Centre, tmp_path: Path
) -> None:
    """PLUS-03, PLUS-12, PLUS-14, WSV-02 to WSV-04: two wait with pictures, by their spectra; the place is shown."""
    await patience(centre, tmp_path)
    ana = await centre.active_agent("ana")
    await ana.chooses("Busy")
    carla = await centre.caller(media="video")
    async with listening(carla) as carlas:
        dario = await centre.caller("Dario Dialler", hertz=1900)
        async with listening(dario) as darios:
            await carla.reads("You are next in the queue.")
            await dario.reads("You are second in the queue.")
            await until_heard(carlas, PLAN[:2])
            await ana.chooses("Active")
            await ana.rings("Carla Customer")
            await until_heard(carlas, PLAN[:3])
            await ana.press("Answer")
            await until_heard(carlas, [*PLAN[:3], "ana"], ana=ana.hertz)
            await carla.sees(ana)
            await dario.reads("You are next in the queue.")
            await until_heard(darios, PLAN)
    assert carlas.heard(TONES | {"ana": ana.hertz}) == [*PLAN[:3], "ana"], "said to its end, or again after the answer"
    assert carlas.first(ana.hertz) - carlas.first(TONES["announcement"]) < ANNOUNCEMENT


async def test_who_asks_to_be_called_back_keeps_the_place_and_is_called_once(centre: Centre) -> None:
    """PLUS-12: the line is closed, the page stays, wakes when an agent is ready, and a second tab sees it answered."""
    ana = await centre.agent("ana")
    await ana.chooses("Busy")
    carla = await centre.caller(media="video")
    await carla.feels(lambda got: got["open"] == 2, "open microphone and camera")
    await carla.press("Call me back")
    await carla.reads("We will call you back")
    await waits_away(carla)
    await carla.reads(carla.page.url)
    await carla.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await carla.press("Copy the address")
    assert await carla.page.evaluate("navigator.clipboard.readText()") == carla.page.url
    await carla.page.reload()
    await waits_away(carla)
    tab = await carla.new_tab()
    await tab.opens(carla.page.url)
    await waits_away(tab)
    await carla.reads("Your call goes on in another tab")

    await ana.chooses("Active")
    await ana.rings("Carla Customer")
    await ana.press("Answer")
    await rings(tab)
    assert not (await carla.senses())["rings"], "two tabs ring"
    await carla.press("Continue here")
    await rings(carla)
    await tab.reads("Your call goes on in another tab")
    await tab.feels(lambda got: not got["rings"], "quiet bell")
    await carla.press("Answer")
    await carla.hears(ana)
    await ana.hears(carla)
    await ana.sees(carla)
    await expect(carla.page).to_have_title(re.compile("^In a call"))
    assert not (await carla.senses())["rings"]
    assert (await tab.senses())["open"] == 0
    assert (await tab.senses())["connections"] == 0, "the other tab must not take the call"
    await tab.reads("Your call goes on in another tab")
    assert len(await centre.parley.store.live_calls()) == 1
    await carla.press("Hang up")
    await ana.reports("Called back")


async def test_what_a_page_asked_before_an_answer_and_gets_after_it_does_not_take_the_page_back(centre: Centre) -> None:
    """EVT-04: the page asks for its call as its line comes up; pushed news is not undone by a late, older answer."""
    ana = await centre.active_agent("ana")
    carla = await centre.customer()
    asked, late = asyncio.Event(), asyncio.Event()

    async def comes_late(route: Route) -> None:
        response = await route.fetch()
        asked.set()
        await late.wait()
        await route.fulfill(response=response)

    await carla.page.route(re.compile("/api/v1/guest/calls/[^/]+$"), comes_late)
    await carla.opens(centre.link)
    await carla.calls("audio", "Carla Customer")
    await asyncio.wait_for(asked.wait(), LIMIT)
    await ana.rings("Carla Customer")
    await ana.press("Answer")
    await expect(carla.page).to_have_title(re.compile("^In a call"))
    async with carla.page.expect_response(re.compile("/api/v1/guest/calls/[^/]+$")) as old:
        late.set()
    assert (await (await old.value).json())["phase"] == "waiting", "the answer is not an old one"
    await carla.hears(ana)
    await expect(carla.page).to_have_title(re.compile("^In a call"))
    await carla.press("Hang up")


async def waits_away(customer: Customer) -> None:
    """Wait until the page says that one will be called back; it is silent and has nothing open."""
    await expect(customer.page).to_have_title(re.compile("^We will call you back"))
    await customer.feels(lambda got: got["open"] == 0 and not got["rings"], "closed microphone and camera")


async def rings(customer: Customer) -> None:
    """Wait until the page rings for Ana's call: in words, by its bell, and by a title that changes to and fro."""
    await expect(customer.page.get_by_role("alertdialog")).to_contain_text("Ana Anić is calling you back")
    await expect(customer.button("Answer")).to_be_focused()
    await customer.feels(lambda got: got["rings"] and got["open"] == 0, "bell, and nothing open")
    for title in ("Ana Anić is calling you back", re.compile("^(?!Ana)"), "Ana Anić is calling you back"):
        await expect(customer.page).to_have_title(title)


async def patience(centre: Centre, folder: Path) -> None:
    """Give the trial queue a strategy of three tones."""
    admin = await centre.agent("admin")
    sources: dict[str, dict[str, str]] = {}
    for name, seconds in zip(TONES, (3.0, 2.0, ANNOUNCEMENT), strict=True):
        await asyncio.to_thread(write_tone, folder / f"{name}.wav", TONES[name], seconds)
        sound = await ask(admin.page, "POST", f"sounds?name={name}", (folder / f"{name}.wav").read_bytes())
        sources[name] = {"kind": "sound", "sound_id": sound["id"]}
    strategy = {
        "name": "Patience",
        "queues": [(await centre.parley.queues.list())[0].id],
        "greeting": {"on": True, "source": sources["greeting"]},
        "music": {"on": True, "source": sources["music"]},
        "announcements": {"on": True, "gap_seconds": 10, "sources": [sources["announcement"]]},
        "farewell": {"on": False},
        "places": {"on": False},
        "longest_seconds": 120,
    }
    await ask(admin.page, "POST", "waiting-strategies", strategy)


async def until_heard(heard: Listening, order: list[str], **voices: float) -> None:
    """Wait until exactly this has been heard."""
    deadline = time.monotonic() + LIMIT
    while heard.heard(TONES | voices) != order:
        assert time.monotonic() < deadline, f"heard {heard.heard(TONES | voices)}"
        await asyncio.sleep(0.05)
