"""What an older database's queues become."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from conversations.db import engines
from conversations.db.database import alembic_config, upgrade

pytestmark = pytest.mark.wire

OLD = (
    "INSERT INTO users (id, login, login_key, name, roles, password_hash, must_change_password, disabled, version, "
    "created_at) VALUES ('user_1', 'ana', 'ana', 'Ana', 'agent', '-', false, false, 1, '2026-01-01 00:00:00+00:00')",
    "INSERT INTO queues (id, name, name_key, open, version) VALUES ('queue_1', 'DEFAULT queue', 'default queue', "
    "false, 7)",
    "INSERT INTO queue_members (queue_id, user_id) VALUES ('queue_1', 'user_1')",
)


def test_queues_of_an_older_database_keep_everything_and_get_usual_settings(tmp_path: Path) -> None:
    """SYS-02, SYS-03. Somebody's own queue has the name that the Default queue would have."""
    url = engines.parse(f"sqlite:///{tmp_path}/old.db")
    command.upgrade(alembic_config(url), "0003_leg_qualities")
    engine = create_engine(url.set(drivername="sqlite"))
    with engine.begin() as connection:
        for statement in OLD:
            connection.execute(text(statement))
    upgrade(url)
    with engine.begin() as connection:
        found = connection.execute(
            text("SELECT id, name, open, call_order, ring_seconds, hours, version FROM queues ORDER BY id")
        )
        assert [tuple(row) for row in found] == [
            ("queue_1", "DEFAULT queue", 0, "longest_idle", 20, None, 7),
            ("queue_default", "Default queue 2", 1, "longest_idle", 20, None, 1),
        ]
        members = connection.execute(text("SELECT queue_id, user_id, level FROM queue_members"))
        assert [tuple(row) for row in members] == [("queue_1", "user_1", 1)]
    engine.dispose()
