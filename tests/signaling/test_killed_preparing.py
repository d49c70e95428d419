"""The server is killed while it prepares a video file, and prepares it after the next start."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from callflow.clock import SystemClock
from callflow.ids import RecordingId
from conversations.db.database import Database
from recording.finishing import sum_of
from recording.preparations import Preparations
from recording.states import PreparationState
from recording.tables import PreparationRow, RecordingRow
from tests.conversations.centre import Centre
from tests.flow.people import eventually
from tests.recording.recorded import Archive
from tests.signaling.test_cli import ROOT, environment, serving

pytestmark = pytest.mark.wire

SECONDS = 30.0
"""So long a video call that it can be killed in the middle of its file."""


@contextmanager
def killed(data: Path) -> Generator[None]:
    """A server that is killed in the end."""
    command = [sys.executable, "-m", "signaling.cli", "serve", "--port", "0", "--data", str(data)]
    with subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL) as server:
        try:
            yield
        finally:
            server.kill()


async def asked_for(archive: Archive) -> RecordingId:
    """A finished video call whose file somebody has asked for."""
    call = await archive.talks(video=True)
    archive.tapped(call.id, seconds=SECONDS, video=True)
    recording, keeper, now = await archive.ended(call), archive.keeper(), archive.centre.database.clock.now()
    async with archive.centre.database.write() as write:
        row = await write.session.get_one(RecordingRow, recording)
        row.download, row.started_at, row.deadline_at = True, now - timedelta(seconds=SECONDS), now
    assert await keeper.finish_one()
    await Preparations(archive.centre.database, archive.folder).ask(archive.centre.sam.actor, recording)
    return recording


async def test_a_server_that_is_killed_while_it_prepares_a_video_goes_on_after_the_next_start(
    tmp_path: Path, sqlite_template: Path
) -> None:
    """REC-03, PLUS-09: `kill -9`; what was half made is no hindrance, and the file is whole."""
    await asyncio.to_thread(shutil.copy, sqlite_template, tmp_path / "parley.db")
    database = await Database.open(f"sqlite:///{tmp_path}/parley.db", SystemClock())
    try:
        archive = Archive(await Centre.make(database), tmp_path / "recordings")
        recording = await asked_for(archive)
        async with database.read() as session:
            folder = archive.folder / ((await session.get_one(RecordingRow, recording)).folder or "")

        async def share() -> float:
            with suppress(OSError, ValueError):
                return float((folder / "side_by_side.progress").read_text("ascii"))
            return 0.0

        async def state() -> PreparationState:
            async with database.read() as session:
                return (await session.get_one(PreparationRow, recording)).state

        with killed(tmp_path):
            await eventually(share, lambda made: made > 0, "beginning of the file")
        assert await state() is PreparationState.PREPARING
        assert not (folder / "side_by_side.webm").exists()
        async with database.write() as write:  # as when its lease is over
            await write.session.execute(update(PreparationRow).values(deadline_at=write.clock.now()))
        with serving("--data", str(tmp_path)):
            await eventually(state, PreparationState.READY.__eq__, "video file")
        async with database.read() as session:
            files = (await session.get_one(RecordingRow, recording)).files
        [file] = [file for file in files if file["kind"] == "side_by_side"]
        assert await asyncio.to_thread(sum_of, folder / file["name"]) == (file["size"], file["sha256"])
        assert sorted(path.name for path in folder.glob("side_by_side*")) == ["side_by_side.webm"]
    finally:
        await database.close()
