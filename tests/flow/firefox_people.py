"""A customer and an agent in front of Firefox, finding things as people do: by their words and roles."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from tests.browser import firefox
from tests.flow.people import SENSES, Senses, eventually

DEVICELESS: Final = Path(__file__).with_name("deviceless.js").read_text()


class FirefoxPerson(Senses):
    """Somebody with a page in a Firefox of their own."""

    def __init__(self, browser: firefox.Firefox, page: str, hertz: int, css: str) -> None:
        super().__init__(hertz, css)
        self._browser = browser
        self._page = page

    @property
    def errors(self) -> list[str]:
        """What went wrong in the page."""
        return self._browser.errors

    async def senses(self) -> dict[str, Any]:
        """What the page receives now."""
        return await self._browser.evaluate(self._page, "senses()")

    async def tells(self, script: str) -> Any:
        """Evaluate a script in the page."""
        return await self._browser.evaluate(self._page, script)

    async def signs_in(self, url: str, login: str, password: str) -> None:
        """Open the panel."""
        await self.opens(f"{url}/agent")
        await self.writes("Login", login)
        await self.writes("Password", password)
        await self.press("Sign in")

    async def opens(self, url: str) -> None:
        """Open an address."""
        await self._browser.ask("browsingContext.navigate", context=self._page, url=url, wait="complete")

    async def press(self, name: str, role: str = "button") -> None:
        """Press what has this role and name, once it is there."""
        await self._press(await self._find(name, {"type": "accessibility", "value": {"name": name, "role": role}}))

    async def press_text(self, words: str) -> None:
        """Press where just these words stand."""
        await self._press(await self._find(words, {"type": "xpath", "value": f"//*[text()='{words}']"}))

    async def writes(self, label: str, text: str) -> None:
        """Write into the field with this label; one for a password has no role to find it by."""
        await self._press(await self._find(label, {"type": "accessibility", "value": {"name": label}}, tag="input"))
        await self._act("key", *({"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")))

    async def _find(self, what: str, locator: dict[str, Any], tag: str | None = None) -> str:
        """Wait until there is such a thing that is not switched off; return its reference."""

        async def look() -> list[str]:
            found = await self._browser.ask("browsingContext.locateNodes", context=self._page, locator=locator)
            return [
                node["sharedId"]
                for node in found["nodes"]
                if tag in (None, node["value"]["localName"]) and "disabled" not in node["value"]["attributes"]
            ]

        return (await eventually(look, bool, what))[0]

    async def _press(self, reference: str) -> None:
        origin = {"type": "element", "element": {"sharedId": reference}}
        moves = [{"type": "pointerMove", "x": 0, "y": 0, "origin": origin}]
        await self._act("pointer", *moves, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0})

    async def reads(self, words: str) -> None:
        """Wait until the page shows these words."""

        async def text() -> str:
            return await self._browser.evaluate(self._page, "document.body.innerText")

        await eventually(text, lambda shown: words in shown, words)

    async def _act(self, device: str, *actions: dict[str, Any]) -> None:
        acting = [{"type": device, "id": device, "actions": list(actions)}]
        await self._browser.ask("input.performActions", context=self._page, actions=acting)


@asynccontextmanager
async def in_firefox(folder: Path, hertz: int, css: str) -> AsyncGenerator[FirefoxPerson]:
    """Somebody in a Firefox of their own. At the end the page may have had no error."""
    program = firefox.find()
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("no Firefox under CI")
        pytest.skip("no Firefox on this machine")
    async with firefox.running(program, folder, media__navigator__audio__fake_frequency=hertz) as browser:
        begin = "if (!navigator.mediaDevices) return;"  # the empty page that a tab opens with
        page = await browser.new_page(
            f"{begin}\nconst SENSES = {{ hertz: {hertz}, css: '{css}' }};\n{DEVICELESS}\n{SENSES}"
        )
        person = FirefoxPerson(browser, page, hertz, css)
        yield person
        assert person.errors == []
