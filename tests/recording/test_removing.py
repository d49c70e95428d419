"""What somebody wanted gone is removed at the customer's server too, and nothing else is (PLUS-10)."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from callflow.ids import CustomerId, RecordingId
from conversations.db.audit import AuditRow
from conversations.db.database import Database
from recording.delivery import FIRST_WAIT, LONGEST_WAIT, OPENS_AFTER
from recording.erasing import Erasing, Retention
from recording.removing import RemovalBacklog, RemovalState, Remover
from recording.retention import DEFAULT_DAYS
from recording.server import Server, TransferProtocol, storage_of
from recording.shelf import DatabaseShelf
from recording.states import RecordingState
from recording.targets import uploads_are_on
from tests.clock import MovableClock
from tests.conversations.centre import Centre
from tests.flow.people import eventually
from tests.ftp_servers import FOLDER, PASSWORD, Running, openssh, ssh_key, vsftpd
from tests.recording.gate import gate
from tests.recording.recorded import Archive

pytestmark = pytest.mark.wire

FTP = Server(TransferProtocol.FTP, "127.0.0.1", 21, "recorder", template=f"{FOLDER}/{{customer}}")


@pytest.fixture
async def archive(database: Database, tmp_path: Path) -> Archive:
    archive = Archive(await Centre.make(database), tmp_path / "recordings")
    await archive.allow_download()
    return archive


@pytest.fixture
def retention(archive: Archive) -> Retention:
    return Retention(archive.centre.database, archive.folder, archive.spool, uploads_are_on)


def remover(archive: Archive, shelf: DatabaseShelf) -> Remover:
    """A remover that spreads no waits."""
    return Remover(archive.centre.database, shelf, chance=lambda: 0)


async def delivered(archive: Archive, shelf: DatabaseShelf, *customers: str) -> list[RecordingId]:
    """Recordings that lie at the server."""
    recordings = [await archive.kept(name) for name in customers]
    async with archive.uploading(shelf):
        for one in recordings:

            async def state(one: RecordingId = one) -> RecordingState:
                return (await archive.row(one)).state

            await eventually(state, RecordingState.UPLOADED.__eq__, "delivered recording")
    return recordings


async def audited(archive: Archive, recording: RecordingId) -> Sequence[dict[str, Any]]:
    async with archive.centre.database.read() as session:
        rows = await session.scalars(select(AuditRow).where(AuditRow.subject_id == recording).order_by(AuditRow.number))
        return [{name: new for name, (_, new) in row.changes.items()} for row in rows]


def there(server: Running) -> list[str]:
    return sorted(path.name.partition("-")[0] for path in (server.root / FOLDER).iterdir())


async def test_what_is_erased_is_removed_at_the_server_when_that_is_back_and_the_rest_stays(
    archive: Archive, retention: Retention, clock: MovableClock
) -> None:
    """PLUS-10, FTP-04: tried again ever later while it is away; told, audited, counted; others' files stay."""
    async with vsftpd(False) as server, gate(server.port) as door:
        shelf = await archive.configured(replace(FTP, port=door.port, user=server.user))
        cora, dora = await delivered(archive, shelf, "Cora", "Dora")
        customer = CustomerId((await archive.row(cora)).customer_id)
        await door.close()
        assert await retention.erase(archive.centre.sam.actor, customer) == Erasing(1, 0, 0, 1)
        assert not (archive.folder / ((await archive.row(cora)).folder or "")).exists()
        work = remover(archive, shelf)
        for number in range(OPENS_AFTER):
            assert await work.remove_one()
            assert not await work.remove_one(), "not before its time"
            clock.advance((FIRST_WAIT * 2**number).total_seconds())
        gone = await work.of(cora)
        assert gone is not None
        assert (gone.state, gone.server) == (RemovalState.PENDING, f"ftp://{server.user}@127.0.0.1:{door.port}")
        assert "port" in gone.sentence or "answers" in gone.sentence
        assert await work.backlog() == RemovalBacklog(1, 0)
        await door.open()
        clock.advance(LONGEST_WAIT.total_seconds())
        assert await work.remove_one()
        assert not await work.remove_one()
        assert there(server) == ["Dora"]
        gone = await work.of(cora)
        assert gone is not None
        assert (gone.state, gone.sentence) == (RemovalState.DONE, "")
        assert (await work.of(dora), await work.backlog()) == (None, RemovalBacklog(0, 0))
        first, last = await audited(archive, cora)
        assert (first["at_server"], last) == ("pending", {"at_server": "done"})


async def test_age_leaves_what_was_delivered_and_a_wish_takes_that_too(
    archive: Archive, retention: Retention, clock: MovableClock
) -> None:
    """PLUS-10: to have it there is what it was delivered for, unless the customer wants it gone."""
    async with vsftpd(False) as server:
        shelf = await archive.configured(replace(FTP, port=server.port, user=server.user))
        cora, dora = await delivered(archive, shelf, "Cora", "Dora")
        clock.advance(DEFAULT_DAYS * 86_400)
        assert await retention.delete_due(clock.now()) == 2
        work, actor = remover(archive, shelf), archive.centre.sam.actor
        assert not await work.remove_one()
        customer = CustomerId((await archive.row(cora)).customer_id)
        assert await retention.erase(actor, customer) == Erasing(0, 0, 0, 1)
        assert await retention.erase(actor, customer) == Erasing(0, 0, 0, 0), "it is asked for once"
        assert await work.remove_one()
        assert there(server) == ["Dora"]
        assert [row.get("at_server") for row in await audited(archive, cora)] == [None, "pending", "done"]
        assert await work.of(dora) is None


async def test_a_file_that_is_not_ours_stays_and_another_account_is_not_asked(
    archive: Archive, retention: Retention, clock: MovableClock
) -> None:
    """PLUS-10: each refusal is a sentence; with the right account again it is tried at once."""
    async with vsftpd(False) as server:
        here = replace(FTP, port=server.port, user=server.user)
        shelf = await archive.configured(here)
        cora, dora = await delivered(archive, shelf, "Cora", "Dora")
        [theirs] = (server.root / FOLDER).glob("Dora*")
        theirs.write_bytes(b"another file by now")
        actor, work = archive.centre.sam.actor, remover(archive, shelf)
        await retention.delete(actor, dora)
        assert await work.remove_one()
        gone = await work.of(dora)
        assert gone is not None
        assert gone.state is RemovalState.REFUSED
        assert "19 bytes" in gone.sentence
        clock.advance(LONGEST_WAIT.total_seconds())
        assert not await work.remove_one(), "what is not ours stays so"
        assert theirs.read_bytes() == b"another file by now"

        await archive.configured(replace(here, user="somebody"))
        await retention.delete(actor, cora)
        while await work.remove_one():
            pass
        gone = await work.of(cora)
        assert gone is not None
        assert gone.state is RemovalState.REFUSED
        assert "another server or account" in gone.sentence
        assert (await audited(archive, cora))[-1]["at_server"] == "refused"
        assert await work.backlog() == RemovalBacklog(0, 2)
        await archive.configured(here)
        while await work.remove_one():
            pass
        assert there(server) == ["Dora"]
        assert await work.backlog() == RemovalBacklog(0, 1)


async def test_it_is_removed_by_sftp_too(archive: Archive, retention: Retention, tmp_path: Path) -> None:
    """PLUS-10, FTP-01."""
    key = ssh_key()
    async with openssh(key.export_public_key().decode()) as server:
        by_sftp = replace(FTP, protocol=TransferProtocol.SFTP, port=server.port, user=server.user)
        shown = await storage_of(by_sftp, PASSWORD).fingerprint()
        shelf = await archive.configured(replace(by_sftp, fingerprint=shown))
        [cora] = await delivered(archive, shelf, "Cora")
        await retention.delete(archive.centre.sam.actor, cora)
        work = remover(archive, shelf)
        assert await work.remove_one()
        assert there(server) == []
        gone = await work.of(cora)
        assert gone is not None
        assert gone.state is RemovalState.DONE
