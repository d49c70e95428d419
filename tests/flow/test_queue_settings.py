"""A supervisor's pages for queues and routing rules."""

import pytest
from playwright.async_api import expect

from tests.flow.conftest import Centre
from tests.flow.test_supervisor import goes, row

pytestmark = pytest.mark.flow


async def test_a_queue_gets_levels_and_hours_and_a_rule_is_tried(centre: Centre) -> None:
    """SYS-02, SYS-03: what is saved is there after a reload, and the trial names the rule and why the others fail."""
    admin = await centre.agent("admin")
    page = admin.page
    await goes(admin, "Settings", "Queues")
    await page.get_by_role("button", name="Edit Welcome desk").click()
    await expect(page.get_by_role("heading", name="Welcome desk", level=1)).to_be_focused()
    await page.get_by_label("Level of Ben Brook").select_option("3")
    await page.get_by_label("Call order").select_option("By level")
    await page.get_by_label("Wait per level (seconds)").fill("15")
    await page.get_by_label("By working hours").check()
    await page.get_by_label("Time zone").select_option("Asia/Tokyo")
    await page.get_by_role("button", name="Add an opening on Saturday").click()
    await page.get_by_label("Opens on Saturday").fill("22:00")
    await page.get_by_label("Closes on Saturday").fill("02:00")
    await expect(page.get_by_text("next day")).to_be_visible()
    await expect(page.get_by_text("Open now, closes").or_(page.get_by_text("Closed now, opens"))).to_be_visible()
    await page.get_by_role("button", name="Add a holiday").click()
    await page.get_by_label("Date").fill("2027-12-25")
    await admin.press("Save")
    await admin.reads("Welcome desk was saved.")

    await page.reload()
    await page.get_by_role("button", name="Edit Welcome desk").click()
    await expect(page.get_by_label("Level of Ben Brook")).to_have_value("3")
    await expect(page.get_by_label("Closes on Saturday")).to_have_value("02:00")
    await expect(page.get_by_label("Date")).to_have_value("2027-12-25")
    await page.get_by_role("button", name="Queues", exact=True).click()
    await expect(page.get_by_role("button", name="Edit Welcome desk")).to_be_focused()
    await expect(row(admin, "Welcome desk")).to_contain_text("By level")

    await goes(admin, "Settings", "Routing rules")
    for name, kind in (("Anything with sound", "Audio calls"), ("Faces", "Video calls")):
        await admin.press("New rule")
        form = page.get_by_role("form", name="New rule")
        await form.get_by_label("Name", exact=True).fill(name)
        await form.get_by_label("Kind of call").select_option(kind)
        await form.get_by_label("Queue").select_option("Default queue")
        await form.get_by_label("Tags").fill("seen, heard")
        await admin.press("Save")
        await expect(page.get_by_role("heading", name=name)).to_be_visible()
    await page.get_by_role("button", name="Move Faces up").press("Enter")
    await expect(page.get_by_role("button", name="Move Faces down")).to_be_focused()
    await expect(page.get_by_role("listitem").filter(has=page.get_by_role("heading"))).to_contain_text(
        ["Faces", "Anything with sound"]
    )
    await admin.press("Try")
    await admin.reads("“Faces” takes it to Default queue.")
    await admin.reads("No: another kind of call")
