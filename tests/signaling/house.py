"""The real application on a temporary database, with a person for each role."""

import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession, CookieJar
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request
from argon2 import PasswordHasher

from callflow.facts import AUTOMATION
from callflow.wiring import MediaEvent
from conversations.db.database import Database
from conversations.directory.people import add_user
from conversations.directory.values import NewPassword, UserRole
from media.plane import MediaPlane
from media.settings import MediaSettings
from recording.journal import JournalWriter
from signaling.app import Parley
from signaling.settings import Settings
from tests.clock import MovableClock

PASSWORD = "a password for tests"
HASH = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1).hash(PASSWORD)
Client = TestClient[Request, Application]
PEOPLE = {
    "admin": frozenset({UserRole.ADMIN}),
    "sue": frozenset({UserRole.SUPERVISOR}),
    "ana": frozenset({UserRole.AGENT}),
    "ben": frozenset({UserRole.AGENT}),
}


class Browser:
    """A browser of its own, which sends what a page sends. `address` is where it seems to be."""

    def __init__(self, client: Client, address: str) -> None:
        self.client = client
        self._headers = {"X-CSRF": "1", "X-Forwarded-For": address}

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> ClientResponse:
        """Send a request to the API; `path` begins behind /api/v1."""
        if body is None:
            return await self.client.request(method, f"/api/v1{path}", headers=self._headers | headers)
        return await self.client.request(method, f"/api/v1{path}", json=body, headers=self._headers | headers)

    async def get(self, path: str) -> Any:
        """Return the body of a GET that must work."""
        return await self._body("GET", path, None)

    async def post(self, path: str, body: object = None) -> Any:
        """Return the body of a POST that must work."""
        return await self._body("POST", path, body)

    async def patch(self, path: str, body: object) -> Any:
        """Return the body of a PATCH that must work."""
        return await self._body("PATCH", path, body)

    async def refused(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        """Return the status and the code of a request that must not work."""
        answer = await self.ask(method, path, body)
        assert answer.content_type == "application/problem+json", await answer.text()
        problem = await answer.json(content_type=None)
        assert problem["status"] == answer.status
        return answer.status, problem["code"]

    async def page(self, path: str, **headers: str) -> ClientResponse:
        """Open a page."""
        return await self.client.get(path, headers=self._headers | headers, allow_redirects=False)

    async def _body(self, method: str, path: str, body: object) -> Any:
        answer = await self.ask(method, path, body)
        assert answer.status < 300, await answer.text()
        return None if answer.status == 204 else await answer.json()


@dataclass
class House:
    """A running Parley. `people` holds the users made for it, with their passwords."""

    parley: Parley
    server: TestServer
    stack: AsyncExitStack
    plane: MediaPlane
    people: dict[str, NewPassword] = field(default_factory=dict[str, NewPassword])
    addresses: int = 0

    async def browser(self, address: str | None = None) -> Browser:
        """Open a browser of its own."""
        self.addresses += 1
        jar = CookieJar(unsafe=True)
        client: Client = TestClient(self.server, cookie_jar=jar)
        self.stack.push_async_callback(client.session.close)
        return Browser(client, address or f"198.51.100.{self.addresses}")

    async def signed_in(self, login: str) -> Browser:
        """Open a browser and sign in."""
        browser = await self.browser()
        await browser.post("/session", {"login": login, "password": self.people[login].password})
        return browser

    async def metrics(self) -> set[str]:
        """Read the lines of the metrics, as somebody on this machine."""
        async with ClientSession() as session, session.get(self.server.make_url("/metrics")) as answer:
            return set((await answer.text()).splitlines())

    async def add_person(self, login: str, roles: frozenset[UserRole]) -> None:
        """Add a person who has chosen a password already."""
        async with self.parley.database.write() as write:
            user = await add_user(
                write,
                AUTOMATION,
                login=login,
                name=login.title(),
                roles=roles,
                password_hash=HASH,
                must_change_password=False,
            )
        self.people[login] = NewPassword(user, PASSWORD)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the hold music is kept once it was made."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
async def house(tmp_path: Path, sqlite_template: Path, cache: Path, clock: MovableClock) -> AsyncIterator[House]:
    """A Parley with an administrator, a supervisor and two agents."""
    shutil.copy(sqlite_template, tmp_path / "parley.db")
    async with open_house(tmp_path, MediaSettings(cache=cache), clock) as house:
        yield house


@asynccontextmanager
async def open_house(
    folder: Path, media: MediaSettings, clock: MovableClock, database_url: str | None = None
) -> AsyncGenerator[House]:
    """Run a Parley with these people on a migrated database, which is in the folder unless it is named."""
    trusted = (ip_network("127.0.0.0/8"),)
    settings = Settings(data=folder, database_url=database_url, trusted_proxies=trusted, media_port=0)
    database = await Database.open(settings.database, clock)
    planes: list[MediaPlane] = []

    def plane(on_event: Callable[[MediaEvent], None]) -> MediaPlane:
        # In this process: one of its own for each test would only cost time.
        planes.append(MediaPlane(media, on_event, JournalWriter()))
        return planes[0]

    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        parley = Parley(database, plane, clock, folder)
        await stack.enter_async_context(parley.running())
        server = TestServer(parley.app(settings))
        await server.start_server()
        stack.push_async_callback(server.close)
        house = House(parley, server, stack, planes[0])
        for login, roles in PEOPLE.items():
            await house.add_person(login, roles)
        yield house
