from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from media.settings import MediaSettings
from tests.media.parties import Stage, clients_on_loopback, stage


@pytest.fixture(scope="session")
def music_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the hold music is kept, so that it is encoded once for all tests."""
    return tmp_path_factory.mktemp("media-cache")


@pytest.fixture
async def on_stage(music_cache: Path) -> AsyncIterator[Stage]:
    with clients_on_loopback():
        async with stage(MediaSettings(announced=("127.0.0.1",), cache=music_cache)) as here:
            yield here
