"""The database's history, as Alembic revisions. The only place that knows every room's tables."""
