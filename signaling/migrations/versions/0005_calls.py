"""Holds, transfers, callbacks, observers and what a caller hears."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0005_calls"
down_revision = "0004_audit"

MOMENT = sa.DateTime(timezone=True)
# What every call heard so far: the piece of music, for as long as it took.
PLAN: dict[str, object] = {
    "music": "hold-music",
    "greeting": None,
    "announcements": [],
    "every": "PT1M",
    "spoken": None,
    "farewell": None,
    "longest": "PT10M",
}
HEARING: dict[str, object] = {
    "greeted": True,
    "saying": None,
    "then": [],
    "saying_until": None,
    "next_at": None,
    "turn": 0,
    "farewell": False,
}


def upgrade() -> None:
    """Add the columns, and move what a ring is to the party that is rung."""
    for column in (
        sa.Column("direction", sa.String(32), nullable=False, server_default="inbound"),
        sa.Column("priority", sa.String(32), nullable=False, server_default="normal"),
        sa.Column("plan", sa.JSON(), nullable=False, server_default=json.dumps(PLAN)),
        sa.Column("hearing", sa.JSON(), nullable=False, server_default=json.dumps(HEARING)),
        sa.Column("returned", sa.Boolean(), nullable=False, server_default=sa.false()),
        *(
            sa.Column(name, MOMENT, nullable=True)
            for name in ("waiting_since", "callback_at", "talking_since", "held_at", "consulted_at", "call_back_until")
        ),
    ):
        op.add_column("calls", column)
    for column in (
        sa.Column("part", sa.String(32), nullable=False, server_default="talking"),
        sa.Column("mode", sa.String(32), nullable=True),
        sa.Column("reservation_id", sa.String(40), nullable=True),
        sa.Column("ring_until", MOMENT, nullable=True),
    ):
        op.add_column("parties", column)
    with op.batch_alter_table("calls") as calls:
        calls.add_column(sa.Column("transferred_by", sa.String(40), nullable=True))
        calls.create_foreign_key(op.f("fk_calls_transferred_by"), "users", ["transferred_by"], ["id"])
    _move()
    with op.batch_alter_table("calls") as calls:
        calls.drop_column("reservation_id")
        calls.drop_column("ring_until")


def _move() -> None:
    op.execute("UPDATE parties SET part = 'customer' WHERE role = 'customer'")
    op.execute("UPDATE calls SET talking_since = answered_at WHERE phase = 'talking'")
    op.execute(
        "UPDATE parties SET part = 'rung',"
        " reservation_id = (SELECT reservation_id FROM calls WHERE calls.id = parties.call_id),"
        " ring_until = (SELECT ring_until FROM calls WHERE calls.id = parties.call_id)"
        " WHERE role = 'agent' AND live AND call_id IN (SELECT id FROM calls WHERE phase = 'ringing')"
    )
    op.execute("UPDATE calls SET agent_id = NULL WHERE phase = 'ringing'")
