"""Where a recording can be on its way."""

from enum import StrEnum


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
