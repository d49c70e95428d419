"""The Recordings page, the player and all that people see of being recorded, with real browsers and real calls."""

import re
from functools import partial

import pytest
from playwright.async_api import Page, expect

from conversations.audit_log import AuditFilter, AuditLog
from recording.rules import SettingsChange
from tests.flow.axe import DESK, PHONE, Inspector
from tests.flow.conftest import Centre
from tests.flow.people import eventually
from tests.flow.playing import EARS, on_the_ears, shows
from tests.flow.test_recording import finished, switch_on
from tests.flow.test_supervisor import goes, row

pytestmark = pytest.mark.flow


async def listenings(centre: Centre) -> int:
    """How often the audit log says that somebody listened."""
    page = await AuditLog(centre.parley.database).page(AuditFilter(subject="recording"))
    return sum(field.new == "listened" for entry in page.items for field in entry.fields)


async def apart(page: Page) -> float:
    """Seconds by which the pictures and the sound differ at the most."""
    return await page.evaluate(
        "Math.max(...[...document.querySelectorAll('video')].map("
        "({ currentTime }) => Math.abs(currentTime - document.querySelector('audio[src]').currentTime)))"
    )


async def test_a_recorded_call_is_heard_from_the_recordings_page_and_from_its_thread(centre: Centre) -> None:
    """REC-05, PLUS-10: each voice alone, seeking, notes, pauses; the audit log knows; lists and pages are live."""
    axe = Inspector(DESK, PHONE)
    boss, ana = await centre.agent("admin"), await centre.active_agent("ana")
    await boss.page.evaluate(EARS)
    await goes(boss, "Recordings")
    await boss.reads("Nothing has been recorded yet.")
    await switch_on(centre, await centre.user("ana"))
    carla = await centre.answered(ana)
    line = row(boss, "Carla Customer")
    await expect(line).to_contain_text("Being recorded")
    await carla.reads("This call is being recorded")
    await carla.hears(ana)
    await ana.hears(carla)
    await ana.page.wait_for_timeout(3000)  # so long it shall be heard
    await ana.thread.focus()
    await ana.page.keyboard.press("p")
    await expect(ana.dock.get_by_text("Recording paused")).to_be_visible()
    await carla.reads("The recording is paused")
    await axe.look(ana.page, "recording paused")
    await axe.look(carla.page, "recording paused, as the customer sees it")
    await ana.press("Resume recording")
    await expect(ana.dock.get_by_text("Recording", exact=True)).to_be_visible()
    await expect(ana.thread).to_contain_text("Ana Anić let the recording go on")
    long_enough = re.compile(r"^0:(0[6-9]|[1-5]\d)$")
    await expect(ana.dock.get_by_role("timer", name="Time in the call")).to_have_text(long_enough)
    await carla.press("Hang up")
    await finished(centre)
    await expect(line).to_contain_text("Ready")

    page = boss.page
    await line.get_by_role("link", name="Carla Customer").press("Enter")
    player = page.get_by_role("region", name="Player")
    await expect(player.get_by_role("button", name="Play", exact=True)).to_be_focused()
    assert await listenings(centre) == 0, "who only looks has not listened"
    await page.keyboard.press("Space")
    await on_the_ears(page.evaluate, carla.hertz, ana.hertz)
    await player.get_by_role("button", name="Customer", exact=True).click()
    await on_the_ears(page.evaluate, carla.hertz, carla.hertz)
    await player.get_by_role("slider", name="Position").press("Home")
    await player.get_by_role("button", name="Agent", exact=True).click()
    await on_the_ears(page.evaluate, ana.hertz, ana.hertz)
    await player.get_by_role("slider", name="Position").press("Space")
    await expect(player.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert await listenings(centre) == 1

    slider = player.get_by_role("slider", name="Position")
    await slider.press("End")
    await slider.press("Home")
    await expect(slider).to_have_attribute("aria-valuetext", re.compile("^0 sec of .*sec$"))
    await slider.press("ArrowRight")
    await expect(slider).to_have_attribute("aria-valuenow", "5")
    await player.get_by_label("Write a note at this moment").fill("Asks for the invoice")
    await player.get_by_role("button", name="Add at 0:05").click()
    await expect(player.get_by_label("Write a note at this moment")).to_be_focused()
    await slider.press("Home")
    await player.get_by_role("button", name="Go to 0:05").click()
    await expect(slider).to_have_attribute("aria-valuenow", "5")
    await axe.look(page, "player")
    await page.set_viewport_size(DESK)
    await page.keyboard.press("Escape")
    await expect(line.get_by_role("link", name="Carla Customer")).to_be_focused()
    await axe.look(page, "recordings")
    await page.set_viewport_size(DESK)

    await page.get_by_label("Direction").select_option("Outbound")
    await boss.reads("No recording fits these filters.")
    await boss.press("Remove filter Outbound")
    await line.get_by_role("link", name="Carla Customer").click()
    await page.get_by_role("link", name="Conversation", exact=True).click()
    await boss.thread.get_by_role("button", name=re.compile("^Recording 0:")).click()
    await expect(player.get_by_text("Asks for the invoice")).to_be_visible()
    await player.get_by_role("button", name="Delete the note at 0:05").click()
    await expect(player.get_by_role("button", name="Keep")).to_be_focused()
    await player.get_by_role("button", name="Delete").click()
    await expect(player.get_by_text("Asks for the invoice")).to_be_hidden()
    await axe.look(page, "player in the thread")
    await ana.page.set_viewport_size(DESK)
    await expect(ana.thread.get_by_role("button", name=re.compile("^Recording"))).to_have_count(0)
    assert axe.found == [], "\n".join(axe.found)


async def test_both_pictures_of_a_video_call_keep_in_step_with_its_sound(centre: Centre) -> None:
    """REC-03, PLUS-10: consent is read before the call; pictures are watched, and not downloaded unless allowed."""
    boss, ana = await centre.agent("admin"), await centre.active_agent("ana")
    await switch_on(centre, await centre.user("ana"))
    rules, actor = centre.parley.recordings.rules, (await centre.user("admin")).actor
    consent = SettingsChange(consent_text="We record calls to learn from them.")
    await rules.change(actor, (await rules.settings()).version, consent)
    carla = await centre.customer()
    await carla.opens(centre.link)
    await carla.reads("We record calls to learn from them.")
    await carla.calls("video", "Carla Customer")
    told = carla.page.get_by_role("status").filter(has_text="We record calls to learn from them.")
    await expect(told).to_be_visible()
    await ana.rings()
    await ana.press("Answer")
    await carla.reads("This call is being recorded")
    await ana.sees(carla)
    await carla.sees(ana)
    await ana.page.wait_for_timeout(3000)  # so long it shall be seen
    await carla.press("Hang up")
    kept = await finished(centre)

    page = boss.page
    await page.goto(f"{centre.url}/agent/recordings/{kept.id}")
    player = page.get_by_role("region", name="Player")
    await player.get_by_label("Speed").select_option(value="0.75")
    slider = player.get_by_role("slider", name="Position")
    await slider.press("Space")
    await shows(page.evaluate, "Customer's camera", carla.css)
    await shows(page.evaluate, "Agent's camera", ana.css)
    await slider.press("Home")
    await eventually(partial(apart, page), lambda seconds: seconds < 0.1, "pictures in step with the sound")
    await slider.press("Space")
    await expect(player.get_by_role("button", name="Play", exact=True)).to_be_visible()
    for key in ("End", "Home"):
        await slider.press(key)
        await eventually(
            partial(apart, page), lambda seconds: seconds < 0.05, "pictures that stand where the sound does"
        )
    assert await page.evaluate("[...document.querySelectorAll('video')].every(({ paused }) => paused)")
    await boss.reads("Downloading pictures is switched off")
    await expect(player.get_by_role("link", name=re.compile("Download"))).to_have_text(["Sound"])
    axe = Inspector(DESK, PHONE)
    await axe.look(page, "player of pictures")
    assert axe.found == [], "\n".join(axe.found)


async def test_what_is_recorded_is_set_for_the_centre_and_for_each_agent(centre: Centre) -> None:
    """REC-01, REC-02, REC-03, REC-04: which calls only while it is off; off, on or custom for each agent; live."""
    axe = Inspector(DESK, PHONE)
    boss, other = await centre.agent("admin"), await centre.agent("admin")
    for one in (boss, other):
        await goes(one, "Settings", "Recording")
    page, rules = boss.page, centre.parley.recordings.rules
    await page.get_by_role("radio", name="Inbound only").check()
    await page.get_by_label("What customers are told").fill("We record calls.")
    await boss.reads("Changed: Which calls, What customers are told")
    await boss.press("Save")
    await expect(other.page.get_by_role("radio", name="Inbound only")).to_be_checked()
    await page.get_by_role("switch", name="Recording").press("Enter")
    await expect(page.get_by_role("switch", name="Recording")).to_be_focused()
    for one in (boss, other):
        await expect(one.page.get_by_role("radio", name="Inbound only")).to_be_disabled()
        await one.reads("To change this, switch recording off first.")
    await axe.look(page, "settings of recording")
    await page.set_viewport_size(DESK)
    settings = await rules.settings()
    assert (settings.on, settings.kept.directions, settings.consent_text) == (True, "inbound", "We record calls.")

    await goes(boss, "Settings", "Agents")
    await goes(other, "Settings", "Agents")
    mine, theirs = (one.page.get_by_label("Record the calls of Ana Anić") for one in (boss, other))
    await mine.select_option("On")
    await expect(mine).to_be_focused()
    await expect(theirs).to_have_value("on")
    await mine.select_option("Custom")
    form = page.get_by_role("form", name="What is recorded of Ana Anić's calls")
    await form.get_by_role("radio", name="Sound only").check()
    await expect(form.get_by_label("Pictures may be downloaded")).to_be_disabled()
    await axe.look(page, "agent's own recording")
    await page.set_viewport_size(DESK)
    await form.get_by_role("button", name="Cancel").click()
    await expect(mine).to_have_value("on")
    await mine.select_option("Custom")
    await form.get_by_role("radio", name="Sound only").check()
    await boss.press("Save")
    await expect(mine).to_be_focused()
    await expect(theirs).to_have_value("custom")
    (ana,) = await rules.agents()
    assert (ana.recording.mode, ana.recording.custom.pictures) == ("custom", False)
    assert axe.found == [], "\n".join(axe.found)
