"""What the tests of this room share."""

import pytest

from conversations.db.database import Database
from tests.conversations.centre import Centre


@pytest.fixture
async def centre(database: Database) -> Centre:
    return await Centre.make(database)
