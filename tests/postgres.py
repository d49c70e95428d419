"""A PostgreSQL server of the tests' own: started once, one database per test.

On a laptop without PostgreSQL the tests that need it are skipped with the reason; with CI=true they fail.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

LIMIT = 60
"""Seconds that one command of PostgreSQL may take."""


class Postgres:
    """A running server. It keeps nothing safe, so that it is fast."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries = binaries
        self._folder = folder
        self._count = 0

    def url(self, database: str) -> str:
        """Return the URL of a database, through the server's own socket."""
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def url_over(self, port: int, database: str) -> str:
        """Return the URL of a database behind a relay at this port."""
        return f"postgresql://postgres@127.0.0.1:{port}/{database}"

    @property
    def socket(self) -> Path:
        """The socket at which the server listens."""
        return self._folder / ".s.PGSQL.5432"

    def new_database(self, template: str = "template1") -> str:
        """Make a database like `template` and return its name."""
        self._count += 1
        name = f"test_{self._count}"
        self.sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def sql(self, statement: str) -> None:
        """Run one statement as the server's owner."""
        _run([*self._psql, "--command", statement])

    def start(self) -> None:
        """Make the cluster and start the server."""
        data = self._folder / "data"
        initdb = [self._binary("initdb"), "--pgdata", data, "--username=postgres", "--auth=trust", "--no-sync"]
        _run([*initdb, "--encoding=UTF8", "--locale=C"])
        options = f"-c listen_addresses= -c unix_socket_directories={self._folder} -c max_connections=200"
        # Durability is the server's own, tested by its makers; here it would only cost time.
        options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        log = self._folder / "log"
        _run([self._binary("pg_ctl"), "--pgdata", data, "--log", log, "--options", options, "--wait", "start"])

    def stop(self) -> None:
        """Stop the server at once."""
        _run([self._binary("pg_ctl"), "--pgdata", self._folder / "data", "--mode=immediate", "--wait", "stop"])

    @contextmanager
    def frozen(self) -> Generator[None]:
        """Stop every process of the server, which then answers nothing, until the block ends."""
        main = int((self._folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        processes = [main, *map(int, children)]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)

    @contextmanager
    def read_only(self) -> Generator[None]:
        """Let no transaction change anything until the block ends."""
        self.sql("ALTER SYSTEM SET default_transaction_read_only = on")
        self.sql("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            self.sql("ALTER SYSTEM RESET default_transaction_read_only")
            self.sql("SELECT pg_reload_conf()")

    @property
    def _psql(self) -> list[str | Path]:
        options = ["--host", self._folder, "--username=postgres", "--no-psqlrc", "--quiet"]
        return [self._binary("psql"), *options, "--set=ON_ERROR_STOP=1", "--dbname=postgres"]

    def _binary(self, name: str) -> Path:
        return self._binaries / name


@contextmanager
def running() -> Generator[Postgres]:
    """Start a server in a folder of its own and stop it at the end."""
    binaries = _binaries()
    # Short, because the path of a socket may have 107 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="parley-pg-"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    server = Postgres(binaries, folder)
    try:
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    """Find the server's programs: where Debian keeps them, or on the path. Skips or fails when there are none."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if on_path := shutil.which("initdb"):
        places.append(Path(on_path).parent)
    for place in places:
        complete = all((place / program).exists() for program in ("initdb", "pg_ctl", "psql"))
        if complete and (os.getuid() != 0 or _has_user("postgres")):
            return place
    reason = "PostgreSQL's server programs are missing (Debian: apt install postgresql)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _run(command: list[str | Path]) -> None:
    """Run a program of PostgreSQL, which refuses to be root."""
    user = "postgres" if os.getuid() == 0 else None
    done = subprocess.run(
        command,
        user=user,
        group=user,
        extra_groups=[] if user else None,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stdout}")
