"""Fixtures: an empty, migrated database on each engine. A plug-in of tests/conftest.py."""

import shutil
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path

import pytest

from conversations.db import engines
from conversations.db.database import Database, upgrade
from tests import postgres
from tests.clock import MovableClock
from tests.postgres import Postgres


@pytest.fixture(autouse=True)
def patient(request: pytest.FixtureRequest) -> Iterator[None]:
    """A machine that is busy with other tests is no fault, but where the limits are what is tested."""
    with nullcontext() if request.node.get_closest_marker("real_limits") else unhurried():
        yield


@contextmanager
def unhurried() -> Generator[None]:
    """Ten times the limits: for what only leads up to a test of them, too."""
    with pytest.MonkeyPatch.context() as patched:
        for limit in PATIENCE:
            module, name = limit.rsplit(".", 1)
            patched.setattr(limit, 10 * getattr(import_module(module), name))
        yield


PATIENCE = (
    "conversations.db.engines.ANSWER_LIMIT",
    "conversations.db.engines.LOCK_WAIT",
    "conversations.calls.store.TRANSITION_LIMIT",
    "callflow.patience.LIMIT",
)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    with postgres.running() as server:
        yield server


@pytest.fixture
def empty_postgres(postgres_server: Postgres) -> Iterator[str]:
    """The URL of an empty database on PostgreSQL, which a server migrates at its start."""
    name = postgres_server.new_database()
    yield postgres_server.url(name)
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Postgres) -> str:
    """A migrated database to copy."""
    name = postgres_server.new_database()
    upgrade(engines.parse(postgres_server.url(name)))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy."""
    path = tmp_path_factory.mktemp("template") / "parley.db"
    upgrade(engines.parse(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty, migrated database; the test runs once on each engine."""
    if request.param == "sqlite":
        path = tmp_path / "parley.db"
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, path)
        yield f"sqlite:///{path}"
        return
    server: Postgres = request.getfixturevalue("postgres_server")
    name = server.new_database(request.getfixturevalue("postgres_template"))
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture
async def database(database_url: str, clock: MovableClock) -> AsyncIterator[Database]:
    database = await Database.open(database_url, clock)
    yield database
    await database.close()
