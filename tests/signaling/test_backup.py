"""`parley backup` and `parley restore`: everything in one file, made under load, proven by restoring."""

import asyncio
import io
import json
import os
import shutil
import sys
import tarfile
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from callflow.call import Ended
from callflow.clock import SystemClock
from callflow.ids import CallId
from callflow.recorded import recording_of
from conversations.calls.reading import live_calls
from conversations.calls.store import CallStore
from conversations.db import engines
from conversations.db.database import Database, upgrade
from conversations.db.facts import FactRow
from recording.finishing import sum_of
from recording.states import RecordingState
from recording.tables import RecordingRow
from signaling import backup_command
from signaling.backup_command import DATABASE, FORMAT, MANIFEST, backup, restore
from signaling.settings import Settings, StartError
from tests.callflow import invariants
from tests.conversations.centre import Centre
from tests.postgres import Postgres
from tests.recording.recorded import Archive
from tests.signaling.test_cli import ROOT, environment, serving

pytestmark = pytest.mark.wire

KEY = b"0123 a key\n"


@pytest.fixture
def data(tmp_path: Path, sqlite_template: Path) -> Path:
    """A data folder with a database, a key and a sound."""
    folder = tmp_path / "data"
    (folder / "prompts").mkdir(parents=True)
    shutil.copy(sqlite_template, folder / "parley.db")
    (folder / "secrets.key").write_bytes(KEY)
    (folder / "secrets.key").chmod(0o600)
    (folder / "prompts" / "hello.opus").write_bytes(bytes(5000))
    (folder / "half.part").write_bytes(b"half")
    (folder / "elsewhere").symlink_to("/etc/passwd")
    return folder


async def parley(*arguments: str | Path, **more: str) -> tuple[int, str]:
    """Run a command; return its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "signaling.cli", *map(str, arguments)),
        cwd=ROOT, env=environment() | more, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    said, wrong = await process.communicate()
    return process.returncode or 0, (said + wrong).decode()


def sums(folder: Path, *without: str) -> Mapping[str, tuple[int, str]]:
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    named = {path.relative_to(folder).as_posix(): sum_of(path) for path in files}
    return {name: value for name, value in named.items() if not name.startswith(("parley.db", *without))}


async def test_a_backup_made_while_others_write_is_put_back_and_a_server_goes_on_with_it(
    data: Path, tmp_path: Path
) -> None:
    """PLUS-10, PLUS-15, REC-02: one moment of the database; finished recordings, the spool, sounds and keys."""
    database = await Database.open(f"sqlite:///{data}/parley.db", SystemClock())
    archive = Archive(await Centre.make(database), data / "recordings")
    first, ended = await archive.talks(), list[CallId]()
    archive.tapped(first.id, seconds=0.5)
    finished = await archive.ended(first)
    async with asyncio.timeout(30):
        while (await archive.row(finished)).deadline_at:
            await archive.keeper().finish_one()
            await asyncio.sleep(0.1)
    live = await archive.talks("Dora")
    archive.tapped(live.id, seconds=0.5, closed=False)

    async def write() -> None:
        customer = await archive.centre.customer("Emil")
        while True:
            call = await archive.centre.answer(await archive.centre.call(customer.id), archive.centre.ben)
            ended.append((await archive.centre.end(call)).id)

    writing = asyncio.create_task(write())
    async with asyncio.timeout(30):
        while len(ended) < 5:  # noqa: ASYNC110 - a list tells nobody that it has grown
            await asyncio.sleep(0.01)
    before, archived = list(ended), tmp_path / "all.tar"
    code, said = await parley("backup", archived, "--data", data)
    assert code == 0, said
    assert "keep it safe" in said
    after = len(ended)
    writing.cancel()
    with suppress(asyncio.CancelledError):
        await writing
    await database.close()
    assert after > len(before), "it was written meanwhile"
    assert archived.stat().st_mode & 0o077 == 0
    assert sorted(os.listdir(tmp_path)) == ["all.tar", "data"]

    other = tmp_path / "other"
    code, said = await parley("restore", archived, "--data", other)
    assert code == 0, said
    assert sums(other) == sums(data, "half.part")
    assert (other / "secrets.key").stat().st_mode & 0o777 == 0o600
    await holds(other, before, finished)
    with serving("--data", str(other)) as (lines, _):
        assert "ready" in lines[-1]
    await holds(other, before, finished)
    async with reopened(other).read() as session:
        assert live.id in [call.id for call in await live_calls(session)]
        assert (await session.get_one(RecordingRow, recording_of(live.id))).state is RecordingState.RECORDING


def reopened(folder: Path) -> Database:
    return Database(engines.parse(f"sqlite:///{folder}/parley.db"), SystemClock())


async def holds(folder: Path, calls: list[CallId], finished: str) -> None:
    """Compare what was put back with what was acknowledged, and check I1 to I6 in it."""
    database = reopened(folder)
    store, now = CallStore(database), datetime.now(UTC)
    found = [await store.call(call) for call in calls]
    assert all(call is not None and isinstance(call.phase, Ended) for call in found)
    for call in found:
        assert call is not None
        assert isinstance(call.phase, Ended)
        assert call.started_at <= (call.answered_at or call.started_at) <= call.phase.at, "I6"
    agents, live = await store.agents(), {call.id: call for call in await store.live_calls()}
    for agent in agents:
        invariants.check_agent(agent, live.get(agent.call) if agent.call else None, now)
    async with database.read() as session:
        count, last = (await session.execute(select(func.count(), func.max(FactRow.number)))).one()
        row = await session.get_one(RecordingRow, finished)
    assert count == last, "the log of facts has no hole"
    for file in row.files:
        path = folder / "recordings" / (row.folder or "") / file["name"]
        assert sum_of(path) == (file["size"], file["sha256"])
    await database.close()


def test_what_is_damaged_newer_hostile_or_in_the_way_is_refused_with_a_sentence(data: Path, tmp_path: Path) -> None:
    """PLUS-10."""
    made = tmp_path / "all.tar"
    backup(Settings(data=data), made)
    with pytest.raises(StartError, match="is there already"):
        backup(Settings(data=data), made)
    with pytest.raises(StartError, match="There is no database"):
        backup(Settings(data=tmp_path / "nothing"), tmp_path / "none.tar")
    with pytest.raises(StartError, match="is not empty"):
        restore(Settings(data=data), made)
    whole = made.read_bytes()
    with tarfile.open(made) as tar:
        offset = tar.getmember("files/prompts/hello.opus").offset_data
        manifest = json.loads(tar.extractfile(MANIFEST).read())  # pyright: ignore
    cases = {
        "hello.opus is not as it was saved": whole[:offset] + b"!" + whole[offset + 1 :],
        "its end is missing|no backup of Parley": whole[: len(whole) // 2],
        "no backup of Parley": b"hello" * 1000,
        "is no backup of Parley, or is damaged": whole[: offset - 512] + b"!" + whole[offset - 511 :],
        "newer Parley": archive_of({MANIFEST: json.dumps(manifest | {"format": FORMAT + 1}).encode()}),
        "made by a newer": archive_of({MANIFEST: json.dumps(manifest | {"revision": "9999_later"}).encode()}),
        "database is not as it was": archive_of({MANIFEST: json.dumps(manifest | {"files": {}}).encode()}),
        "does not belong there": archive_of({"files/../../evil": b"", MANIFEST: b"{}"}),
        "'/etc/evil' does not belong": archive_of({"/etc/evil": b""}),
        "'files/a' does not belong": archive_of({"files/a": None, MANIFEST: b"{}"}),
    }
    for number, (sentence, content) in enumerate(cases.items()):
        bad = tmp_path / f"bad{number}.tar"
        bad.write_bytes(content)
        with pytest.raises(StartError, match=sentence):
            restore(Settings(data=tmp_path / "fresh"), bad)
        assert not (tmp_path / "fresh").exists()
    with pytest.raises(StartError, match="No such file"):
        restore(Settings(data=tmp_path / "fresh"), tmp_path / "none.tar")


def archive_of(files: Mapping[str, bytes | None]) -> bytes:
    """Make an archive by hand; what has no content is a link."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content or b"")
            if content is None:
                member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(member, io.BytesIO(content or b""))
    return made.getvalue()


def test_a_disk_that_is_full_leaves_no_half_backup(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup_command, "_add_manifest", full)
    with pytest.raises(StartError, match="No space left"):
        backup(Settings(data=data), tmp_path / "all.tar")
    assert sorted(os.listdir(tmp_path)) == ["data"]


@pytest.mark.skipif(shutil.which("pg_dump") is None, reason="PostgreSQL's client is not installed")
def test_a_postgresql_database_is_saved_by_its_own_program(
    data: Path, tmp_path: Path, postgres_server: Postgres
) -> None:
    """PLUS-10."""
    (data / "parley.db").unlink()
    here, there = (postgres_server.url(postgres_server.new_database()) for _ in range(2))
    upgrade(engines.parse(here))
    asyncio.run(Centre.make(Database(engines.parse(here), SystemClock())))
    made, other = tmp_path / "all.tar", tmp_path / "other"
    backup(Settings(data=data, database_url=here), made)
    with pytest.raises(StartError, match="is of postgresql"):
        restore(Settings(data=other), made)
    with pytest.raises(StartError, match="not empty"):
        restore(Settings(data=other, database_url=here), made)
    shutil.rmtree(other)
    restore(Settings(data=other, database_url=there), made)
    assert (other / "secrets.key").read_bytes() == KEY
    assert not (other / DATABASE).exists()
