"""How Parley talks to SQLite and to PostgreSQL: engines, limits, and the pragmas that matter."""

from typing import Protocol

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

ANSWER_LIMIT = 2.0
"""Seconds to wait for a connection on which a transaction has begun."""
LOCK_WAIT = 1.5
"""Seconds to wait for a row or for SQLite's write lock: less, so that the database itself says what is wrong."""
STATEMENT_LIMIT = 15.0
"""Seconds that one statement may take on PostgreSQL."""
READERS = 4
"""Connections that read SQLite at the same time; each has a thread."""
POSTGRES_CONNECTIONS = 10


class _Cursor(Protocol):
    def execute(self, statement: str, /) -> object: ...
    def close(self) -> None: ...


class _DriverConnection(Protocol):
    def cursor(self) -> _Cursor: ...


def parse(url: str) -> URL:
    """Return `url` with its asynchronous driver. Raises ValueError for anything but SQLite files and PostgreSQL.

    Accepted: ``sqlite:///relative.db``, ``sqlite:////absolute.db``, ``postgresql://user@host/name``.
    """
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return parsed.set(drivername="sqlite+aiosqlite")
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+asyncpg")
        case _:
            raise ValueError("the database must be sqlite:///<file> or postgresql://<user>@<host>/<name>")


def writer(url: URL) -> AsyncEngine:
    """Return the engine whose transactions write."""
    if url.get_backend_name() == "sqlite":
        # One connection: writers queue here, in order, and not in SQLite's busy loop. IMMEDIATE, because
        # a transaction that begins by reading cannot become a writer once another has written.
        return _sqlite(url, connections=1, begin="BEGIN IMMEDIATE")
    return _postgres(url)


def migrator(url: URL) -> AsyncEngine:
    """Return a writer that does not mind references while it works: SQLite changes a table by making another."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, connections=1, begin="BEGIN IMMEDIATE", foreign_keys=False)
    return _postgres(url)


def reader(url: URL, writer: AsyncEngine) -> AsyncEngine:
    """Return the engine whose transactions see one unchanging snapshot and cannot write."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(url, connections=READERS, begin="BEGIN", query_only=True)
    return writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _sqlite(
    url: URL, *, connections: int, begin: str, query_only: bool = False, foreign_keys: bool = True
) -> AsyncEngine:
    engine = create_async_engine(
        url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=ANSWER_LIMIT,
        # None: the driver begins nothing by itself, `begin` does.
        connect_args={"isolation_level": None, "timeout": LOCK_WAIT},
    )
    pragmas = ("journal_mode = WAL", "synchronous = FULL", f"foreign_keys = {'ON' if foreign_keys else 'OFF'}") + (
        ("query_only = ON",) if query_only else ()
    )

    def prepare(connection: _DriverConnection, _record: object) -> None:
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", start)
    return engine


def _postgres(url: URL) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=POSTGRES_CONNECTIONS,
        max_overflow=0,
        pool_timeout=ANSWER_LIMIT,
        pool_pre_ping=True,
        connect_args={
            "command_timeout": STATEMENT_LIMIT,
            "server_settings": {
                "application_name": "parley",
                "lock_timeout": f"{LOCK_WAIT * 1000:.0f}ms",
                "idle_in_transaction_session_timeout": f"{STATEMENT_LIMIT:.0f}s",
            },
        },
    )
