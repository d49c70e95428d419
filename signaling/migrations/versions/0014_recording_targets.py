"""Where recordings are delivered: the customer's server, and each file on its way to it."""

import sqlalchemy as sa
from alembic import op

revision = "0014_recording_targets"
down_revision = "0013_recordings"

MOMENT = sa.DateTime(timezone=True)
WORD = sa.String(32)
KEY = sa.String(40)


def upgrade() -> None:
    """Make both tables; no server is configured, and upload is off."""
    made = op.create_table(
        "recording_target",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("protocol", WORD, nullable=False),
        sa.Column("host", sa.String(253), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("user", sa.String(200), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("by_key", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", sa.String(100), nullable=True),
        sa.Column("template", sa.String(200), nullable=False),
        sa.Column("failover", sa.Boolean(), nullable=False),
        sa.Column("upload", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("trouble", WORD, nullable=True),
        sa.Column("trouble_sentence", sa.Text(), nullable=False),
        sa.Column("trouble_since", MOMENT, nullable=True),
        sa.Column("succeeded_at", MOMENT, nullable=True),
    )
    op.bulk_insert(
        made,
        [
            {
                "id": 1,
                "protocol": "ftps",
                "host": "",
                "port": 21,
                "user": "",
                "by_key": False,
                "template": "{year}/{month}/{day}/{call}-{queue}-{agent}-{customer}",
                "failover": True,
                "upload": False,
                "version": 1,
                "trouble_sentence": "",
            }
        ],
    )
    _deliveries()


def _deliveries() -> None:
    op.create_table(
        "recording_deliveries",
        sa.Column("id", KEY, primary_key=True),
        sa.Column("recording_id", KEY, sa.ForeignKey("recordings.id"), nullable=False),
        sa.Column("path", sa.String(300), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("state", WORD, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("kept", sa.Boolean(), nullable=False),
        sa.Column("fault", WORD, nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("lease_until", MOMENT, nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
    )
    op.create_index("ix_recording_deliveries_recording_id", "recording_deliveries", ["recording_id"])
    op.create_index("ix_recording_deliveries_due_at", "recording_deliveries", ["state", "due_at"])
