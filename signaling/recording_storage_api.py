"""Where recordings go: the customer's server is configured, tried and switched on, by administrators only."""

from dataclasses import asdict

from recording.removing import Remover
from recording.server import EXAMPLE, Server, name_by
from recording.shelf import DatabaseShelf
from recording.targets import RecordingTarget, TargetChange, Targets
from signaling.http.api import Api
from signaling.http.problems import showing_stale
from signaling.http.rules import ADMIN, SignedIn
from signaling.models.recording_storage import (
    NameExample,
    NameTemplate,
    RecordingServer,
    RecordingStorage,
    RecordingStorageChange,
    StorageBacklog,
    StorageTest,
    StorageTestStep,
    StorageTrouble,
)


class RecordingStorageApi:
    """Handlers of `/recording-storage`."""

    def __init__(self, targets: Targets, shelf: DatabaseShelf, remover: Remover) -> None:
        self._targets = targets
        self._shelf = shelf
        self._remover = remover

    def register(self, api: Api) -> None:
        """Add the routes."""
        api.get("/recording-storage", self.get_recording_storage, rule=ADMIN, tag="recordings")
        api.put("/recording-storage", self.set_recording_storage, rule=ADMIN, tag="recordings")
        api.post("/recording-storage/test", self.test_recording_storage, rule=ADMIN, tag="recordings")
        api.post("/recording-storage/name", self.name_in_recording_storage, rule=ADMIN, tag="recordings")

    async def get_recording_storage(self) -> RecordingStorage:
        """Return the customer's server, how it does and what is on its way there."""
        return _storage(await self._targets.current(), await self._backlog())

    async def set_recording_storage(self, who: SignedIn, change: RecordingStorageChange) -> RecordingStorage:
        """Configure the server; it gets recordings that end while upload is on (FTP-04)."""
        wanted = TargetChange(_server(change), change.secret, change.failover, change.upload)
        backlog = await self._backlog()
        with showing_stale(lambda current: _storage(current, backlog)):
            return _storage(await self._targets.change(who.user.actor, change.version, wanted), backlog)

    async def test_recording_storage(self, server: RecordingServer) -> StorageTest:
        """Log in, upload a few bytes, rename, read back and delete them; nothing is saved."""
        trial = await self._targets.trial(_server(server), server.secret)
        steps = [StorageTestStep(step=each.step, ok=each.ok, sentence=each.sentence) for each in trial.steps]
        return StorageTest(ok=trial.ok, steps=steps, fingerprint=trial.fingerprint)

    async def name_in_recording_storage(self, wanted: NameTemplate) -> NameExample:
        """Return the name that an invented recording gets by a template."""
        return NameExample(name=name_by(wanted.template, EXAMPLE))

    async def _backlog(self) -> StorageBacklog:
        files, removals = await self._shelf.backlog(), await self._remover.backlog()
        return StorageBacklog(**asdict(files), removing=removals.pending, not_removed=removals.refused)


def _server(wanted: RecordingServer) -> Server:
    return Server(
        protocol=wanted.protocol,
        host=wanted.host,
        port=wanted.port,
        user=wanted.user,
        by_key=wanted.by_key,
        fingerprint=wanted.fingerprint,
        template=wanted.template,
    )


def _storage(target: RecordingTarget, backlog: StorageBacklog) -> RecordingStorage:
    trouble = target.trouble
    return RecordingStorage(
        **asdict(target.server),
        secret_set=target.secret_set,
        failover=target.failover,
        upload=target.upload,
        upload_refused=target.upload_refused,
        video_refused=target.video_refused,
        version=target.version,
        trouble=trouble and StorageTrouble(code=trouble.code, sentence=trouble.sentence, since=trouble.since),
        backlog=backlog,
        succeeded_at=target.succeeded_at,
    )
