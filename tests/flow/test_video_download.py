"""Downloading a video call: one file is prepared when somebody asks, and it holds what was seen and heard."""

import os
import re
import signal
from pathlib import Path

import pytest
from playwright.async_api import expect

from callflow.facts import AUTOMATION
from recording.catalogue import changed_fact
from recording.rules import SettingsChange
from recording.states import PreparationState
from recording.tables import PreparationRow, RecordingRow
from recording.webm import seen
from tests.flow.axe import DESK, PHONE, Inspector
from tests.flow.conftest import Centre
from tests.flow.people import RGB
from tests.flow.test_recording import finished, switch_on
from tests.flow.test_supervisor import goes, row
from tests.recording.talk import tones_of

pytestmark = pytest.mark.flow


def near(hertz: int | None, tone: int) -> bool:
    return hertz is not None and abs(hertz - tone) <= 0.02 * tone


async def test_the_video_of_a_call_is_prepared_when_it_is_asked_for_and_holds_both_sides(
    centre: Centre, tmp_path: Path
) -> None:
    """REC-03: what failed is told and tried again; others see that it is prepared; it is downloaded without reload."""
    axe = Inspector(DESK, PHONE)
    boss, other, ana = await centre.agent("admin"), await centre.agent("admin"), await centre.active_agent("ana")
    await goes(other, "Recordings")
    work, actor = centre.parley.recordings, (await centre.user("admin")).actor
    await switch_on(centre, await centre.user("ana"))
    await work.rules.change(actor, (await work.rules.settings()).version, SettingsChange(download=True))
    carla = await centre.answered(ana, media="video")
    await ana.sees(carla)
    await carla.sees(ana)
    await carla.hears(ana)
    await ana.hears(carla)
    await ana.page.wait_for_timeout(3000)  # so long it shall be seen and heard
    await carla.press("Hang up")
    kept = await finished(centre)
    async with centre.parley.database.write() as write:  # as if the file could not be made before
        write.session.add(
            PreparationRow(
                recording_id=kept.id, state=PreparationState.FAILED, awaited=True, deliver=False,
                asked_at=write.clock.now(), why="took_too_long", attempts=3, epoch=0,
            )
        )  # fmt: skip
        write.fact(changed_fact(await write.session.get_one(RecordingRow, kept.id), AUTOMATION))
    line = row(other, "Carla Customer")
    await expect(line).to_contain_text("video not prepared")

    page = boss.page
    await page.goto(f"{centre.url}/agent/recordings/{kept.id}")
    await boss.reads("Preparing the video took too long. Nothing of the recording is lost.")
    await axe.look(page, "video that failed")
    await page.set_viewport_size(DESK)
    maker = work.preparer._finisher._pictures  # pyright: ignore
    process = await maker.run(30, os.getpid)
    os.kill(process, signal.SIGSTOP)  # a machine that has no time for it
    await boss.press("Try again")
    await expect(page.get_by_role("progressbar", name="Preparing the video")).to_be_visible()
    await expect(boss.button("Preparing the video")).to_be_focused()
    await expect(line).to_contain_text("Ready · video being prepared")
    await other.reads("1 video file is being prepared.")
    await axe.look(page, "video being prepared")
    await axe.look(other.page, "list with a video being prepared")
    await page.set_viewport_size(DESK)
    async with page.expect_download() as coming:
        os.kill(process, signal.SIGCONT)
    download = await coming.value
    assert download.suggested_filename.endswith(f"{kept.id}-side_by_side.webm")
    await download.save_as(tmp_path / "video.webm")
    await boss.reads("The video is ready: both pictures side by side.")
    await expect(page.get_by_role("link", name="Download video")).to_be_focused()
    await expect(other.page.get_by_text("1 video file is being prepared.")).to_be_hidden()
    await expect(line).to_contain_text(re.compile(r"Ready(?! · video)"))
    assert axe.found == [], "\n".join(axe.found)

    frames = [frame.to_ndarray(format="rgb24") for _, frame in seen(tmp_path / "video.webm")]
    sides = [tuple(frames[-15][120, x].tolist()) for x in (160, 480)]
    assert sides == [pytest.approx(RGB[one.css], abs=45) for one in (carla, ana)]
    left, right = tones_of(tmp_path / "video.webm")
    assert any(near(hertz, carla.hertz) for hertz in left)
    assert any(near(hertz, ana.hertz) for hertz in right)
    assert not any(near(hertz, ana.hertz) for hertz in left), "nobody is heard on the other's side"
