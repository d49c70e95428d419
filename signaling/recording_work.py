"""What is done with recordings beside the calls: finishing them, and bringing them to the customer's server."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from conversations.db.database import Database
from recording.finisher import Finisher
from recording.keeper import Keeper
from recording.shelf import DatabaseShelf, Figures, KeptInPlace
from recording.targets import SecretKeys, Targets
from recording.uploader import Uploader
from signaling.http.api import Api
from signaling.recording_storage_api import RecordingStorageApi

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
        keys = SecretKeys(data / KEYS)
        self.keeper = Keeper(database, Finisher(), self.folder, self.folder / SPOOL)
        self.targets = Targets(database, keys)
        self.shelf = DatabaseShelf(database, keys, self.folder)
        self.uploader = Uploader(self.shelf, KeptInPlace(self.folder), database.clock)

    def register(self, api: Api) -> None:
        """Add the routes."""
        RecordingStorageApi(self.targets, self.shelf).register(api)

    def tasks(self) -> tuple[tuple[str, Callable[[], Coroutine[Any, Any, None]]], ...]:
        """Return what must run, by name."""
        return ("recordings finished", self.keeper.run), ("recordings delivered", self.uploader.run)

    async def figures(self) -> Figures:
        """Count recordings for the metrics."""
        return await self.shelf.figures()

    def close(self) -> None:
        """End the workers: what they were doing is begun again by the next start."""
        self.keeper.close()
