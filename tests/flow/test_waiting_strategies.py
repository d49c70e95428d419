"""A supervisor's page for what callers hear while they wait."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from callflow.ids import LinkId
from conversations.waiting.plans import plan_for
from tests.flow.conftest import Centre
from tests.flow.people import eventually
from tests.flow.test_supervisor import goes, row
from tests.media.parties import write_tone

pytestmark = pytest.mark.flow


async def test_a_strategy_of_speech_and_an_uploaded_tone_is_heard_before_it_is_saved_and_a_second_is_refused(
    centre: Centre, tmp_path: Path
) -> None:
    """WSV-01 to WSV-07: the page; what plays is what was typed, and each refusal says why."""
    await asyncio.to_thread(write_tone, tmp_path / "tone.wav", 440, 3)
    (tmp_path / "letter.wav").write_text("This is no sound. " * 100)
    admin = await centre.agent("admin")
    page = admin.page
    await goes(admin, "Settings", "Waiting strategies")
    await admin.press("New strategy")
    await expect(page.get_by_role("heading", name="New strategy", level=1)).to_be_focused()
    await page.get_by_label("Name", exact=True).fill("Patience")
    desk = page.get_by_role("group", name="Queues").get_by_label("Welcome desk")
    await desk.check()
    await page.get_by_label("Text of Greeting").fill("Welcome. Somebody is with you in a moment.")
    await admin.press("Play Greeting")
    await plays(page)
    await admin.press("Stop Greeting")
    await paused(page)

    music = page.get_by_role("group", name="Hold music")
    upload = music.get_by_label("Upload a file for Hold music")
    await upload.set_input_files(tmp_path / "letter.wav")
    await expect(music.get_by_role("alert")).to_contain_text("letter.wav was not taken:")
    await upload.set_input_files(tmp_path / "tone.wav")
    await expect(music.get_by_label("Sound", exact=True)).to_contain_text("tone")
    await expect(music.get_by_role("alert")).to_be_hidden()
    await admin.press("Play Hold music")
    await plays(page)
    await page.get_by_role("switch", name="Announcements on").click()
    await page.get_by_label("Text of Announcement 1").fill("You are not forgotten.")
    await page.get_by_label("Pause between two").fill("30")
    await page.get_by_label("Say the caller's place").check()
    await page.get_by_role("switch", name="Last message on").click()
    await page.get_by_label("Longest wait").fill("120")
    heard = page.get_by_role("region", name="What a caller hears").get_by_role("listitem")
    await expect(heard).to_contain_text(
        ["Greeting", "tone", "You are number 3", "You are not forgotten.", "Music", "again", "at 2:00"]
    )
    await admin.press("Play as a caller hears it")
    await plays(page)
    await expect(page.locator("li.now")).to_contain_text("Music")
    await admin.press("Stop")
    await paused(page)
    await admin.press("Save")
    await admin.reads("Patience was saved.")
    async with centre.parley.database.read() as session:
        plan = await plan_for(session, (await centre.parley.queues.list())[0].id, LinkId("link_none"))
    assert plan.greeting is not None
    assert plan.music is not None
    assert plan.music.startswith("sound_")
    assert plan.longest.total_seconds() == 120

    await admin.press("Waiting strategies")
    await expect(page.get_by_role("button", name="Edit Patience")).to_be_focused()
    await expect(row(admin, "Patience")).to_contain_text("Welcome desk")
    await page.get_by_role("button", name="Delete tone").click()
    await page.get_by_role("button", name="Delete now tone").click()
    await admin.reads("“tone” is used by “Patience”. Choose another sound there first.")

    await admin.press("New strategy")
    await page.get_by_label("Name", exact=True).fill("Hurry")
    await desk.check()
    await admin.press("Save")
    await admin.reads("“Welcome desk” already has the waiting strategy “Patience”. Remove it there first.")
    await desk.uncheck()
    for part in ("Greeting", "Hold music"):
        await page.get_by_role("switch", name=f"{part} on").click()
    await admin.press("Save")
    await admin.reads("Switch on at least one of greeting, music, announcements and last message.")
    await admin.press("Waiting strategies")

    await page.get_by_role("button", name="Edit Patience").click()
    await expect(page.get_by_label("Text of Announcement 1")).to_have_value("You are not forgotten.")
    await expect(page.get_by_label("Longest wait")).to_have_value("120")
    await admin.press("Delete this strategy …")
    await admin.press("Delete Patience")
    await admin.reads("Patience was deleted.")
    await admin.reads("There are no strategies yet")


async def plays(page: Page) -> None:
    """Wait until the page's sound moves."""
    await eventually(lambda: seconds(page), lambda at: at > 0.3, "a sound that plays")


async def paused(page: Page) -> None:
    """Wait until the page is silent."""
    await eventually(lambda: page.evaluate("document.querySelector('audio').paused"), bool, "silence")


async def seconds(page: Page) -> float:
    """How far the page's sound has come, 0 while it does not play."""
    return await page.evaluate("(audio => audio.paused ? 0 : audio.currentTime)(document.querySelector('audio'))")
