"""Scenes of a call for the pictures: on hold, handed over, listened to, called back, and what supervisors see of it."""

from playwright.async_api import Page, expect

from docs.album import Album
from tests.flow.people import Agent, Customer, ask


class CallScenes:
    """Two agents and their supervisor, who work on while customers come and go."""

    def __init__(self, url: str, album: Album, admin: Agent, ana: Agent, ben: Agent) -> None:
        self.url = url
        self.album = album
        self.admin = admin
        self.ana = ana
        self.ben = ben

    async def held_and_handed_over(self, customer: Customer) -> None:
        """Take a video call that is listened to, held, discussed with a colleague and handed over."""
        album, ana, ben = self.album, self.ana, self.ben
        queue = next(one for one in await ask(self.admin.page, "GET", "queues") if one["name"] == "Workshop")
        change = {"version": queue["version"], "consult": True, "ring_seconds": 120}  # taking pictures takes time
        await ask(self.admin.page, "PATCH", f"queues/{queue['id']}", change)
        await ana.chooses("Active")
        await customer.press("Call again")
        await customer.calls("video")
        await ana.press("Answer")
        await expect(customer.page.get_by_role("timer", name="Length of the call")).to_be_visible()
        await ben.chooses("Active")
        await self.admin.page.goto(f"{self.url}/agent/team")
        await self.admin.press("Listen to the call of Ana Anić")
        await self.admin.page.get_by_text("Whisper", exact=True).click()
        await expect(ana.dock).to_contain_text("whispers to you")
        await album.take(self.admin.page, "panel-observing")
        await self.admin.press("Leave")
        await ana.press("Transfer")
        colleagues = ana.page.get_by_role("listbox", name="Agents of this queue")
        await expect(colleagues.get_by_role("option")).to_have_count(1)
        await album.take(ana.page, "panel-transfer")
        await ana.page.keyboard.press("Escape")
        await ana.press("Hold")
        await customer.reads("You are on hold")
        await album.take(customer.page, "call-held")
        await album.take(ana.page, "panel-held")
        await ana.press("Transfer")
        await ana.press("Ask first")
        await ben.rings()
        await ana.reads("Ringing Ben Brook")
        await album.take(ana.page, "panel-consult-ringing")
        await album.take(ben.page, "panel-ringing-consult")
        await ben.press("Answer")
        await expect(ana.button("Complete transfer")).to_be_visible()
        await album.take(ana.page, "panel-consult")
        await album.take(ben.page, "panel-consulted")
        await ana.press("Return to the customer")
        await ana.press("Transfer")
        await ana.press("Transfer to Ben Brook")
        await ben.rings()
        await album.take(customer.page, "call-transferring")
        await album.take(ben.page, "panel-ringing-transfer")
        await ben.press("Decline")
        await customer.reads("You hear music until somebody answers")
        await customer.press("Leave")
        await ana.reports("Wants to talk to the workshop once more.")

    async def called_back(self, customer: Customer) -> None:
        """Take the page that waits to be called back, and the call that comes."""
        for agent in (self.ana, self.ben):
            await agent.chooses("Busy")
        await customer.press("Call again")
        await customer.calls("audio")
        await customer.press("Call me back")
        await customer.reads("We will call you back")
        await self.album.take(customer.page, "call-away")
        await self.ana.chooses("Active")
        await self.ana.rings()
        await self.album.take(self.ana.page, "panel-ringing-callback")
        await self.ana.press("Answer")
        await expect(customer.button("Not now")).to_be_visible()
        await self.album.take(customer.page, "call-calling-back")
        await self.album.take(self.ana.page, "panel-calling-back")
        await customer.press("Not now")
        await customer.reads("You did not take the call")
        await self.album.take(customer.page, "call-not-now")
        await self.ana.reports("Did not want to talk now.")

    async def looked_after(self, customer: Customer, other: Customer) -> None:
        """Take what a supervisor watches: who waits, who was missed, what was changed, which rule would match."""
        page = self.admin.page
        await self.ana.chooses("Busy")
        await customer.press("Call again")
        await customer.calls("audio")
        await other.calls("audio", "Marta Nowak")
        await other.press("Leave")
        await page.goto(f"{self.url}/agent/wallboard")
        await expect(page.get_by_role("group", name="Callers waiting")).to_contain_text("1")
        await self.album.take(page, "panel-wallboard")
        await self.next_caller(customer)
        await customer.press("Leave")
        await page.goto(f"{self.url}/agent/calls")
        await expect(page.get_by_role("list", name="Nobody answered yet")).to_contain_text("Marta Nowak")
        await self.ana.page.get_by_role("link", name="Calls", exact=True).click()
        await expect(self.ana.button("Call back Marta Nowak")).to_be_visible()
        await self.album.take(self.ana.page, "panel-calls-missed")
        await expect(page.get_by_role("rowheader", name="Marta Nowak")).to_be_visible()
        await self.album.take(page, "panel-calls")
        await page.goto(f"{self.url}/agent/settings/audit")
        await expect(page.get_by_role("list", name="Audit log")).to_be_visible()
        await self.album.take(page, "settings-audit")
        await self.tried_rules(page)

    async def next_caller(self, customer: Customer) -> None:
        """Take what agents see of who waits in a queue that hands out nothing by itself."""
        queue = next(one for one in await ask(self.admin.page, "GET", "queues") if one["name"] == "Workshop")
        by_hand = {"version": queue["version"], "auto_assign": False}
        changed = await ask(self.admin.page, "PATCH", f"queues/{queue['id']}", by_hand)
        await self.ana.chooses("Active")
        await expect(self.ana.button("Next caller: Workshop (1 waiting)")).to_be_enabled()
        await self.album.take(self.ana.page, "panel-next-caller")
        await self.ana.chooses("Busy")
        await ask(
            self.admin.page, "PATCH", f"queues/{queue['id']}", {"version": changed["version"], "auto_assign": True}
        )

    async def tried_rules(self, page: Page) -> None:
        """Take the routing rules with a trial."""
        queue = (await ask(page, "GET", "queues"))[-1]
        await page.goto(f"{self.url}/agent/settings/rules")
        for name, kind in (("With a picture to the workshop", "Video calls"), ("All other calls", "Audio calls")):
            await self.admin.press("New rule")
            form = page.get_by_role("form", name="New rule")
            await form.get_by_label("Name", exact=True).fill(name)
            await form.get_by_label("Kind of call").select_option(kind)
            await form.get_by_label("Queue").select_option(queue["name"])
            await self.admin.press("Save")
            await expect(page.get_by_role("heading", name=name)).to_be_visible()
        await self.admin.press("Try")
        await self.admin.reads("No: another kind of call")
        await self.album.take(page, "settings-rules-tried")
