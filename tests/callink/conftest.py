"""What the tests of this room share."""

import pytest

from conversations.db.database import Database
from tests.callink.desk import Desk
from tests.conversations.centre import Centre


@pytest.fixture
async def desk(database: Database) -> Desk:
    return Desk(await Centre.make(database))
