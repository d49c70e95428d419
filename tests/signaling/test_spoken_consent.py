"""What customers hear before they are recorded: kept with the settings, spoken once, and given to their calls."""

from pathlib import Path
from typing import Any

import pytest

from callflow.events import PromptFinished
from media.shelf import file_of
from tests.signaling.floor import Floor, talking
from tests.signaling.house import Browser, House
from tests.signaling.test_waiting import kept, speech, tone, upload

pytestmark = pytest.mark.wire
PATH = "/recording-settings"
OFF = {"on": False, "source": None}


async def changed(sue: Browser, **values: object) -> dict[str, Any]:
    """Change the system's settings."""
    version = (await sue.get(PATH))["version"]
    return await sue.patch(PATH, {"version": version, **values})


async def refused(sue: Browser, spoken: object) -> tuple[int, str]:
    """What is wrong with it."""
    version = (await sue.get(PATH))["version"]
    return await sue.refused("PATCH", PATH, {"version": version, "spoken": spoken})


def recorded(floor: Floor) -> object:
    """What Ben's panel says of the recording."""
    talk: dict[str, Any] = floor.part("ben").get("talk") or {}
    return talk.get("recorded")


async def test_the_consent_is_rendered_when_it_is_saved_and_a_sound_that_is_used_so_is_not_deleted(
    house: House, tmp_path: Path
) -> None:
    """PLUS-10, WSV-06, WSV-07: what cannot be said is refused and changes nothing; the change is audited."""
    sue = await house.signed_in("sue")
    assert (await sue.get(PATH))["spoken"] == OFF
    for wrong, expected in (
        ({"on": True}, (422, "invalid")),
        ({"on": True, "source": speech(" ")}, (422, "invalid")),
        ({"on": True, "source": speech("Hi") | {"voice": "f99"}}, (422, "unknown_voice")),
        ({"on": True, "source": {"kind": "sound", "sound_id": "sound_gone"}}, (404, "not_found")),
    ):
        assert await refused(sue, wrong) == expected
    assert (await sue.get(PATH))["spoken"] == OFF
    said = {"on": True, "source": speech("This call is recorded.")}
    assert (await changed(sue, spoken=said))["spoken"] == said
    before = kept(tmp_path)
    source = await house.parley.recordings.rules.spoken_source()
    assert source is not None
    assert file_of(tmp_path / "prompts", source.prompt) is not None
    await house.parley.rendering.sweep()
    assert kept(tmp_path) == before, "what is said is not swept away"
    entry = (await (await house.signed_in("admin")).get("/audit"))["items"][0]
    assert entry["subject"] == "recording_settings"

    sound = await (await upload(sue, tone(tmp_path))).json()
    await changed(sue, spoken={"on": True, "source": {"kind": "sound", "sound_id": sound["id"]}})
    assert (await sue.get("/sounds"))[0]["used_by"] == ["Recording"]
    assert await sue.refused("DELETE", f"/sounds/{sound['id']}") == (409, "in_use")
    assert (await changed(sue, consent_text="Another line."))["spoken"]["on"], "the rest stays"
    await changed(sue, spoken=OFF)
    assert (await sue.ask("DELETE", f"/sounds/{sound['id']}")).status == 204


async def test_only_where_somebody_is_recorded_calls_are_told_and_pages_show_that_the_two_are_not_through_yet(
    house: House,
) -> None:
    """PLUS-10, REC-01, REC-04: the pages of both follow."""
    async with talking(house) as floor:
        sue = floor.desk.sue
        await changed(sue, on=True, spoken={"on": True, "source": speech("This call is recorded.")})
        guest = await house.browser()
        first = await floor.desk.call(guest, await floor.desk.link(), name="Dora")
        assert (await floor.desk.now(first)).plan.consent is None, "nobody is recorded"
        await guest.post(f"/guest/calls/{first}/hangup")
        path = f"/recording-settings/agents/{floor.id('ben')}"
        assert (await sue.ask("PUT", path, {"version": 0, "mode": "on"})).status == 200
        guest = await house.browser()
        floor.call = await floor.desk.call(guest, await floor.desk.link(), name="Eva")
        waits = await floor.desk.now(floor.call)
        assert waits.plan.consent is not None
        assert waits.hearing.saying == waits.plan.consent
        await floor.answers("ben")
        ben = floor.panels["ben"]
        await ben.until(lambda: recorded(floor) == "announcing")
        assert (await guest.get(f"/guest/calls/{floor.call}"))["recorded"] == "announcing"
        await house.parley.engine.ask(waits.id, PromptFinished(waits.customer_leg.id, waits.plan.consent))
        await ben.until(lambda: recorded(floor) == "recording")
        assert (await guest.get(f"/guest/calls/{floor.call}"))["recorded"] == "recording"
