"""A customer and an agent in front of real pages, finding things as people do: by their words and roles."""

import asyncio
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

SENSES = Path(__file__).with_name("senses.js").read_text()
LIMIT = 20.0
"""Seconds that anything may take, ten times what it should."""
expect.set_options(timeout=LIMIT * 1000)
RGB = {"#c02020": (192, 32, 32), "#2020c0": (32, 32, 192)}


class Senses(ABC):
    """Somebody with a voice and a face, who hears and sees what a page receives."""

    def __init__(self, hertz: int, css: str) -> None:
        self.hertz = hertz
        self.css = css

    @abstractmethod
    async def senses(self) -> dict[str, Any]:
        """What the page receives now."""

    async def feels(self, holds: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """Wait until what the page receives fits."""
        return await eventually(self.senses, holds, what)

    async def hears(self, other: "Senses") -> None:
        """Wait until the other's tone is heard, within 2 %."""
        await self.feels(lambda got: abs(got["hertz"] - other.hertz) <= 0.02 * other.hertz, f"{other.hertz} Hz")

    async def hears_nothing(self) -> None:
        """Wait until no tone is heard."""
        await self.feels(lambda got: got["hertz"] == 0, "silence")

    async def sees(self, other: "Senses") -> None:
        """Wait until the other's colour is seen."""
        await self.feels(lambda got: _close(got["colour"], RGB[other.css]), f"the colour {other.css}")

    async def sees_movement(self) -> None:
        """Wait until new pictures arrive."""
        before = (await self.senses())["frames"]
        await self.feels(lambda got: got["frames"] > before + 3, "moving picture")

    async def gets_no_pictures(self) -> None:
        """Wait until nothing of a picture has arrived for a second and a half."""
        seen, since = -1, time.monotonic()

        def still(got: dict[str, Any]) -> bool:
            nonlocal seen, since
            if got["pictures"] != seen:
                seen, since = got["pictures"], time.monotonic()
            return time.monotonic() - since > 1.5

        await self.feels(still, "picture that was cut")


class Person(Senses):
    """Somebody with a page in a browser context of their own."""

    def __init__(self, context: BrowserContext, page: Page, hertz: int, css: str) -> None:
        super().__init__(hertz, css)
        self.context = context
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    async def new_tab(self) -> Self:
        """The same person in another tab of the same browser, empty yet."""
        tab = type(self)(self.context, await self.context.new_page(), self.hertz, self.css)
        tab.errors = self.errors
        tab.page.on("pageerror", lambda error: self.errors.append(str(error)))
        return tab

    def button(self, name: str) -> Locator:
        """The button with these words."""
        return self.page.get_by_role("button", name=name, exact=True)

    async def press(self, name: str) -> None:
        """Press the button with these words."""
        await self.button(name).click(timeout=LIMIT * 1000)

    async def may_press(self, name: str) -> None:
        """Wait until there is a button with these words."""
        await expect(self.button(name)).to_be_enabled()

    async def senses(self) -> dict[str, Any]:
        """What the page receives now."""
        return await self.page.evaluate("senses()")

    async def reads(self, text: str | re.Pattern[str]) -> None:
        """Wait until the page shows these words."""
        await expect(self.page.get_by_text(text).first).to_be_visible()


class Customer(Person):
    """A customer with a call link."""

    async def opens(self, url: str) -> None:
        """Open a call link."""
        await self.page.goto(url)

    async def calls(self, media: str, name: str | None = None) -> None:
        """Give a name if asked, and press the call button."""
        start = self.button(f"Start {media} call")
        await expect(start).to_be_visible()
        if name is not None:
            await self.page.get_by_label("Your name").fill(name)
        await start.click()
        await self.reads("Waiting for an agent")


class Agent(Person):
    """An agent in the panel."""

    async def signs_in(self, url: str, login: str, password: str) -> None:
        """Sign in at the panel."""
        await self.page.goto(f"{url}/agent")
        await self.page.get_by_label("Login").fill(login)
        await self.page.get_by_label("Password").fill(password)
        await self.press("Sign in")
        await expect(self.me).to_be_visible()

    async def chooses(self, status: str) -> None:
        """Choose a status."""
        await self.opens_menu()
        await self.page.get_by_role("menuitemradio", name=status).click()
        await expect(self.me).to_contain_text(status)

    async def starts_conversation(self, customer: str) -> None:
        """Start a conversation with a new customer."""
        await self.press("New conversation")
        form = self.page.get_by_role("dialog", name="New conversation")
        await form.get_by_label("Customer").fill(customer)
        await form.get_by_role("button", name="Start with this name").click()
        await expect(self.page.get_by_label("Topic")).to_have_value(re.compile(re.escape(customer)))

    async def opens_menu(self) -> None:
        """Open the menu under the own name."""
        await self.me.click()

    @property
    def me(self) -> Locator:
        """The button with the own name and, for agents, the status."""
        return self.page.get_by_role("navigation", name="Main").get_by_role("button")

    @property
    def ring(self) -> Locator:
        """The window of a call that rings."""
        return self.page.get_by_role("dialog", name="Incoming call")

    @property
    def wrap_up(self) -> Locator:
        """The wrap-up window."""
        return self.page.get_by_label("Wrap-up").first

    @property
    def dock(self) -> Locator:
        """The bar of a call that one is in."""
        return self.page.get_by_role("region", name="Call", exact=True)

    @property
    def thread(self) -> Locator:
        """The thread in view."""
        return self.page.get_by_role("log")

    @property
    def my_work(self) -> Locator:
        """The list of My Work."""
        return self.page.get_by_role("list", name="My Work")

    def item(self, customer: str) -> Locator:
        """The conversation with this customer in My Work."""
        return self.my_work.get_by_role("link", name=customer)

    async def rings(self, caller: str = "") -> None:
        """Wait until the panel rings, for this caller if named."""
        await expect(self.ring).to_contain_text(caller)

    async def stops_ringing(self) -> None:
        """Wait until the panel does not ring."""
        await expect(self.ring).to_be_hidden()

    async def reports(self, summary: str = "") -> None:
        """Wait for the wrap-up window, write this and finish."""
        await self.wrap_up.get_by_role("textbox").fill(summary, timeout=LIMIT * 1000)
        await self.press("Finish")
        await expect(self.wrap_up).to_be_hidden()


async def arrive(browser: Browser, kind: type[Person], hertz: int, css: str, **options: Any) -> Any:
    """Open a browser context with a voice and a face."""
    context = await browser.new_context(**options)
    await context.add_init_script(f"const SENSES = {{ hertz: {hertz}, css: '{css}' }};\n{SENSES}")
    return kind(context, await context.new_page(), hertz, css)


async def ask(page: Page, method: str, path: str, body: object = None) -> Any:
    """Ask the API as the person at this page, and return the answer. Raises RuntimeError with what was refused."""
    url = "/".join((*page.url.split("/")[:3], "api/v1", path))
    answer = await page.request.fetch(url, method=method, data=body, headers={"X-CSRF": "1"})
    if not answer.ok:
        raise RuntimeError(f"{method} {path}: {await answer.text()}")
    return await answer.json()


async def record(boss: Page, login: str) -> None:
    """Have all calls of an agent recorded, as the administrator at this page."""
    settings = await ask(boss, "GET", "recording-settings")
    await ask(boss, "PATCH", "recording-settings", {"version": settings["version"], "on": True})
    agent = next(user["id"] for user in await ask(boss, "GET", "users") if user["login"] == login)
    await ask(boss, "PUT", f"recording-settings/agents/{agent}", {"version": 0, "mode": "on"})


async def eventually(ask: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool], what: str) -> Any:
    """Ask until the answer fits, and return it."""
    deadline = time.monotonic() + LIMIT
    while True:
        answer = await ask()
        if holds(answer):
            return answer
        assert time.monotonic() < deadline, f"no {what} within {LIMIT} s; last seen: {answer}"
        await asyncio.sleep(0.05)


def _close(got: list[int] | None, wanted: tuple[int, int, int]) -> bool:
    return got is not None and all(abs(one - other) < 45 for one, other in zip(got, wanted, strict=True))
