"""Where recordings go: the customer's server and what is on its way there."""

from typing import Annotated

from pydantic import Field

from recording.server import LONGEST_SECRET, TransferProtocol
from recording.storages.errors import Fault
from recording.storages.steps import CheckStep
from signaling.models.common import Model, Moment, Version

Host = Annotated[str, Field(max_length=253)]
Port = Annotated[int, Field(ge=0, le=65_535)]
User = Annotated[str, Field(max_length=200)]
Template = Annotated[str, Field(max_length=200)]
Fingerprint = Annotated[str, Field(max_length=200)]
ServerSecret = Annotated[str, Field(min_length=1, max_length=LONGEST_SECRET)]
"""A password or a private key: taken as it is, never shown."""


class StorageTrouble(Model):
    """Why the server gets nothing at present."""

    code: Fault
    sentence: str
    since: Moment


class StorageBacklog(Model):
    """Files that are not delivered, by where they stand; `preparing` are files of video that are not made yet.

    `removing` are files that were deleted here and are to be removed there too; `not_removed` those of them that the
    server refuses to remove: somebody has to look.
    """

    preparing: int
    waiting: int
    uploading: int
    failed_over: int
    failed: int
    removing: int
    not_removed: int


class RecordingStorage(Model):
    """The customer's server (FTP-01), with an empty host while none is configured; the secret is never shown.

    `upload_refused` is why upload cannot be switched on, null where it can; `video_refused` says that it is, or will be
    with a server, since pictures are recorded that may not be downloaded (FTP-02): of those calls the sound alone goes.
    """

    protocol: TransferProtocol
    host: str
    port: int
    user: str
    secret_set: bool
    by_key: bool
    fingerprint: str | None
    template: str
    failover: bool
    upload: bool
    upload_refused: str | None
    video_refused: bool
    version: int
    trouble: StorageTrouble | None
    backlog: StorageBacklog
    succeeded_at: Moment | None


class RecordingServer(Model):
    """A server to try. Without a secret the stored one is used, for the account that it was entered for only."""

    protocol: TransferProtocol
    host: Host
    port: Port
    user: User
    secret: ServerSecret | None = None
    by_key: bool = False
    fingerprint: Fingerprint | None = None
    template: Template


class RecordingStorageChange(RecordingServer):
    """What is to hold from now on. Without a secret the stored one stays."""

    version: Version
    failover: bool
    upload: bool


class StorageTestStep(Model):
    """One step of a test; a failed one says why."""

    step: CheckStep
    ok: bool
    sentence: str | None


class StorageTest(Model):
    """How a server did. `fingerprint`: what it is known by, where that is to be confirmed first."""

    ok: bool
    steps: list[StorageTestStep]
    fingerprint: str | None


class NameTemplate(Model):
    """A template of names."""

    template: Template


class NameExample(Model):
    """The name that a recording would get by it."""

    name: str
