"""Takes the pictures of Parley: every page and state, on three screens, light and dark.

`.venv/bin/python -m docs.screenshots FOLDER` runs a Parley of its own, drives a real video call between three people
with drawn cameras, and leaves the pictures in FOLDER. With `--readme` the ones that the README shows are renewed in
docs/images. Needs what `python3 run.py test` installs.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from playwright.async_api import Locator, Page

from benchmarks.trial import AGENT, ANOTHER, CUSTOMER, Person, Trial, ask, choose_status, trial

SCREENS = ((1440, 900), (1024, 768), (390, 844))
LOOKS = ("light", "dark")
IMAGES = Path(__file__).with_name("images")
README = {
    "panel-talking-1440-light": "panel",
    "call-talking-390-light": "call-page",
    "panel-ringing-1440-dark": "ringing",
}
"""The pictures in the README, and their names there."""
SUMMARY = "Rear brake squeals since the spring service. Sent a video of the pads; new ones are ordered."


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


class Tour:
    """Three people, one day in a small centre."""

    def __init__(self, here: Trial, album: Album) -> None:
        self.here = here
        self.album = album

    async def walk(self) -> None:
        """Go through everything, in the order in which it happens."""
        await self.sign_in_page()
        admin = await self.here.sign_in("admin")
        await self.furnish(admin)
        ana = await self.here.sign_in("ana", AGENT)
        await self.album.take(ana, "panel-empty")
        await choose_status(ana, "Active")
        await self.past(ana)
        await self.before_the_call(ana)
        await self.a_call(admin, ana)
        await self.the_rest_of_the_panel(admin, ana)
        await self.other_call_pages(admin, ana)

    async def sign_in_page(self) -> None:
        """Take the first page that people see."""
        page = await (await self.here.context()).new_page()
        await page.goto(f"{self.here.url}/agent")
        await page.get_by_label("Login").wait_for()
        await self.album.take(page, "panel-sign-in")
        await page.context.close()

    async def furnish(self, admin: Page) -> None:
        """Give the centre a name, people, queues and links."""
        settings = await ask(admin, "GET", "settings")
        welcome = "Hello! Talk to our workshop, with or without video. Show us your bike: it often helps."
        change = {"version": settings["version"], "centre_name": "Marlow Bicycles", "welcome_text": welcome}
        await ask(admin, "PATCH", "settings", change)
        users = {user["login"]: user["id"] for user in await ask(admin, "GET", "users")}
        for login, name, roles in (("chloe", "Chloé Martin", ["agent"]), ("dev", "Dev Patel", ["agent", "supervisor"])):
            made = await ask(admin, "POST", "users", {"login": login, "name": name, "roles": roles})
            users[login] = made["user"]["id"]
        queue = (await ask(admin, "GET", "queues"))[0]
        await ask(admin, "PATCH", f"queues/{queue['id']}", {"version": queue["version"], "name": "Workshop"})
        orders = await ask(admin, "POST", "queues", {"name": "Orders"})
        members = [users[login] for login in ("ben", "chloe", "dev")]
        await ask(admin, "PATCH", f"queues/{orders['id']}", {"version": orders["version"], "members": members})
        for link in (
            {"kind": "one_time", "queue_id": queue["id"], "label": "Repair 2207", "identity": "Nora Lindqvist"},
            {"kind": "expiry", "queue_id": orders["id"], "label": "Newsletter, spring", "days": 30},
        ):
            await ask(admin, "POST", "call-links", link)

    async def past(self, ana: Page) -> None:
        """Fill My Work: some conversations by hand, and one by a call of last week's customer."""
        for name, status, priority, note in (
            ("Tomás Rivera", "waiting", "normal", "Asked for the frame number; he will send a photo."),
            ("Priya Natarajan", "solved", "low", "Saddle bag arrived. Nothing open."),
            ("Jonas Becker", "open", "high", "Wants the cargo bike before Friday. Dev checks the stock."),
        ):
            made = await ask(ana, "POST", "conversations", {"customer_name": name})
            change = {"version": made["version"], "status": status, "priority": priority, "summary": note}
            await ask(ana, "PATCH", f"conversations/{made['id']}", change)
            await ask(ana, "POST", f"conversations/{made['id']}/notes", {"text": note, "key": f"note-{made['id']}"})
        self.customer = await self.caller(CUSTOMER)
        await self.start(self.customer, "Elias Okafor", "audio")
        await answer(ana)
        await talking(self.customer)
        await asyncio.sleep(3)  # so that the thread tells of some seconds of talk
        await ana.get_by_role("button", name="Hang up").click()
        await wrap_up(ana).get_by_label("Summary").fill(SUMMARY)
        await wrap_up(ana).get_by_role("button", name="Finish").click()
        await wrap_up(ana).wait_for(state="hidden")
        await self.customer.get_by_text("The call has ended").first.wait_for()
        await self.album.take(ana, "panel-work")

    async def before_the_call(self, ana: Page) -> None:
        """Take the customer's page before he calls."""
        fresh = await self.caller(ANOTHER)
        await self.album.take(fresh, "call-before")
        await fresh.get_by_role("button", name="Start audio call").click()
        await self.album.take(fresh, "call-name-missing")
        await fresh.context.close()
        await self.customer.reload()
        await self.customer.get_by_role("button", name="Check camera and microphone").click()
        await self.customer.get_by_text("It works").wait_for()
        await self.album.take(self.customer, "call-checked")
        await choose_status(ana, "Busy")

    async def a_call(self, admin: Page, ana: Page) -> None:
        """Take a video call from the waiting to the wrap-up."""
        customer, album = self.customer, self.album
        await customer.get_by_role("button", name="Start video call").click()
        await customer.get_by_text("You hear music").wait_for()
        await album.take(customer, "call-waiting")
        await choose_status(ana, "Active")
        await ana.get_by_role("button", name="Answer").wait_for()
        await album.take(ana, "panel-ringing")
        await answer(ana)
        await talking(customer)
        await pictures(customer)
        await pictures(ana)
        await album.take(customer, "call-talking")
        await customer.get_by_label("Write a message").fill("The number on the frame is WX-4471.")
        await customer.get_by_role("button", name="Send").click()
        await ana.get_by_role("link", name="Elias Okafor").last.click()
        await ana.get_by_text("WX-4471").first.wait_for()
        await ana.get_by_role("textbox", name="Message to").fill("Thank you, I have found it. The pads are here.")
        await ana.get_by_role("button", name="Send").click()
        await customer.get_by_text("I have found it").first.wait_for()
        await album.take(ana, "panel-talking")
        await album.take(customer, "call-messages")
        await customer.get_by_role("button", name="Mute").click()
        await customer.get_by_role("button", name="Camera off").click()
        await album.take(customer, "call-muted")
        await admin.goto(f"{self.here.url}/agent/team")
        await admin.get_by_text("In a call").first.wait_for()
        await album.take(admin, "panel-team")
        await ana.get_by_role("button", name="Hang up").click()
        await wrap_up(ana).get_by_role("button", name="+10 s").click()
        await wrap_up(ana).get_by_label("Summary").fill("Pads are here; he brings the bike on Thursday.")
        await album.take(ana, "panel-wrap-up")
        await wrap_up(ana).get_by_role("button", name="Finish").click()
        await customer.get_by_text("The call has ended").first.wait_for()
        await album.take(customer, "call-ended")
        await wrap_up(ana).wait_for(state="hidden")
        await album.take(ana, "panel-thread")

    async def the_rest_of_the_panel(self, admin: Page, ana: Page) -> None:
        """Take menus, keys, and the settings."""
        await ana.get_by_role("button", name="Details", exact=True).click()  # closed, or that would close the menus
        await ana.get_by_role("button", name="Choose status").click()
        await self.album.take(ana, "panel-status")
        await ana.keyboard.press("Escape")
        await ana.keyboard.press("?")
        await self.album.take(ana, "panel-keys")
        await ana.keyboard.press("Escape")
        for subject in ("devices", "account"):
            await ana.goto(f"{self.here.url}/agent/settings/{subject}")
            await ana.get_by_role("heading", level=1).wait_for()
            await self.album.take(ana, f"settings-{subject}")
        for subject in ("links", "queues", "users", "centre"):
            await admin.goto(f"{self.here.url}/agent/settings/{subject}")
            await admin.get_by_role("heading", level=1).wait_for()
            await settled(admin)
            await self.album.take(admin, f"settings-{subject}")
        await admin.goto(f"{self.here.url}/agent/settings/links")
        await admin.get_by_role("button", name="New call link").first.click()
        await self.album.take(admin, "settings-new-link")

    async def other_call_pages(self, admin: Page, ana: Page) -> None:
        """Take what a link says when it cannot be used."""
        await self.link_page("call-unknown", f"{self.here.url}/c/nobody-knows-this-link")
        queue = (await ask(admin, "GET", "queues"))[0]
        revoked = await ask(admin, "POST", "call-links", {"kind": "one_time", "queue_id": queue["id"]})
        await ask(admin, "POST", f"call-links/{revoked['id']}/revoke")
        await self.link_page("call-revoked", revoked["url"])
        times = {"starts_at": "2099-06-01T09:00:00Z", "ends_at": "2099-06-01T10:00:00Z"}
        later = {"kind": "time_frame", "queue_id": queue["id"], **times}
        await self.link_page("call-not-yet", (await ask(admin, "POST", "call-links", later))["url"])
        await choose_status(ana, "Offline")
        await self.link_page("call-nobody", self.here.call_link)
        await ask(admin, "PATCH", f"queues/{queue['id']}", {"version": queue["version"], "open": False})
        await self.link_page("call-closed", self.here.call_link)

    async def link_page(self, name: str, url: str) -> None:
        """Take a link as somebody sees it who opens it for the first time."""
        page = await (await self.here.context()).new_page()
        await page.goto(url)
        await page.get_by_role("heading", level=2).or_(page.get_by_role("heading", level=1)).first.wait_for()
        await self.album.take(page, name)
        await page.context.close()

    async def caller(self, person: Person) -> Page:
        """Open the call link as somebody."""
        page = await (await self.here.context(person)).new_page()
        await page.goto(self.here.call_link)
        await page.get_by_role("button", name="Start audio call").wait_for()
        return page

    async def start(self, page: Page, name: str, media: str) -> None:
        """Give a name and call."""
        await page.get_by_label("Your name").fill(name)
        await page.get_by_role("button", name=f"Start {media} call").click()


def wrap_up(panel: Page) -> Locator:
    """Find the wrap-up window of a panel."""
    return panel.get_by_role("region", name="Wrap-up")


async def answer(panel: Page) -> None:
    """Answer what rings."""
    await panel.get_by_role("button", name="Answer").click()
    await panel.get_by_role("timer", name="Time in the call").wait_for()


async def talking(customer: Page) -> None:
    """Wait until the customer's page says that he is answered."""
    await customer.get_by_role("timer", name="Length of the call").wait_for()


async def pictures(page: Page) -> None:
    """Wait until every picture in view moves."""
    moving = (
        "[...document.querySelectorAll('video')].filter(one => one.checkVisibility())"
        ".every(one => one.videoWidth > 300 && one.currentTime > 1)"
    )
    async with asyncio.timeout(20):
        while not await page.evaluate(moving):  # noqa: ASYNC110 - the pages' policy forbids to wait inside them
            await asyncio.sleep(0.1)


async def settled(page: Page) -> None:
    """Wait until nothing is being loaded."""
    await page.wait_for_load_state("networkidle")


async def main(arguments: list[str]) -> int:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description="Take the pictures of Parley.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--readme", action="store_true", help="renew the pictures in docs/images too")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    album = Album(options.folder, options.readme)
    async with trial() as here:
        await Tour(here, album).walk()
    print(f"{album.count} pictures are in {options.folder}.")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
