"""Recordings, built and bound: by which rules, finishing, bringing them to the customer's server, deleting them."""

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from callflow.call import Call
from callflow.engine import Engine
from callflow.events import RecordingPolicy
from callflow.ids import AgentId
from conversations.calls.store import CallTransaction
from conversations.db.database import Database, Write
from conversations.waiting.values import Source
from recording.catalogue import Catalogue
from recording.erasing import Retention
from recording.finisher import Finisher
from recording.keeper import Keeper
from recording.preparations import Preparations
from recording.preparer import Preparer
from recording.removing import Remover
from recording.rules import RecordingRules, policy_for
from recording.shelf import DatabaseShelf, KeptInPlace
from recording.space import Space, SpaceWatch
from recording.targets import SecretKeys, Targets, uploads_are_on
from recording.transcripts import Transcripts
from recording.troubles import Troubles
from recording.uploader import Uploader
from signaling.http.api import Api
from signaling.metrics import RecordingFigures
from signaling.recording_settings_api import RecordingSettingsApi
from signaling.recording_storage_api import RecordingStorageApi
from signaling.recordings_api import RecordingsApi
from signaling.retention_api import RetentionApi
from signaling.tasks import Work

log = logging.getLogger(__name__)

RECORDINGS: Final = "recordings"
"""The folder of finished recordings in the data folder."""
SPOOL: Final = "spool"
"""The folder below it into which calls are recorded."""
KEYS: Final = "secret.keys"
"""The file in the data folder that opens secrets in the database."""


class RecordingWork:
    """Everything of it, built and bound. Nothing touches the disk before its tasks run or the API is used."""

    def __init__(self, database: Database, data: Path) -> None:
        self.folder = data / RECORDINGS
        spool = self.folder / SPOOL
        keys = SecretKeys(data / KEYS)
        self.rules = RecordingRules(database)
        self.catalogue = Catalogue(database)
        finisher = Finisher()
        self.keeper = Keeper(database, finisher, self.folder, spool)
        self.preparations = Preparations(database, self.folder)
        self.preparer = Preparer(database, finisher, self.folder)
        self.troubles = Troubles(database)
        self.space = SpaceWatch(spool)
        self.retention = Retention(database, self.folder, spool, uploads_are_on)
        self.targets = Targets(database, keys)
        self.shelf = DatabaseShelf(database, keys, self.folder)
        self.remover = Remover(database, self.shelf)
        self.transcripts = Transcripts(database)
        self.uploader = Uploader(self.shelf, KeptInPlace(self.folder), database.clock)

    def register(self, api: Api, engine: Engine[CallTransaction], say: Callable[[Source], Awaitable[None]]) -> None:
        """Add the routes. `say` makes what customers hear before they are recorded."""
        RecordingsApi(self.catalogue, self.preparations, self.remover, self.transcripts, self.folder).register(api)
        RetentionApi(self.retention, self.catalogue).register(api)
        RecordingSettingsApi(self.rules, engine, say).register(api)
        RecordingStorageApi(self.targets, self.shelf, self.remover).register(api)

    def works(self) -> tuple[tuple[str, Work], ...]:
        """Return what must run beside the requests, by name."""
        return (
            ("recordings finished", self.keeper.run),
            ("video files made", self.preparer.run),
            ("recordings delivered", self.uploader.run),
            ("recordings removed at the server", self.remover.run),
            ("recordings in trouble", self.troubles.run),
            ("room for recordings", self.space.run),
            ("old recordings deleted", self.retention.run),
        )

    async def policy_for(self, write: Write, agent: AgentId, call: Call) -> RecordingPolicy:
        """Say whether this agent's talk is recorded; a recording that has begun goes on with little room left."""
        policy = await policy_for(write, agent, call)
        if policy.record and call.recording is None and self.space.space is Space.NONE:
            log.warning("%s is not recorded: the disk for recordings has no room", call.id)
            return RecordingPolicy()
        return policy

    async def figures(self) -> RecordingFigures:
        """Count recordings for the metrics."""
        kept = await self.shelf.figures()
        preparing = await self.preparations.backlog()
        return RecordingFigures(kept.states, kept.failing, self.keeper.orphans, self.troubles.counted(), preparing)

    def close(self) -> None:
        """End the workers: what they were doing is begun again by the next start."""
        self.keeper.close()
