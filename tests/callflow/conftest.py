"""The fixtures of the call flow's tests."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of this test's own, in memory where there is one: traces commit thousands of times."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="parley-", dir=memory if memory.is_dir() else None) as chosen:
        yield Path(chosen)
