"""Where the pictures of Parley go, on which screens they are taken, and which of them the README shows."""

from pathlib import Path

from playwright.async_api import Page

SCREENS = ((1440, 900), (1024, 768), (390, 844))
LOOKS = ("light", "dark")
IMAGES = Path(__file__).with_name("images")
README = {
    "panel-talking-1440-light": "panel",
    "call-talking-390-light": "call-page",
    "panel-ringing-1440-dark": "ringing",
}
"""The pictures in the README, and their names there."""


class Album:
    """Where the pictures go."""

    def __init__(self, folder: Path, readme: bool) -> None:
        self._folder = folder
        self._readme = readme
        self.count = 0

    async def take(self, page: Page, name: str) -> None:
        """Take a page on all screens in both looks, then leave it as it was on the first."""
        close_details = page.get_by_role("button", name="Close the details")
        closed = False
        for width, height in SCREENS:
            await page.set_viewport_size({"width": width, "height": height})
            if await close_details.is_visible():  # a panel that is opened on a narrow screen begins without them
                await close_details.click()
                closed = True
            for look in LOOKS:
                await page.emulate_media(color_scheme=look)
                picture = f"{name}-{width}-{look}"
                await page.screenshot(path=self._folder / f"{picture}.png", animations="disabled")
                self.count += 1
                if self._readme and picture in README:
                    target = IMAGES / f"{README[picture]}.png"
                    await page.screenshot(path=target, animations="disabled")
        await page.set_viewport_size({"width": SCREENS[0][0], "height": SCREENS[0][1]})
        await page.emulate_media(color_scheme=LOOKS[0])
        if closed:
            await page.get_by_role("button", name="Details", exact=True).click()
        print(name, flush=True)
