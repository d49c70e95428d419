"""A real disk whose room a test decides on: a file system in memory."""

import shutil
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

MIB = 1 << 20
PAGE = 4096


class Disk:
    """A file system that is mounted at a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def leave(self, free_mib: int) -> None:
        """Let so much be free from now on; with 0 it is full at once, or, if nothing lies there yet, after a page."""
        size = shutil.disk_usage(self.folder).used + free_mib * MIB or PAGE  # a size of 0 would mean no limit
        subprocess.run(["mount", "-o", f"remount,size={size}", self.folder], check=True)


@contextmanager
def mounted(folder: Path, free_mib: int) -> Generator[Disk]:
    """Mount one at a folder, which is made; without the right to do that the test is skipped."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={free_mib}m", "none", folder]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("only root may mount a file system")
    try:
        yield Disk(folder)
    finally:  # lazily: a worker that was only just killed may still hold a file
        subprocess.run(["umount", "-l", folder], check=True)
