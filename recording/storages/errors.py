"""What can go wrong with a storage. Each fault has a code that stays, and a sentence for the person in front."""

from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    """The codes. They stand in rows, facts and the API: never renamed, only added to."""

    UNREACHABLE = "unreachable"
    HANGS = "hangs"
    LINE_CUT = "line_cut"
    DATA_BLOCKED = "data_blocked"
    OTHER_HOST = "other_host"
    PROTOCOL = "protocol"
    NO_TLS = "no_tls"
    BAD_CERTIFICATE = "bad_certificate"
    HOST_KEY_UNKNOWN = "host_key_unknown"
    HOST_KEY_CHANGED = "host_key_changed"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 (a code)
    NO_RIGHTS = "no_rights"
    DISK_FULL = "disk_full"
    NOT_KEPT = "not_kept"
    SIZE_LIES = "size_lies"
    CONTENTS_DIFFER = "contents_differ"
    RENAME_REFUSED = "rename_refused"
    NAME_CHANGED = "name_changed"
    FOLDER_TOO_FULL = "folder_too_full"
    REFUSED = "refused"
    BAD_NAME = "bad_name"
    SOURCE_LOST = "source_lost"
    SOURCE_CHANGED = "source_changed"
    SECRET_LOST = "secret_lost"  # noqa: S105 (a code)
    NOT_OURS = "not_ours"
    OTHER_ACCOUNT = "other_account"


NEEDS_A_PERSON: Final = {
    Fault.NO_TLS,
    Fault.BAD_CERTIFICATE,
    Fault.HOST_KEY_UNKNOWN,
    Fault.HOST_KEY_CHANGED,
    Fault.WRONG_PASSWORD,
    Fault.NO_RIGHTS,
    Fault.NAME_CHANGED,
    Fault.FOLDER_TOO_FULL,
    Fault.BAD_NAME,
    Fault.SOURCE_LOST,
    Fault.SOURCE_CHANGED,
    Fault.SECRET_LOST,
    Fault.NOT_OURS,
    Fault.OTHER_ACCOUNT,
}
_OUR_OWN: Final = {
    Fault.BAD_NAME,
    Fault.SOURCE_LOST,
    Fault.SOURCE_CHANGED,
    Fault.NOT_OURS,
    Fault.OTHER_ACCOUNT,
}


class StorageError(Exception):
    """A storage could not do what it was asked. The file that was to be stored is untouched."""

    def __init__(self, fault: Fault, sentence: str) -> None:
        super().__init__(sentence)
        self.fault = fault
        self.sentence = sentence
        """Whole sentences. What a server said is cut short in them and holds no control characters."""

    def __str__(self) -> str:
        return f"{self.fault}: {self.sentence}"

    @property
    def retryable(self) -> bool:
        """Whether it may heal by itself. If not a person is told at once; it is tried again all the same."""
        return self.fault not in NEEDS_A_PERSON

    @property
    def auth(self) -> bool:
        """Whether the login was refused: trying often would lock the account."""
        return self.fault is Fault.WRONG_PASSWORD

    @property
    def of_the_target(self) -> bool:
        """Whether it tells something about the server, not about our file."""
        return self.fault not in _OUR_OWN


def not_ours(size: int) -> StorageError:
    """Return what is wrong with a file of our name that has another size."""
    return StorageError(
        Fault.NOT_OURS, f"A file of that name is there, but with {size} bytes it is not the one that was brought there."
    )


def said(text: str) -> str:
    """Return what a server said, fit for a sentence: one line of at most 160 characters, without controls."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= 160 else f"{line[:159]}…"
