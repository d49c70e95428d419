"""A whole server in this process, and a browser."""

import json
import os
import shutil
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright, expect

from callflow.agent import Agent as AgentRow
from callflow.clock import SystemClock
from callflow.ids import LinkId
from callink.issuing import NewLink
from callink.values import LinkKind
from conversations.directory.values import User
from signaling.app import Parley, media_workers
from signaling.first_run import FirstRun
from signaling.http.server import HeaderWatch, listening
from signaling.ice import IceServers
from signaling.links_api import link_url
from signaling.media_worker.pool import MediaWorkers
from signaling.opening import open_database
from signaling.settings import Settings
from signaling.tls import server_context
from tests.browser import chromium
from tests.flow.people import Agent, Customer, Person, arrive

BLUE, RED = "#2020c0", "#c02020"


@dataclass
class Centre:
    """A running Parley with its trial workspace."""

    parley: Parley
    url: str
    demo: dict[str, Any]
    browser: Browser
    people: list[Person] = field(default_factory=list[Person])

    @property
    def media(self) -> MediaWorkers:
        """The media processes."""
        assert isinstance(self.parley.media, MediaWorkers)
        return self.parley.media

    @property
    def link(self) -> str:
        """The trial call link."""
        return self.demo["call_link"]

    def password(self, login: str) -> str:
        """The password of somebody of the trial workspace."""
        return next(one["password"] for one in self.demo["accounts"] if one["login"] == login)

    async def customer(self, hertz: int = 1500, browser: Browser | None = None, **options: Any) -> Customer:
        """A customer at a phone."""
        phone = {"viewport": {"width": 390, "height": 844}} | options
        customer: Customer = await arrive(browser or self.browser, Customer, hertz, RED, **phone)
        self.people.append(customer)
        return customer

    async def visitor(self, browser: Browser | None = None, hertz: int = 700, **options: Any) -> Agent:
        """Somebody at a desk who has not signed in."""
        desk = {"viewport": {"width": 1440, "height": 900}} | options
        visitor: Agent = await arrive(browser or self.browser, Agent, hertz, BLUE, **desk)
        self.people.append(visitor)
        return visitor

    async def agent(self, login: str = "ana", browser: Browser | None = None, **options: Any) -> Agent:
        """An agent who has signed in, still Offline."""
        agent = await self.visitor(browser, **options)
        await agent.signs_in(self.url, login, self.password(login))
        return agent

    async def active_agent(self, login: str = "ana", **options: Any) -> Agent:
        """An agent who waits for calls."""
        agent = await self.agent(login, **options)
        await agent.chooses("Active")
        return agent

    async def caller(self, name: str = "Carla Customer", media: str = "audio", **options: Any) -> Customer:
        """A customer who waits on the trial link."""
        customer = await self.customer(**options)
        await customer.opens(self.link)
        await customer.calls(media, name)
        return customer

    async def answered(self, agent: Agent, name: str = "Carla Customer", media: str = "audio") -> Customer:
        """A customer who calls, in a call with this agent."""
        customer = await self.caller(name, media)
        await agent.rings(name)
        await agent.press("Answer")
        await expect(customer.button("Hang up")).to_be_visible()
        return customer

    async def user(self, login: str) -> User:
        """Somebody who may sign in, as the server knows them."""
        return next(user for user in await self.parley.users.list() if user.login == login)

    async def state_of(self, login: str) -> AgentRow:
        """What the server knows of an agent now."""
        state = await self.parley.store.agent((await self.user(login)).id)
        assert state is not None
        return state

    async def new_link(self, kind: LinkKind, **wanted: Any) -> tuple[LinkId, str]:
        """Issue a call link to the trial queue; return it and its address."""
        queue = (await self.parley.queues.list())[0].id
        listed, token = await self.parley.links.issue(await self.user("admin"), NewLink(kind, queue, **wanted))
        return listed.link.id, link_url(self.url, token)


def chromium_here() -> Path:
    """The Chromium of this machine; without one the test is skipped, or fails under CI."""
    found = chromium.find()
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium under CI")
        pytest.skip("no Chromium on this machine")
    return found


@asynccontextmanager
async def launched(*arguments: str, program: Path | None = None) -> AsyncGenerator[Browser]:
    """A Chromium that is told this too, or another program that behaves like one."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program or chromium_here(), args=[*chromium.ARGUMENTS, *arguments]
        )
        yield browser
        await browser.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A Chromium of this test's own."""
    async with launched("--autoplay-policy=no-user-gesture-required") as browser:
        yield browser


@pytest.fixture(scope="session")
def prepared_music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the hold music was encoded once."""
    return tmp_path_factory.mktemp("music")


@pytest.fixture
def database_of_centre() -> str | None:
    """The URL of the centre's database, None for SQLite in its data folder. A module may have another."""
    return None


@asynccontextmanager
async def running_centre(
    data: Path,
    prepared_music: Path,
    browser: Browser,
    database_url: str | None = None,
    host: str = "localhost",
    **more: object,
) -> AsyncGenerator[Centre]:
    """Run a server in this process, with `more` settings, until the block ends. Then no page may have had an error."""
    shutil.copytree(prepared_music, data)
    usual = {"data": data, "host": "127.0.0.1" if host == "localhost" else host, "port": 0, "media_port": 0}
    settings = Settings.model_validate({**usual, "database_url": database_url, **more})
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        database = await open_database(settings, clock)
        stack.push_async_callback(database.close)
        ice = IceServers(clock, settings.ice_servers, settings.turn_secret)
        parley = Parley(database, media_workers(settings), clock, settings.data.absolute(), ice)
        watch = HeaderWatch()
        await stack.enter_async_context(parley.running())
        _keep_music(data, prepared_music)
        app, tls = parley.app(settings, watch), server_context(settings)
        url = settings.url(await stack.enter_async_context(listening(app, watch, settings.host, settings.port, tls)))
        await FirstRun(database, parley.passwords, parley.setup).prepare(settings, url, demo=True)
        centre = Centre(parley, url, json.loads((data / "demo.json").read_text()), browser)
        yield centre
        for person in centre.people:
            await person.context.close()  # before the server, or they would look for it
        assert [error for person in centre.people for error in person.errors] == []


def _keep_music(data: Path, prepared_music: Path) -> None:
    for piece in data.glob("hold-music*"):
        shutil.copy(piece, prepared_music)


@pytest.fixture
async def centre(
    database_of_centre: str | None, tmp_path: Path, prepared_music: Path, browser: Browser
) -> AsyncIterator[Centre]:
    """A running server."""
    async with running_centre(tmp_path / "data", prepared_music, browser, database_of_centre) as centre:
        yield centre
