"""How a call ended, chosen in the wrap-up: as the centre likes it, or needed of every call."""

import pytest
from playwright.async_api import expect

from callflow.agent import WrapUp
from conversations.directory.settings import SettingsChange
from conversations.directory.values import DispositionMode
from tests.flow.axe import DESK, PHONE, Inspector
from tests.flow.conftest import Centre
from tests.flow.people import eventually

pytestmark = pytest.mark.flow


async def ask_for_dispositions(centre: Centre, mode: DispositionMode) -> None:
    """Let wrap-ups ask how the call ended."""
    version = (await centre.parley.settings.get()).version
    change = SettingsChange(disposition_mode=mode)
    await centre.parley.settings.change((await centre.user("admin")).actor, version, change)


async def test_a_wrap_up_asks_how_the_call_ended_and_says_what_is_missing(centre: Centre) -> None:
    """WRAP-01, WRAP-05: not asked, then as one likes, then needed; saved as it is chosen; the thread tells; axe."""
    axe = Inspector(PHONE, DESK)
    actor = (await centre.user("admin")).actor
    for name in ("Question answered", "Contract changed"):
        await centre.parley.dispositions.create(actor, name)
    ana = await centre.active_agent("ana")
    chosen = ana.wrap_up.get_by_label("Disposition")
    carla = await centre.answered(ana)
    await carla.press("Hang up")
    await expect(ana.wrap_up).to_be_visible()
    await expect(chosen).to_have_count(0)

    await ask_for_dispositions(centre, DispositionMode.OPTIONAL)
    await chosen.select_option("Contract changed")
    await axe.look(ana.page, "wrap-up with a disposition")

    async def stored() -> str | None:
        activity = (await centre.state_of("ana")).activity
        return activity.disposition if isinstance(activity, WrapUp) else None

    await eventually(stored, lambda saved: saved is not None, "disposition in the draft")
    await ana.reports("She moves to Graz.")
    await expect(ana.thread).to_contain_text("Ana Anić finished the wrap-up: Contract changed")

    await ask_for_dispositions(centre, DispositionMode.REQUIRED)
    await carla.press("Call again")
    await carla.calls("audio")
    await ana.rings()
    await ana.press("Answer")
    await carla.press("Hang up")
    await ana.wrap_up.get_by_role("textbox").fill("One more question.")
    await ana.press("Finish")
    await expect(chosen).to_be_focused()
    await expect(chosen).to_have_accessible_description("Choose how the call ended, then finish.")
    await axe.look(ana.page, "wrap-up without the disposition that it needs")
    await chosen.select_option("Question answered")
    await chosen.press("Control+Enter")
    await expect(ana.wrap_up).to_be_hidden()
    await expect(ana.thread).to_contain_text("finished the wrap-up: Question answered")
    assert axe.found == [], "\n".join(axe.found)
