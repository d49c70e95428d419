"""Sounds and waiting strategies."""

import sqlalchemy as sa
from alembic import op

revision = "0008_strategies"
down_revision = "0007_queues"


def upgrade() -> None:
    """Add the tables; queues and links without a strategy hear the hold music."""
    op.create_table(
        "sounds",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double[float](), nullable=False),
        sa.Column("added_by", sa.String(40), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["added_by"], ["users.id"], name=op.f("fk_sounds_added_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sounds")),
    )
    op.create_table(
        "waiting_strategies",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_key", sa.String(200), nullable=False),
        sa.Column("longest_seconds", sa.Integer(), nullable=False),
        sa.Column("gap_seconds", sa.Integer(), nullable=False),
        *(sa.Column(f"{part}_on", sa.Boolean(), nullable=False) for part in _PARTS),
        sa.Column("places_language", sa.String(40), nullable=True),
        sa.Column("places_voice", sa.String(40), nullable=True),
        sa.Column("places_rate", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("longest_seconds BETWEEN 10 AND 3600", name=op.f("ck_waiting_strategies_longest_seconds")),
        sa.CheckConstraint("gap_seconds BETWEEN 10 AND 3600", name=op.f("ck_waiting_strategies_gap_seconds")),
        sa.CheckConstraint(
            "greeting_on OR music_on OR announcements_on OR farewell_on",
            name=op.f("ck_waiting_strategies_something_on"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_strategies")),
        sa.UniqueConstraint("name_key", name=op.f("uq_waiting_strategies_name_key")),
    )
    op.create_table(
        "waiting_parts",
        sa.Column("strategy_id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("language", sa.String(40), nullable=True),
        sa.Column("voice", sa.String(40), nullable=True),
        sa.Column("rate", sa.Integer(), nullable=True),
        sa.Column("sound_id", sa.String(40), nullable=True),
        sa.CheckConstraint("(text IS NULL) != (sound_id IS NULL)", name=op.f("ck_waiting_parts_one_source")),
        _of_strategy("waiting_parts"),
        sa.ForeignKeyConstraint(["sound_id"], ["sounds.id"], name=op.f("fk_waiting_parts_sound_id")),
        sa.PrimaryKeyConstraint("strategy_id", "kind", "number", name=op.f("pk_waiting_parts")),
    )
    op.create_index(op.f("ix_waiting_parts_sound_id"), "waiting_parts", ["sound_id"], unique=False)
    op.create_table(
        "waiting_queues",
        sa.Column("queue_id", sa.String(40), nullable=False),
        sa.Column("strategy_id", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(
            ["queue_id"], ["queues.id"], name=op.f("fk_waiting_queues_queue_id"), ondelete="CASCADE"
        ),
        _of_strategy("waiting_queues"),
        sa.PrimaryKeyConstraint("queue_id", name=op.f("pk_waiting_queues")),
    )
    op.create_table(
        "waiting_links",
        sa.Column("link_id", sa.String(40), nullable=False),
        sa.Column("strategy_id", sa.String(40), nullable=False),
        _of_strategy("waiting_links"),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_waiting_links")),
    )
    for table in ("waiting_queues", "waiting_links"):
        op.create_index(op.f(f"ix_{table}_strategy_id"), table, ["strategy_id"], unique=False)


_PARTS = ("greeting", "music", "announcements", "farewell", "places")


def _of_strategy(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["strategy_id"], ["waiting_strategies.id"], name=op.f(f"fk_{table}_strategy_id"), ondelete="CASCADE"
    )
