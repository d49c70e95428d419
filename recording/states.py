"""What a recording can be of, where it can be on its way, and the video file that is made of it."""

from enum import StrEnum


class RecordingKind(StrEnum):
    """What was recorded."""

    CALL = "call"
    """What customer and agents said to each other."""
    MESSAGE = "message"
    """What a customer said to nobody, while he waited (PLUS-12)."""


class RecordingState(StrEnum):
    """Where a recording is on its way (mission 3.9)."""

    RECORDING = "recording"
    FINALIZING = "finalizing"
    """The call is over, and one file is made of what was written."""
    SPOOLED = "spooled"
    """Whole, with its checksum, on own storage."""
    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    """On the customer's own server too, and verified there."""
    FAILED_OVER = "failed_over"
    """The server could not take it: it is on own storage, and is sent when the server is back (FTP-03)."""
    FAILED = "failed"
    """Failover is off and the server did not take it, or the file is damaged: it is kept, and tried again (FTP-04)."""


class PreparationState(StrEnum):
    """Where the one file of a recording's pictures is that is made only when somebody asks (REC-03)."""

    WAITING = "waiting"
    """Others are made first, or a try has failed and the next comes."""
    PREPARING = "preparing"
    READY = "ready"
    FAILED = "failed"
    """It is not tried again by itself."""
