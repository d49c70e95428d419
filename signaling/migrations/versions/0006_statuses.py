"""Custom statuses, dispositions, and how agents spend their time."""

import sqlalchemy as sa
from alembic import op

revision = "0006_statuses"
down_revision = "0005_calls"

GROUPS = {"active": "available", "busy": "busy", "away": "away", "offline": "unavailable"}


def upgrade() -> None:
    """Give agents' rows what statuses of groups need."""
    moment = sa.DateTime(timezone=True)
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for column in (
        sa.Column("status_group", sa.String(32), nullable=False, server_default="unavailable"),
        sa.Column("wrap_disposition_id", sa.String(40), nullable=True),
        sa.Column("then_status", sa.String(32), nullable=True),
        sa.Column("then_group", sa.String(32), nullable=True),
        sa.Column("misses", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("tally_calls", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("tally_talked_ms", number, nullable=False, server_default="0"),
        sa.Column("rung_at", moment, nullable=True),
    ):
        op.add_column("agents", column)
    agents = sa.table("agents", sa.column("status", sa.String), sa.column("status_group", sa.String))
    for status, group in GROUPS.items():
        op.execute(agents.update().where(agents.c.status == status).values(status_group=group))
    _lists()
    _spans(moment, number)
    _settings()


def _lists() -> None:
    """Add statuses, with each group's own one, and dispositions, with the one that stands for none."""
    for table in ("statuses", "dispositions"):
        group = [sa.Column("status_group", sa.String(32), nullable=False)] if table == "statuses" else []
        made = op.create_table(
            table,
            sa.Column("id", sa.String(32 if table == "statuses" else 40), nullable=False),
            sa.Column("name", sa.String(100), nullable=False),
            sa.Column("name_key", sa.String(200), nullable=False),
            *group,
            sa.Column("place", sa.Integer(), nullable=False),
            sa.Column("archived", sa.Boolean(), nullable=False),
            sa.Column("version", sa.Integer(), nullable=False),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        )
        kept = sa.text("NOT archived")
        op.create_index(
            f"uq_{table}_kept_name", table, ["name_key"], unique=True, sqlite_where=kept, postgresql_where=kept
        )
        row: dict[str, object] = {"place": 0, "version": 1}
        rows = [row | {"id": "none_chosen", "name": "None chosen", "name_key": "none chosen", "archived": True}]
        if table == "statuses":
            rows = [
                row | {"id": key, "name": key.title(), "name_key": key, "status_group": group, "archived": False}
                for key, group in GROUPS.items()
            ]
        op.bulk_insert(made, rows)


def _spans(moment: sa.DateTime, number: sa.types.TypeEngine[int]) -> None:
    """Add agents' time, from what each of them is doing now on."""
    spans = op.create_table(
        "agent_spans",
        sa.Column("number", number, autoincrement=True, nullable=False),
        sa.Column("agent_id", sa.String(40), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("status_group", sa.String(32), nullable=False),
        sa.Column("activity", sa.String(16), nullable=False),
        sa.Column("began_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["users.id"], name=op.f("fk_agent_spans_agent_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_agent_spans")),
    )
    lasting = sa.text("ended_at IS NULL")
    op.create_index("ix_agent_spans_agent_id", "agent_spans", ["agent_id", "began_at"], unique=False)
    op.create_index(
        "uq_agent_spans_open", "agent_spans", ["agent_id"], unique=True, sqlite_where=lasting, postgresql_where=lasting
    )
    words: list[sa.ColumnClause[str]] = [sa.column(name) for name in ("id", "status", "status_group", "activity")]
    moments = [sa.column(name, moment) for name in ("status_since", "activity_since")]
    agents = sa.table("agents", *words, *moments)
    since = sa.case(
        (agents.c.status_since > agents.c.activity_since, agents.c.status_since), else_=agents.c.activity_since
    )
    columns = ["agent_id", "status", "status_group", "activity", "began_at"]
    present = sa.select(agents.c.id, agents.c.status, agents.c.status_group, agents.c.activity, since)
    op.execute(spans.insert().from_select(columns, present))


def _settings() -> None:
    """Add what can be set for the centre and for each agent."""
    op.add_column("settings", sa.Column("misses_before_away", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("settings", sa.Column("disposition_mode", sa.String(32), nullable=False, server_default="off"))
    op.add_column("users", sa.Column("text_capacity", sa.Integer(), nullable=True))
    op.add_column("users", sa.Column("phone", sa.String(32), nullable=True))
