"""The file of both pictures over the API: asked for, waited for, downloaded; counted for people and Prometheus."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from recording.tables import RecordingRow
from tests.clock import MovableClock
from tests.conversations.centre import Centre
from tests.flow.people import eventually
from tests.recording.recorded import Archive
from tests.recording.talk import sound_of
from tests.signaling.house import House

pytestmark = pytest.mark.wire


async def test_a_supervisor_asks_for_it_sees_how_far_it_is_and_gets_it(
    house: House, tmp_path: Path, clock: MovableClock
) -> None:
    """REC-03, REC-05: refused while download is off; how many are made is counted for people and for Prometheus."""
    sue, ana, parley = await house.signed_in("sue"), await house.signed_in("ana"), house.parley
    archive = Archive(await Centre.make(parley.database, "of_calls"), parley.recordings.folder)
    call = await archive.talks(video=True)
    archive.tapped(call.id, video=True)
    clock.advance(2)
    path = f"/recordings/{await archive.ended(call)}"
    clock.advance(2)

    async def kept() -> dict[str, Any]:
        return await sue.get(path)

    await eventually(kept, lambda one: one["state"] == "spooled", "finished recording")
    assert await sue.refused("POST", f"{path}/side-by-side") == (409, "no_download")
    async with parley.database.write() as write:
        await write.session.execute(update(RecordingRow).values(download=True))
    assert await ana.refused("POST", f"{path}/side-by-side") == (403, "forbidden")
    assert await sue.get(f"{path}/side-by-side") == {"state": None, "share": None, "before": 0, "why": None}
    assert await sue.refused("GET", f"{path}/files/side_by_side") == (404, "not_found")
    answer = await sue.ask("POST", f"{path}/side-by-side")
    assert (answer.status, (await answer.json())["state"]) == (202, "waiting")
    async with (await house.browser("127.0.0.1")).client.get("/metrics") as metrics:
        assert "parley_videos_preparing 1.0" in (await metrics.text()).splitlines()
    assert (await sue.get("/recordings"))["preparing"] == 1

    async def made() -> dict[str, Any]:
        return await sue.get(f"{path}/side-by-side")

    await eventually(made, lambda one: one["state"] == "ready", "video file")
    answer = await sue.ask("GET", f"{path}/files/side_by_side?download=true")
    assert answer.headers["Content-Disposition"].endswith('-side_by_side.webm"')
    (tmp_path / "got.webm").write_bytes(await answer.read())
    assert len(sound_of(tmp_path / "got.webm")) == 2
    assert (await sue.get("/recordings"))["preparing"] == 0
    assert (await sue.refused("POST", "/recordings/rec_x/side-by-side"))[0] == 404
