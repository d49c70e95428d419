"""Every room's tables, so that one metadata holds them all."""

import importlib

from sqlalchemy import MetaData

from conversations.db.base import Base

ROOMS = (
    "conversations.db.facts",
    "conversations.db.audit",
    "conversations.directory.tables",
    "conversations.threads.tables",
    "conversations.calls.tables",
    "conversations.calls.handling",
    "conversations.agents.tables",
    "conversations.waiting.tables",
    "conversations.rules.tables",
    "callink.tables",
    "recording.tables",
    "recording.target_tables",
)


def metadata() -> MetaData:
    """Return the metadata of all tables of all rooms."""
    for room in ROOMS:
        importlib.import_module(room)
    return Base.metadata
