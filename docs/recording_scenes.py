"""Scenes of recording for the pictures: who is recorded is told, a message is left, and what is kept of it."""

from playwright.async_api import Page, expect

from docs.album import Album
from tests.flow.people import Agent, Customer, ask, eventually

SAID = (
    ("agent", 0, "Marlow Bicycles, this is Ana. Is it about the cargo bike?"),
    ("customer", 1, "Yes. The chain comes off whenever I shift down."),
    ("agent", 2, "Show me the derailleur, please. A little lower. There it is."),
)


class RecordingScenes:
    """An agent whose calls are recorded, and the supervisor who hears them."""

    def __init__(self, url: str, album: Album, admin: Agent, ana: Agent) -> None:
        self.url = url
        self.album = album
        self.admin = admin
        self.ana = ana

    async def switched_on(self) -> None:
        """Take the settings, and record Ana's calls."""
        page = self.admin.page
        settings = await ask(page, "GET", "recording-settings")
        spoken = {"kind": "speech", "text": "This call is recorded.", "language": "en-us", "voice": "f3", "rate": 150}
        change = {"on": True, "consent_text": "We record calls to learn from them. Say so if you do not want it."}
        change |= {"version": settings["version"], "download": True, "spoken": {"on": True, "source": spoken}}
        await ask(page, "PATCH", "recording-settings", change)
        users = {user["login"]: user["id"] for user in await ask(page, "GET", "users")}
        mine = {"version": 0, "mode": "on", "directions": "both", "pictures": True, "download": True}
        await ask(page, "PUT", f"recording-settings/agents/{users['ana']}", mine)
        await page.goto(f"{self.url}/agent/settings/recording")
        await expect(page.get_by_role("switch", name="Recording", exact=True)).to_be_checked()
        await self.album.take(page, "settings-recording")
        await page.get_by_role("region", name="What would be deleted tonight").scroll_into_view_if_needed()
        await self.album.take(page, "settings-recording-days")

    async def a_recorded_call(self, customer: Customer) -> None:
        """Take a call in which the customer is told first, and its pause."""
        album, ana = self.album, self.ana
        await ana.chooses("Active")
        await customer.press("Call again")
        await customer.calls("video")
        await ana.press("Answer")
        await ana.reads("The customer hears that the call is recorded.")
        await album.take(ana.page, "panel-announcing")
        await customer.reads("This call is being recorded")
        await album.take(customer.page, "call-recorded")
        await ana.press("Pause recording")
        await customer.reads("The recording is paused")
        await album.take(ana.page, "panel-recording-paused")
        await ana.press("Resume recording")
        await customer.press("Hang up")
        await ana.reports("Chain comes off; comes by on Friday.")

    async def a_message(self, customer: Customer) -> None:
        """Take a message from the tone to the thread."""
        album, ana = self.album, self.ana
        await ana.chooses("Busy")
        await customer.press("Call again")
        await customer.calls("audio")
        await customer.press("Leave a message")
        await expect(customer.page.get_by_role("timer", name="Length of the message")).to_have_text("0:05")
        await album.take(customer.page, "call-message")
        await customer.press("Send the message")
        await customer.reads("Your message was sent")
        await album.take(customer.page, "call-message-sent")
        await ana.page.goto(f"{self.url}/agent/calls")
        missed = ana.page.get_by_role("list", name="Nobody answered yet").get_by_role("link", name="Elias Okafor")
        await missed.first.click()
        await ana.thread.get_by_role("button", name="Message 0:").click()
        await expect(ana.page.get_by_role("region", name="Player")).to_be_visible()
        await album.take(ana.page, "panel-message")

    async def kept(self) -> None:
        """Take the list, the player with what was said, and the ways to keep and to delete."""
        page, album = self.admin.page, self.album
        recording = await eventually(lambda: first_ready(page), bool, "recording that is ready")
        lines = [{"who": who, "at_seconds": at, "text": text} for who, at, text in SAID]
        await ask(page, "PUT", f"recordings/{recording}/transcript", {"lines": lines})
        note = {"at_seconds": 1, "text": "Worth showing to new colleagues"}
        await ask(page, "POST", f"recordings/{recording}/notes", note)
        await page.goto(f"{self.url}/agent/recordings")
        await expect(page.get_by_role("rowheader").first).to_be_visible()
        await album.take(page, "panel-recordings")
        await page.goto(f"{self.url}/agent/recordings/{recording}")
        await self.admin.press("Play")
        await page.wait_for_timeout(2500)  # so that there are pictures to be seen
        await self.admin.press("Pause")
        await album.take(page, "panel-player")
        await self.admin.button("Delete…").scroll_into_view_if_needed()
        await album.take(page, "panel-player-below")
        await self.admin.press("Delete…")
        await album.take(page, "panel-delete-asked")
        await page.goto(f"{self.url}/agent/settings/recording-storage")
        await page.get_by_role("heading", level=1).wait_for()
        await album.take(page, "settings-recording-storage")


async def first_ready(page: Page) -> str:
    """Return the first recording of a video call that can be played; empty while there is none."""
    items = (await ask(page, "GET", "recordings?media=video"))["items"]
    return next((item["id"] for item in items if item["state"] == "spooled"), "")
