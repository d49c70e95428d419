"""The customer's server: configured, tried and switched on by administrators; changes are audited (FTP-01 to 04)."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from callflow.facts import Actor, Fact, FactKind
from conversations.db.audit import audit
from conversations.db.database import Database
from conversations.db.locking import locked
from conversations.errors import InvalidError, RefusedError, StaleError
from recording.delivery import Released, Retargeted
from recording.moving import happen_to_all
from recording.secrets import Keys, SecretError
from recording.server import Server, TransferProtocol, checked_secret, checked_server, storage_of
from recording.storages.base import Limits
from recording.storages.errors import Fault, StorageError
from recording.storages.names import fixed_folder
from recording.storages.steps import CheckStep
from recording.tables import RecordingSettingsRow
from recording.target_tables import THE_TARGET, RemovalRow, TargetRow

SEAL: Final = "recording_target"
"""What a secret is sealed for."""
TRIAL_LIMITS: Final = Limits(connect=5, command=10, stall=10, finish=20, session=40)
"""Somebody sits in front of it."""
_UNKNOWN_TO_US: Final = {Fault.HOST_KEY_UNKNOWN, Fault.HOST_KEY_CHANGED, Fault.BAD_CERTIFICATE}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the server gets nothing at present."""

    code: Fault
    sentence: str
    since: datetime


@dataclass(frozen=True, slots=True)
class RecordingTarget:
    """What is configured, and how it does."""

    server: Server
    secret_set: bool
    failover: bool
    upload: bool
    version: int
    trouble: Trouble | None
    succeeded_at: datetime | None
    video_refused: bool
    """Pictures are recorded, and their download is off (FTP-02)."""

    @property
    def upload_refused(self) -> str | None:
        """Why upload cannot be switched on, in one of the words of `Targets.change`; None where it can."""
        if not self.server.host:
            return "target_needed"
        if self.server.protocol is TransferProtocol.SFTP and self.server.fingerprint is None:
            return "key_needed"
        return "download_needed" if self.video_refused else None


@dataclass(frozen=True, slots=True)
class TargetChange:
    """What is to hold. Without a secret the one that is there stays."""

    server: Server
    secret: str | None
    failover: bool
    upload: bool


@dataclass(frozen=True, slots=True)
class TrialStep:
    """One step of a trial; a failed one says why."""

    step: CheckStep
    ok: bool
    sentence: str | None


@dataclass(frozen=True, slots=True)
class Trial:
    """How a server did."""

    steps: Sequence[TrialStep]
    fingerprint: str | None
    """What the server is known by, where that is to be confirmed first."""

    @property
    def ok(self) -> bool:
        """Whether recordings can be brought there."""
        return all(each.ok for each in self.steps)


class SecretKeys:
    """The key file, read or made when it is first needed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._keys: Keys | None = None

    async def get(self) -> Keys:
        """Return the keys. Raises SecretError."""
        if self._keys is None:
            self._keys = await asyncio.to_thread(Keys.load, self._file)
        return self._keys


class Targets:
    """Reads, changes and tries what is configured."""

    def __init__(self, database: Database, keys: SecretKeys) -> None:
        self._database = database
        self._keys = keys
        self._trying = asyncio.Lock()

    async def current(self) -> RecordingTarget:
        """Return what is configured."""
        async with self._database.read() as session:
            return await _target(session, await session.get_one(TargetRow, THE_TARGET))

    async def change(self, actor: Actor, version: int, change: TargetChange) -> RecordingTarget:
        """Configure the server, and switch upload and failover.

        Raises StaleError, InvalidError, and RefusedError ``secret_needed`` when a secret would be told to another
        account than the one it was entered for, ``key_needed`` while nobody has confirmed an SFTP server's key,
        ``download_needed`` where pictures are recorded that may not be downloaded (FTP-02), ``no_keys``.
        """
        server = checked_server(change.server)
        sealed = await self._sealed(server, change.secret)
        async with self._database.write() as write:
            row = await locked(write.session, TargetRow, THE_TARGET)
            before = await _target(write.session, row)
            if before.version != version:
                raise StaleError(before)
            if sealed is None and (row.secret is None or before.server.account != server.account):
                raise _secret_needed()
            refused = replace(before, server=server).upload_refused
            # Where it is on already, of video calls the sound alone goes there until somebody allows more.
            goes_on = before.upload and refused == "download_needed"
            if change.upload and refused is not None and not goes_on:
                raise RefusedError(refused, _REFUSALS[refused])
            for name, value in asdict(server).items():
                setattr(row, name, value)
            row.secret = sealed or row.secret
            row.failover, row.upload, row.version = change.failover, change.upload, version + 1
            row.trouble, row.trouble_sentence, row.trouble_since = None, "", None
            await happen_to_all(write, Released() if before.server.account == server.account else Retargeted())
            await write.session.execute(
                update(RemovalRow).where(RemovalRow.done_at.is_(None)).values(due_at=write.clock.now())
            )
            after = await _target(write.session, row)
            old, new = _audited(before, "set" if before.secret_set else ""), _audited(after, _secret_word(sealed))
            await audit(write, actor, "recording_target", str(THE_TARGET), server.host, old, new)
            write.fact(Fact(FactKind.RECORDING_TARGET_CHANGED, actor))
            return after

    async def trial(self, server: Server, secret: str | None) -> Trial:
        """Log in, upload a few bytes, rename, read back and delete them. One trial at a time.

        Raises InvalidError, and RefusedError ``trial_running``, ``secret_needed``, ``no_keys``.
        """
        server = checked_server(server)
        known = checked_secret(server, secret) if secret is not None else await self._known_secret(server)
        if self._trying.locked():
            raise RefusedError("trial_running", "Somebody tries a server at this moment. Wait until that is done.")
        async with self._trying:
            return await _tried(server, known)

    async def _known_secret(self, server: Server) -> str:
        async with self._database.read() as session:
            row = await session.get_one(TargetRow, THE_TARGET)
            if row.secret is None or server_of(row).account != server.account:
                raise _secret_needed()
        try:
            return (await self._keys.get()).open(SEAL, row.secret)
        except SecretError as error:
            raise RefusedError("no_keys", str(error)) from error

    async def _sealed(self, server: Server, secret: str | None) -> str | None:
        if secret is None:
            return None
        checked = checked_secret(server, secret)
        try:
            return (await self._keys.get()).seal(SEAL, checked)
        except SecretError as error:
            raise RefusedError("no_keys", str(error)) from error


def server_of(row: TargetRow) -> Server:
    """Return the server that a row describes."""
    return Server(row.protocol, row.host, row.port, row.user, row.by_key, row.fingerprint, row.template)


async def _target(session: AsyncSession, row: TargetRow) -> RecordingTarget:
    settings = await session.get_one(RecordingSettingsRow, 1)
    trouble = None
    if row.trouble is not None and row.trouble_since is not None:
        trouble = Trouble(row.trouble, row.trouble_sentence, row.trouble_since)
    return RecordingTarget(
        server=server_of(row),
        secret_set=row.secret is not None,
        failover=row.failover,
        upload=row.upload,
        version=row.version,
        trouble=trouble,
        succeeded_at=row.succeeded_at,
        video_refused=settings.pictures and not settings.download,
    )


_REFUSALS: Final = {
    "key_needed": "Test the server and confirm its key first: then recordings may go there.",
    "download_needed": (
        "Pictures are recorded, and video goes to a server only where its download is on. Switch the download of video "
        "on, or record audio only."
    ),
}


def _secret_needed() -> RefusedError:
    return InvalidError("secret", "Enter the password or key: it is told only to the account that it was entered for.")


def _secret_word(sealed: str | None) -> str:
    return "set" if sealed is None else "set anew"


def _audited(target: RecordingTarget, secret: str) -> dict[str, Any]:
    return {**asdict(target.server), "secret": secret, "failover": target.failover, "upload": target.upload}


async def _tried(server: Server, secret: str) -> Trial:
    storage = storage_of(server, secret, TRIAL_LIMITS)
    passed: list[CheckStep] = []
    fingerprint, failure = None, None
    try:
        await storage.check(fixed_folder(server.template), passed.append)
    except StorageError as error:
        failure = error
        if error.fault in _UNKNOWN_TO_US:
            try:
                fingerprint = await storage.fingerprint()
            except StorageError as unreachable:
                failure = unreachable
    steps = [TrialStep(each, True, None) for each in passed]
    if failure is not None:
        steps.append(TrialStep(list(CheckStep)[len(passed)], False, failure.sentence))
    return Trial(steps, fingerprint)


async def uploads_are_on(session: AsyncSession) -> bool:
    """Say whether recordings are brought to a server: then only what arrived there may be deleted by age."""
    row = await session.get(TargetRow, 1)
    return row is not None and row.upload
