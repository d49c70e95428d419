"""How long recordings are kept: under legal hold, until somebody deletes them, or for the days of a queue."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import expect
from sqlalchemy import inspect

from callflow.facts import AUTOMATION
from callflow.ids import RecordingId
from recording.catalogue import KeptRecording, changed_fact
from recording.states import RecordingState
from recording.tables import RecordingRow
from tests.flow.axe import DESK, PHONE, Inspector
from tests.flow.conftest import Centre
from tests.flow.people import Agent, ask
from tests.flow.test_recording import switch_on
from tests.flow.test_recording_storage import recorded, shot
from tests.flow.test_supervisor import goes, row

pytestmark = pytest.mark.flow


async def once_more(centre: Centre, of: KeptRecording, name: str, *, days_ago: float = 0) -> str:
    """The same customer was recorded in another call too, so many days ago."""
    async with centre.parley.database.write() as write:
        there = await write.session.get_one(RecordingRow, of.id)
        facts = {column.key: getattr(there, column.key) for column in inspect(RecordingRow).column_attrs}
        at = there.started_at - timedelta(days=days_ago)
        again = RecordingRow(**facts | {"id": f"rec_{name}", "folder": None, "started_at": at, "ended_at": at})
        write.session.add(again)
        write.fact(changed_fact(again, AUTOMATION))
    return again.id


async def who_only_leads(centre: Centre, boss: Agent) -> Agent:
    """A supervisor who is no administrator."""
    ben = await centre.user("ben")
    await ask(boss.page, "PATCH", f"users/{ben.id}", {"version": ben.version, "roles": ["supervisor"]})
    return await centre.agent("ben")


async def test_a_recording_is_held_deleted_and_with_all_others_of_its_customer_erased(centre: Centre) -> None:
    """PLUS-10: who holds it keeps everybody from deleting it; what is left is said; the lists of others are live."""
    axe = Inspector(PHONE, DESK)
    ana, boss, other = await centre.active_agent("ana"), await centre.agent("admin"), await centre.agent("admin")
    await switch_on(centre, await centre.user("ana"))
    kept = await recorded(centre, ana, "Carla Customer", RecordingState.SPOOLED)
    page, line = boss.page, row(other, "Carla Customer")
    await goes(other, "Recordings")
    await page.goto(f"{centre.url}/agent/recordings/{kept.id}")
    player, hold = page.get_by_role("region", name="Player"), page.get_by_role("switch", name="Keep (legal hold)")
    said = page.get_by_role("region", name="Transcript")
    await expect(player).to_be_visible()
    await expect(said).to_be_hidden()
    lines = [("agent", 0, "Good day, <b>Welcome desk</b>."), ("customer", 0.1, "Is it open on Sundays?")]
    transcript = [{"who": who, "at_seconds": at, "text": text} for who, at, text in lines]
    await ask(page, "PUT", f"recordings/{kept.id}/transcript", {"lines": transcript})
    await expect(said.get_by_role("button", name="Good day, <b>Welcome desk</b>.")).to_have_attribute(
        "aria-current", "true"
    )
    await said.get_by_role("button", name="Is it open on Sundays?").press("Enter")
    await expect(said.locator("[aria-current]")).to_have_text(re.compile("Customer Is it open"))
    await axe.look(page, "transcript")
    await page.set_viewport_size(PHONE)
    await shot(boss, "transcript-phone")
    await page.set_viewport_size(DESK)
    await page.emulate_media(color_scheme="light")
    await shot(boss, "transcript")
    await boss.press("Delete…")
    await boss.reads(
        "Its sound, pictures, transcript and notes are deleted on this server. Nobody can bring them back."
    )
    await expect(page.get_by_text("at your own server")).to_be_hidden()
    await axe.look(page, "asked before it is deleted")
    await shot(boss, "delete-asked")
    await page.keyboard.press("Escape")
    await expect(boss.button("Delete…")).to_be_focused()

    await boss.press("Delete…")
    actor = (await centre.user("admin")).actor
    await centre.parley.recordings.retention.hold(actor, kept.id, True)  # somebody else does, meanwhile
    await expect(boss.button("Delete the recording")).to_be_hidden()
    await expect(boss.button("Delete…")).to_be_disabled()
    await expect(boss.button("Delete…")).to_have_accessible_description(re.compile("^Under legal hold: it cannot"))
    await expect(line).to_contain_text("Legal hold")
    with pytest.raises(RuntimeError, match="This recording is under legal hold: nobody can delete it"):
        await ask(page, "DELETE", f"recordings/{kept.id}")
    await axe.look(page, "held")
    await axe.look(other.page, "list with a held recording")
    await page.set_viewport_size(DESK)
    await shot(boss, "held")
    await page.set_viewport_size(PHONE)
    await page.emulate_media(color_scheme="light")
    await boss.button("Delete…").scroll_into_view_if_needed()
    await shot(boss, "held-phone")
    await page.set_viewport_size(DESK)
    await hold.press("Enter")
    await expect(hold).not_to_be_checked()
    await expect(hold).to_be_focused()
    await expect(line).not_to_contain_text("Legal hold")

    held = await once_more(centre, kept, "held")
    await centre.parley.recordings.retention.hold(actor, RecordingId(held), True)
    await once_more(centre, kept, "other")
    await expect(line).to_have_count(3)
    await boss.press("Delete…")
    await boss.press("Delete the recording")
    await boss.reads("This recording was removed here on")
    await boss.reads("What is left: who called, when, and its lines in the audit log.")
    await expect(page.get_by_role("complementary", name="Recording")).to_be_focused()
    await expect(player).to_be_hidden()
    await expect(line).to_have_count(2)
    await boss.press("Delete all recordings of Carla Customer…")
    await boss.reads("Those under legal hold stay")
    await boss.press("Delete all recordings of Carla Customer")
    result = page.get_by_role("status").filter(has_text="1 recording of Carla Customer was deleted. 1 is under legal")
    await expect(result).to_be_focused()
    await expect(line).to_have_count(1)
    await axe.look(page, "erased")
    await shot(boss, "erased")
    await page.set_viewport_size(DESK)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("heading", name="Recordings")).to_be_focused()

    await page.goto(f"{centre.url}/agent/recordings/{held}")
    await expect(hold).to_be_checked()
    sue = await who_only_leads(centre, boss)
    await sue.page.goto(f"{centre.url}/agent/recordings/{held}")
    await expect(sue.page.get_by_role("switch", name="Keep (legal hold)")).to_be_checked()
    await expect(sue.page.get_by_role("button", name=re.compile("^Delete all"))).to_have_count(0)
    assert axe.found == [], "\n".join(axe.found)


async def test_the_days_of_a_queue_decide_what_would_go_tonight(centre: Centre) -> None:
    """PLUS-10: nothing goes by the usual days; fewer name it at once, on every page; who only leads reads."""
    axe = Inspector(PHONE, DESK)
    ana, boss = await centre.active_agent("ana"), await centre.agent("admin")
    sue = await who_only_leads(centre, boss)
    await switch_on(centre, await centre.user("ana"))
    kept = await recorded(centre, ana, "Carla Customer", RecordingState.SPOOLED)
    for one in (boss, sue):
        await goes(one, "Settings", "Recording")
    page = boss.page
    tonight, hers = (one.page.get_by_role("region", name="What would be deleted tonight") for one in (boss, sue))
    await expect(tonight).to_contain_text("Nothing.")
    await expect(row(sue, "Welcome desk")).to_contain_text("90 days, as usual")
    await sue.reads("Only an administrator can change this.")
    await expect(sue.page.get_by_label("Days that recordings of Welcome desk are kept")).to_have_count(0)
    old = await once_more(centre, kept, "old", days_ago=30)
    days = page.get_by_label("Days that recordings of Welcome desk are kept")
    await expect(days).to_have_value("")
    await days.fill("7")
    await axe.look(page, "days that were typed")
    await page.set_viewport_size(PHONE)
    await shot(boss, "days-typed-phone")
    await page.set_viewport_size(DESK)
    await days.focus()
    await page.keyboard.press("Enter")
    await boss.reads("Saved: recordings of Welcome desk: 7 days.")
    await expect(days).to_be_focused()
    await expect(row(sue, "Welcome desk")).to_contain_text("7 days")
    for shown in (tonight, hers):
        await expect(shown).to_contain_text(re.compile(r"1 recording, [\d.]+ (kB|MB|bytes)\."))
        await expect(shown.get_by_role("link", name="Carla Customer")).to_have_attribute(
            "href", f"/agent/recordings/{old}"
        )
    await axe.look(page, "days of queues")
    await axe.look(sue.page, "days of queues, to read only")
    for size, name in ((PHONE, "phone"), (DESK, "desk")):
        for colours in ("light", "dark"):
            await page.emulate_media(color_scheme=colours)
            await page.set_viewport_size(size)
            await tonight.scroll_into_view_if_needed()
            await shot(boss, f"days-{name}-{colours}")
    await shot(sue, "days-read-only")

    await page.get_by_label("Keep recordings of Welcome desk for ever").check()
    await expect(days).to_be_disabled()
    await page.get_by_role("button", name="Save how long recordings of Welcome desk are kept").press("Enter")
    await boss.reads("Saved: recordings of Welcome desk: For ever.")
    await expect(page.get_by_label("Keep recordings of Welcome desk for ever")).to_be_focused()
    for shown in (tonight, hers):
        await expect(shown).to_contain_text("Nothing.")
    assert axe.found == [], "\n".join(axe.found)
