"""A copy of the whole database in one file, made while others write, and put back where nothing is yet."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import URL, text

from callflow.clock import SystemClock
from conversations.db import engines
from conversations.db.database import Database

LIMIT_S: Final = 3600.0


class CopyError(Exception):
    """The database cannot be copied or put back. The text is a sentence."""


async def revision_of(url: str) -> str:
    """Return the revision of the tables. Raises `CopyError`."""
    file = file_of(url)
    if file is not None and not file.exists():
        raise CopyError(f"There is no database at {file}.")
    try:
        database = await Database.open(url, SystemClock())
        try:
            async with database.read() as session:
                found = await session.scalar(text("SELECT version_num FROM alembic_version"))
        finally:
            await database.close()
    except Exception as error:
        raise CopyError(f"The database cannot be read: {str(error).splitlines()[0]}") from error
    return str(found)


def engine_of(url: str) -> str:
    """Name the kind of database: a copy is put back into the same kind only."""
    return engines.parse(url).get_backend_name()


def file_of(url: str) -> Path | None:
    """Return the file of an SQLite database."""
    parsed = engines.parse(url)
    return Path(parsed.database or "").absolute() if parsed.get_backend_name() == "sqlite" else None


def copy_out(url: str, file: Path) -> None:
    """Write one moment of the database into a new file. Raises `CopyError`, and OSError of the disk."""
    parsed = engines.parse(url)
    if source_file := file_of(url):
        # One step: a reader of the write-ahead log holds up nobody, while steps begin again with each write.
        with (
            closing(sqlite3.connect(source_file)) as source,
            closing(sqlite3.connect(file)) as copy,
        ):
            source.backup(copy)
            _check(copy)
        return
    _run("pg_dump", parsed, ["--format=custom", f"--file={file}"])


def put_back(url: str, file: Path) -> None:
    """Fill an empty database from a copy. Raises `CopyError`, and OSError of the disk."""
    parsed = engines.parse(url)
    if target := file_of(url):
        if target.exists():
            raise CopyError(f"There is a database already at {target}: put the copy back where there is none.")
        with closing(sqlite3.connect(file)) as copy:
            _check(copy)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.move(file, target)
        return
    there = _run("psql", parsed, ["-Atc", "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"])
    if there.strip() != "0":
        raise CopyError("The database is not empty: put the copy back into one that is.")
    name = parsed.database or ""
    _run("pg_restore", parsed, ["--no-owner", "--single-transaction", "--exit-on-error", f"--dbname={name}", str(file)])


def _check(copy: sqlite3.Connection) -> None:
    try:
        found = copy.execute("PRAGMA quick_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise CopyError(f"The copy of the database is damaged: {error}.") from error
    if found != ("ok",):
        raise CopyError("The copy of the database is damaged.")


def _run(program: str, url: URL, arguments: Sequence[str]) -> str:
    """Run one of PostgreSQL's programs; the password is not shown in the list of processes."""
    path = shutil.which(program)
    if path is None:
        raise CopyError(f"{program} is not installed, which copies PostgreSQL databases: install PostgreSQL's client.")
    said = {
        "PGHOST": url.host or url.query.get("host"),
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": str(url.password) if url.password else None,
        "PGDATABASE": url.database,
    }
    environment = os.environ | {key: str(value) for key, value in said.items() if value}
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        [path, *arguments], env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    if done.returncode:
        raise CopyError(f"{program} failed: {(done.stderr.strip() or 'it said nothing').splitlines()[0]}")
    return done.stdout
