"""Takes the pictures of Parley: every page and state, on three screens, light and dark.

`.venv/bin/python -m docs.screenshots FOLDER` runs a Parley of its own, drives a real video call between three people
with drawn cameras, and leaves the pictures in FOLDER. With `--readme` the ones that the README shows are renewed in
docs/images. Needs what `python3 run.py test` installs.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from docs.album import Album
from docs.call_scenes import CallScenes
from docs.drawn_people import AGENT, ANOTHER, COLLEAGUE, CUSTOMER, Drawn
from docs.recording_scenes import RecordingScenes
from tests.browser import chromium
from tests.flow.people import Agent, Customer, ask
from tests.flow.server import Server


class Tour:
    """Three people, one day in a small centre."""

    def __init__(self, server: Server, browser: Browser, album: Album) -> None:
        self.url = server.url
        self.call_link: str = server.demo["call_link"]
        self.passwords = {account["login"]: account["password"] for account in server.demo["accounts"]}
        self.browser = browser
        self.album = album

    async def walk(self) -> None:
        """Go through everything, in the order in which it happens."""
        await self.sign_in_page()
        admin = await self.panel("admin")
        await self.furnish(admin.page)
        ana = await self.panel("ana", AGENT)
        await self.album.take(ana.page, "panel-empty")
        await ana.chooses("Active")
        customer = await self.past(ana)
        await self.before_the_call(customer)
        await ana.chooses("Busy")
        await self.a_call(customer, admin.page, ana)
        await self.the_rest_of_the_panel(admin.page, ana)
        ben = await self.panel("ben", COLLEAGUE)
        scenes = CallScenes(self.url, self.album, admin, ana, ben)
        await scenes.held_and_handed_over(customer)
        await scenes.called_back(customer)
        await scenes.looked_after(customer, await self.caller(ANOTHER))
        recording = RecordingScenes(self.url, self.album, admin, ana)
        await recording.switched_on()
        await recording.a_recorded_call(customer)
        await recording.a_message(customer)
        await recording.kept()
        await self.other_call_pages(admin.page, ana)

    async def sign_in_page(self) -> None:
        """Take the first page that people see."""
        page = await self.browser.new_page()
        await page.goto(f"{self.url}/agent")
        await page.get_by_label("Login").wait_for()
        await self.album.take(page, "panel-sign-in")
        await page.close()

    async def furnish(self, admin: Page) -> None:
        """Give the centre a name, people, queues and links."""
        settings = await ask(admin, "GET", "settings")
        welcome = "Hello! Talk to our workshop, with or without video. Show us your bike: it often helps."
        change = {"version": settings["version"], "centre_name": "Marlow Bicycles", "welcome_text": welcome}
        await ask(admin, "PATCH", "settings", change | {"disposition_mode": "optional"})
        for name, group in (("Sales calls", "available"), ("Stocktaking", "busy"), ("Lunch", "away")):
            await ask(admin, "POST", "statuses", {"name": name, "group": group})
        for name in ("Question answered", "Repair booked", "Wrong number"):
            await ask(admin, "POST", "dispositions", {"name": name})
        users = {user["login"]: user["id"] for user in await ask(admin, "GET", "users")}
        for login, name, roles in (("chloe", "Chloé Martin", ["agent"]), ("dev", "Dev Patel", ["agent", "supervisor"])):
            made = await ask(admin, "POST", "users", {"login": login, "name": name, "roles": roles})
            users[login] = made["user"]["id"]
        queue = (await ask(admin, "GET", "queues"))[0]
        await ask(admin, "PATCH", f"queues/{queue['id']}", {"version": queue["version"], "name": "Workshop"})
        orders = await ask(admin, "POST", "queues", {"name": "Orders"})
        members = [{"id": users[login]} for login in ("ben", "chloe", "dev")]
        await ask(admin, "PATCH", f"queues/{orders['id']}", {"version": orders["version"], "members": members})
        for link in (
            {"kind": "one_time", "queue_id": queue["id"], "label": "Repair 2207", "identity": "Nora Lindqvist"},
            {"kind": "expiry", "queue_id": orders["id"], "label": "Newsletter, spring", "days": 30},
        ):
            await ask(admin, "POST", "call-links", link)
        await ask(admin, "POST", "waiting-strategies", patient(orders["id"]))

    async def past(self, ana: Agent) -> Customer:
        """Fill My Work: some conversations by hand, and one by a call. Returns who called."""
        for name, status, priority, note in (
            ("Tomás Rivera", "waiting", "normal", "Asked for the frame number; he will send a photo."),
            ("Priya Natarajan", "solved", "low", "Saddle bag arrived. Nothing open."),
            ("Jonas Becker", "open", "high", "Wants the cargo bike before Friday. Dev checks the stock."),
        ):
            made = await ask(ana.page, "POST", "conversations", {"customer_name": name})
            change = {"version": made["version"], "status": status, "priority": priority, "summary": note}
            await ask(ana.page, "PATCH", f"conversations/{made['id']}", change)
            await ask(ana.page, "POST", f"conversations/{made['id']}/notes", {"text": note, "key": made["id"]})
        customer = await self.caller(CUSTOMER)
        await customer.calls("audio", "Elias Okafor")
        await ana.press("Answer")
        await talking(customer.page)
        await asyncio.sleep(3)  # so that the thread tells of some seconds of talk
        await ana.press("Hang up")
        await ana.reports(
            "Rear brake squeals since the spring service. Sent a video of the pads; new ones are ordered."
        )
        await customer.reads("The call has ended")
        await self.album.take(ana.page, "panel-work")
        return customer

    async def before_the_call(self, customer: Customer) -> None:
        """Take the customer's page before he calls."""
        fresh = await self.caller(ANOTHER)
        await self.album.take(fresh.page, "call-before")
        await fresh.press("Start audio call")
        await self.album.take(fresh.page, "call-name-missing")
        await fresh.context.close()
        await customer.page.reload()
        await customer.press("Check camera and microphone")
        await customer.reads("It works")
        await self.album.take(customer.page, "call-checked")

    async def a_call(self, customer: Customer, admin: Page, ana: Agent) -> None:
        """Take a video call from the waiting to the wrap-up."""
        album = self.album
        await customer.calls("video")
        await customer.reads("You hear music")
        await album.take(customer.page, "call-waiting")
        await ana.chooses("Active")
        await ana.rings()
        await album.take(ana.page, "panel-ringing")
        await ana.press("Answer")
        await talking(customer.page)
        await moving_pictures(customer.page)
        await moving_pictures(ana.page)
        await album.take(customer.page, "call-talking")
        await customer.page.get_by_label("Write a message").fill("The number on the frame is WX-4471.")
        await customer.press("Send")
        await ana.page.get_by_role("link", name="Elias Okafor").last.click()
        await ana.reads("WX-4471")
        await ana.page.get_by_role("textbox", name="Message to").fill("Thank you, I have found it. The pads are here.")
        await ana.press("Send")
        await customer.reads("I have found it")
        await album.take(ana.page, "panel-talking")
        await album.take(customer.page, "call-messages")
        await customer.press("Mute")
        await customer.press("Camera off")
        await album.take(customer.page, "call-muted")
        await admin.goto(f"{self.url}/agent/team")
        await admin.get_by_text("In a call").first.wait_for()
        await album.take(admin, "panel-team")
        await admin.get_by_role("link", name="How time is spent").click()
        await admin.get_by_role("table").wait_for()
        await album.take(admin, "panel-team-time")
        await ana.press("Hang up")
        await ana.press("+10 s")
        report = "Pads are here; he brings the bike on Thursday."
        await ana.wrap_up.get_by_role("textbox").fill(report)
        await ana.wrap_up.get_by_label("Disposition").select_option("Repair booked")
        await album.take(ana.page, "panel-wrap-up")
        await ana.reports(report)
        await customer.reads("The call has ended")
        await album.take(customer.page, "call-ended")
        await album.take(ana.page, "panel-thread")

    async def the_rest_of_the_panel(self, admin: Page, ana: Agent) -> None:
        """Take menus, keys, and the settings."""
        await ana.press("Details")  # closed, or closing them on a narrow screen would close the menus
        await ana.opens_menu()
        await self.album.take(ana.page, "panel-status")
        await ana.page.keyboard.press("Escape")
        await ana.page.keyboard.press("?")
        await self.album.take(ana.page, "panel-keys")
        await ana.page.keyboard.press("Escape")
        await ana.chooses("Busy")
        await ana.page.goto(f"{self.url}/agent/team")
        await ana.reads("Only for supervisors")
        await self.album.take(ana.page, "panel-leaders-only")
        for subject in ("devices", "account"):
            await self.settings_page(ana.page, subject)
        for subject in ("queues", "rules", "waiting", "agents", "statuses", "dispositions", "users", "centre", "links"):
            await self.settings_page(admin, subject)
        await admin.goto(f"{self.url}/agent/settings/queues")
        await admin.get_by_role("button", name="Edit Workshop").click()
        await admin.get_by_label("By working hours").check()
        await self.album.take(admin, "settings-queue")
        await admin.goto(f"{self.url}/agent/settings/waiting")
        await admin.get_by_role("button", name="Edit Busy hours").click()
        await admin.get_by_label("Text of Greeting").wait_for()
        await self.album.take(admin, "settings-waiting-strategy")
        await admin.goto(f"{self.url}/agent/settings/links")
        await admin.get_by_role("button", name="New call link").first.click()
        await self.album.take(admin, "settings-new-link")

    async def settings_page(self, page: Page, subject: str) -> None:
        """Take a page of settings."""
        await page.goto(f"{self.url}/agent/settings/{subject}")
        await page.get_by_role("heading", level=1).wait_for()
        await page.wait_for_load_state("networkidle")
        await self.album.take(page, f"settings-{subject}")

    async def other_call_pages(self, admin: Page, ana: Agent) -> None:
        """Take what a link says when it cannot be used."""
        await self.link_page("call-unknown", f"{self.url}/c/nobody-knows-this-link")
        queue = next(queue for queue in await ask(admin, "GET", "queues") if queue["name"] == "Workshop")
        revoked = await ask(admin, "POST", "call-links", {"kind": "one_time", "queue_id": queue["id"]})
        await ask(admin, "POST", f"call-links/{revoked['id']}/revoke")
        await self.link_page("call-revoked", revoked["url"])
        times = {"starts_at": "2099-06-01T09:00:00Z", "ends_at": "2099-06-01T10:00:00Z"}
        later = {"kind": "time_frame", "queue_id": queue["id"], **times}
        await self.link_page("call-not-yet", (await ask(admin, "POST", "call-links", later))["url"])
        await ana.chooses("Offline")
        await self.link_page("call-nobody", self.call_link)
        await ask(admin, "PATCH", f"queues/{queue['id']}", {"version": queue["version"], "open": False})
        await self.link_page("call-closed", self.call_link)

    async def link_page(self, name: str, url: str) -> None:
        """Take a link as somebody sees it who opens it for the first time."""
        page = await self.browser.new_page()
        await page.goto(url)
        await page.get_by_role("heading").last.wait_for()
        await self.album.take(page, name)
        await page.close()

    async def panel(self, login: str, looks: Drawn = AGENT) -> Agent:
        """Sign somebody in at a panel."""
        agent = Agent(*await self.window(looks), looks.hertz, looks.shirt)
        await agent.page.goto(f"{self.url}/agent")
        await agent.page.get_by_label("Login").fill(login)
        await agent.page.get_by_label("Password").fill(self.passwords[login])
        await agent.press("Sign in")
        await agent.page.get_by_role("navigation", name="Main").wait_for()
        await agent.page.get_by_text("Loading…").wait_for(state="hidden")
        return agent

    async def caller(self, looks: Drawn) -> Customer:
        """Open the call link as somebody."""
        customer = Customer(*await self.window(looks), looks.hertz, looks.shirt)
        await customer.opens(self.call_link)
        await customer.button("Start audio call").wait_for()
        return customer

    async def window(self, looks: Drawn) -> tuple[BrowserContext, Page]:
        """Open a browser window of somebody's own."""
        context = await self.browser.new_context(locale="en-GB")
        await context.add_init_script(looks.script())
        return context, await context.new_page()


def patient(queue: str) -> dict[str, Any]:
    """Return a waiting strategy for a queue, with everything on."""
    voice = {"language": "en-us", "voice": "f3", "rate": 150}
    hello, soon, sorry = (
        {"kind": "speech", "text": text, **voice}
        for text in (
            "Welcome to Marlow Bicycles. Everybody in the shop is with a customer right now.",
            "Thank you for your patience. You can also write to us on this page.",
            "We are sorry that nobody was free. Please call again after four.",
        )
    )
    return {
        "name": "Busy hours",
        "queues": [queue],
        "greeting": {"on": True, "source": hello},
        "music": {"on": True},
        "announcements": {"on": True, "gap_seconds": 45, "sources": [soon]},
        "farewell": {"on": True, "source": sorry},
        "places": {"on": True, "voice": voice},
        "longest_seconds": 900,
    }


async def talking(customer: Page) -> None:
    """Wait until the customer's page says that he is answered."""
    await customer.get_by_role("timer", name="Length of the call").wait_for()


async def moving_pictures(page: Page) -> None:
    """Wait until every picture in view moves."""
    moving = (
        "[...document.querySelectorAll('video')].filter(one => one.checkVisibility())"
        ".every(one => one.videoWidth > 300 && one.currentTime > 1)"
    )
    async with asyncio.timeout(20):
        while not await page.evaluate(moving):  # noqa: ASYNC110 - the pages' policy forbids to wait inside them
            await asyncio.sleep(0.1)


async def main(arguments: list[str]) -> int:
    """Take all pictures."""
    parser = argparse.ArgumentParser(description="Take the pictures of Parley.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--readme", action="store_true", help="renew the pictures in docs/images too")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    album = Album(options.folder, options.readme)
    found = chromium.find()
    if found is None:
        sys.exit("No Chromium was found: install one, or set CHROMIUM to its path.")
    with tempfile.TemporaryDirectory(prefix="parley-") as data:
        server = Server(Path(data))
        async with async_playwright() as playwright:
            await server.start()
            try:
                browser = await playwright.chromium.launch(executable_path=found, args=chromium.ARGUMENTS)
                await Tour(server, browser, album).walk()
                await browser.close()
            finally:
                await server.kill()
    print(f"{album.count} pictures are in {options.folder}.")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
