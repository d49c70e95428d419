"""Levels, working hours, call order, routing rules, tags, the Default queue."""

import sqlalchemy as sa
from alembic import op

revision = "0007_queues"
down_revision = "0006_statuses"

DEFAULT_NAME = "Default queue"


def upgrade() -> None:
    """Give every queue the new settings, make the Default queue, and add the tables of rules and tags."""
    # Plain additions: SQLite adds a constraint only by copying the table, and others refer to these.
    for column in (
        sa.Column("call_order", sa.String(32), nullable=False, server_default="longest_idle"),
        sa.Column("weight", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("auto_assign", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("ring_seconds", sa.Integer(), nullable=False, server_default="20"),
        sa.Column("level_wait_seconds", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("target_percent", sa.Integer(), nullable=False, server_default="80"),
        sa.Column("target_seconds", sa.Integer(), nullable=False, server_default="20"),
        sa.Column("consult", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("when_gone", sa.String(32), nullable=False, server_default="keep"),
        sa.Column("hours", sa.JSON(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("queues", column)
    op.add_column("queue_members", sa.Column("level", sa.Integer(), nullable=False, server_default="1"))
    _add_default_queue()
    _add_tags()
    _add_rules()


def _add_default_queue() -> None:
    """Make the queue of all that belongs to no other, under a name that is free."""
    table = sa.table(
        "queues",
        sa.column("id", sa.String),
        sa.column("name", sa.String),
        sa.column("name_key", sa.String),
        sa.column("open", sa.Boolean),
        sa.column("version", sa.Integer),
    )
    taken = set(op.get_bind().execute(sa.select(table.c.name_key)).scalars())
    names = (DEFAULT_NAME, *(f"{DEFAULT_NAME} {number}" for number in range(2, len(taken) + 3)))
    name = next(name for name in names if name.casefold() not in taken)
    op.bulk_insert(
        table, [{"id": "queue_default", "name": name, "name_key": name.casefold(), "open": True, "version": 1}]
    )


def _add_tags() -> None:
    op.create_table(
        "tags",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(50), nullable=False),
        sa.Column("name_key", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("name_key", name=op.f("uq_tags_name_key")),
    )
    op.create_table(
        "conversation_tags",
        sa.Column("conversation_id", sa.String(40), nullable=False),
        sa.Column("tag_id", sa.String(40), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_conversation_tags_conversation_id")
        ),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_conversation_tags_tag_id")),
        sa.PrimaryKeyConstraint("conversation_id", "tag_id", name=op.f("pk_conversation_tags")),
    )
    op.create_index(op.f("ix_conversation_tags_tag_id"), "conversation_tags", ["tag_id"], unique=False)


def _add_rules() -> None:
    op.create_table(
        "routing_rules",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("queue_id", sa.String(40), nullable=False),
        sa.Column("priority", sa.String(32), nullable=True),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["queue_id"], ["queues.id"], name=op.f("fk_routing_rules_queue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_rules")),
    )
    op.create_index(op.f("ix_routing_rules_queue_id"), "routing_rules", ["queue_id"], unique=False)
