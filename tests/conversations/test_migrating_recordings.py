"""What an older database's recordings become."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest
from alembic import command

from conversations.db import engines
from conversations.db.database import alembic_config, upgrade

pytestmark = pytest.mark.wire

OLD = {
    "users": {"id": "user_1"},
    "customers": {"id": "cust_1"},
    "queues": {"id": "queue_1"},
    "conversations": {"id": "conv_1", "customer_id": "cust_1", "queue_id": "queue_1"},
    "calls": {"id": "call_1", "conversation_id": "conv_1", "customer_id": "cust_1", "queue_id": "queue_1"},
    "recordings": {
        "id": "rec_1",
        "call_id": "call_1",
        "conversation_id": "conv_1",
        "customer_id": "cust_1",
        "queue_id": "queue_1",
        "legal_hold": 1,
    },
    "recording_segments": {"id": "seg_1", "recording_id": "rec_1", "agent_id": "user_1"},
    "recording_notes": {"id": "note_1", "recording_id": "rec_1", "author_id": "user_1"},
}
PLAIN = {"INTEGER": 0, "BIGINT": 0, "BOOLEAN": 0, "DOUBLE": 0, "JSON": "{}", "DATETIME": "2026-01-01 00:00:00"}


def add(database: sqlite3.Connection, table: str, known: Mapping[str, object]) -> None:
    """Add a row in which all that must be there is."""
    columns = database.execute(f"PRAGMA table_info({table})").fetchall()
    needed = {name: PLAIN.get(kind, table) for _, name, kind, needed, default, _ in columns if needed and not default}
    row = needed | dict(known)
    names, marks = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
    database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(row.values()))


def test_recordings_of_an_older_database_keep_what_belongs_to_them(tmp_path: Path) -> None:
    """PLUS-12, REC-02: a call may have several from now on; SQLite makes the table anew for that."""
    url = engines.parse(f"sqlite:///{tmp_path}/old.db")
    command.upgrade(alembic_config(url), "0015_retention")
    database = sqlite3.connect(tmp_path / "old.db", isolation_level=None)
    for table, known in OLD.items():
        add(database, table, known)
    upgrade(url)
    assert database.execute("SELECT id, kind, cancelled, legal_hold FROM recordings").fetchall() == [
        ("rec_1", "call", 0, 1)
    ]
    for table in ("recording_segments", "recording_notes"):
        assert database.execute(f"SELECT recording_id FROM {table}").fetchall() == [("rec_1",)]
    add(database, "recordings", OLD["recordings"] | {"id": "msg_1x1", "kind": "message"})
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    database.close()
