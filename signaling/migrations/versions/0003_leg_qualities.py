"""How well the network of each leg did."""

import sqlalchemy as sa
from alembic import op

revision = "0003_leg_qualities"
down_revision = "0002_rows"


def upgrade() -> None:
    """Add the table."""
    shares = [f"{way}_{name}" for way in ("up", "down") for name in ("loss", "jitter_ms", "mos")]
    worst = ["worst_loss", "worst_jitter_ms", "worst_round_trip_ms", "worst_mos"]
    counts = [f"{way}_{name}" for way in ("up", "down") for name in ("bits_per_second", "width", "height", "freezes")]
    op.create_table(
        "leg_qualities",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("measurement_id", sa.String(length=40), nullable=False),
        sa.Column("call_id", sa.String(length=40), nullable=False),
        sa.Column("leg_id", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Double[float](), nullable=False),
        *(sa.Column(name, sa.Double[float](), nullable=True) for name in ("round_trip_ms", *shares, *worst)),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in counts),
        *(sa.Column(f"{way}_frames_per_second", sa.Double[float](), nullable=False) for way in ("up", "down")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_leg_qualities_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leg_qualities")),
    )
    for column in ("call_id", "measurement_id"):
        op.create_index(op.f(f"ix_leg_qualities_{column}"), "leg_qualities", [column], unique=False)
