"""The folder for everything that is kept."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from signaling.settings import StartError


def prepare(folder: Path) -> None:
    """Make the data folder if need be, and see that it can be written. Raises `StartError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise StartError(f"The data folder {folder} cannot be written: {error.strerror}.") from None


def write_private(path: Path, content: Mapping[str, object]) -> None:
    """Write JSON that only this user may read. An older file is replaced at once and whole."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2, ensure_ascii=False)
        file.write("\n")
    part.replace(path)
