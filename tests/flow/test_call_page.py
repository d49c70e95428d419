"""The customer's page in every state that a server can put it in; what the server says is played to it."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, WebSocketRoute, expect

pytestmark = pytest.mark.flow
WEBUI = Path(__file__).parents[2] / "webui"
ORIGIN = "http://localhost:1"
"""Browsers count localhost as secure; nothing listens there, since every request is answered here."""
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE, SMALL_PHONE, ON_ITS_SIDE, DESK = (390, 844), (320, 568), (844, 390), (1440, 900)

Json = dict[str, Any]


@cache
def built_page() -> str:
    """The page as the build left it."""
    return (WEBUI / "dist" / "call.html").read_text()


def at(seconds: float = 0) -> str:
    """A time so many seconds from now, as the server writes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def link(**changes: Any) -> Json:
    """A `GuestLink`."""
    plain: Json = {
        "state": "active", "centre_name": "Northwind Energy", "text": "Welcome.", "starts_at": None, "ends_at": None,
        "audio_only": False, "asks_name": True, "name": None, "available": "open", "closed_text": "", "call": None,
        "consent": None,
    }  # fmt: skip
    return plain | changes


def call(**changes: Any) -> Json:
    """A `GuestCall`, waiting."""
    plain: Json = {
        "id": "call_1", "media": "video", "phase": "waiting", "started_at": at(-83), "answered_at": None,
        "ended_at": None, "now": at(), "end_reason": None, "ended_by": None, "mine": "up", "agent": None,
        "transport": "transport_1", "grace_until": None, "wait_until": at(500), "messages": [], "link_state": "active",
        "held_at": None, "callback_at": None, "consent": None, "recorded": None,
        "leaves_messages": True, "voice_message": None,
    }  # fmt: skip
    return plain | changes


def talking(**changes: Any) -> Json:
    """A `GuestCall` with Ana."""
    answered = {"phase": "talking", "answered_at": at(-134), "agent": {"name": "Ana Silva", "state": "up"}}
    return call(**answered | changes)


class Server:
    """Answers the page's requests. Media never connects: the offer is left waiting."""

    def __init__(self, answer: Json, status: int = 200) -> None:
        self.link: Json = answer
        self.status = status
        self.refusal: tuple[int, str] | None = None
        self.posted: list[tuple[str, Json]] = []
        self.page: Page | None = None
        self.events: WebSocketRoute | None = None

    async def open(self, browser: Browser, size: tuple[int, int] = PHONE, **options: Any) -> Page:
        """Open the page in a context of its own."""
        viewport = {"width": size[0], "height": size[1]}
        context = await browser.new_context(viewport=viewport, timezone_id="Europe/Berlin", **options)  # pyright: ignore[reportArgumentType]
        page = self.page = await context.new_page()
        await page.route("**/*", self.answer)
        await page.route_web_socket("**/events", self._connected)
        await page.goto(f"{ORIGIN}/c/token")
        return page

    def says(self, state: Json) -> None:
        """Push the call as it is now."""
        assert self.events is not None
        self.events.send(json.dumps({"type": "call", "call": state}))

    def places(self, position: int, wait_minutes: int | None) -> None:
        """Push the place in the queue."""
        assert self.events is not None
        self.events.send(json.dumps({"type": "place", "place": {"position": position, "wait_minutes": wait_minutes}}))

    def _connected(self, socket: WebSocketRoute) -> None:
        self.events = socket

    async def asked(self) -> int:
        """How often a call was asked for."""
        return sum(path.endswith("/calls") for path, _ in self.posted)

    async def answer(self, route: Route) -> None:
        """Answer one request of a page."""
        path = route.request.url.removeprefix(ORIGIN)
        if path.startswith("/c/"):
            await route.fulfill(body=built_page(), content_type="text/html")
        elif not path.startswith("/api/v1/guest/"):
            await route.abort()
        elif route.request.method == "POST":
            await self._post(route, path.removeprefix("/api/v1/guest"))
        elif "/links/" in path:
            await self._give(route, self.link, self.status)
        else:
            await self._give(route, self.link["call"] or call(), 200)

    async def _post(self, route: Route, path: str) -> None:
        assert route.request.headers["x-csrf"] == "1"
        body: Json = route.request.post_data_json or {}
        self.posted.append((path, body))
        if path.endswith("/leg"):
            return
        if self.refusal:
            await self._give(route, {"code": self.refusal[1]}, self.refusal[0])
        elif path.endswith("/calls"):
            await self._give(route, call(media=body["media"]), 200)
        elif path.endswith("/messages"):
            message = {"number": 7, "at": at(), "from": "customer", "name": "Tom", "text": body["text"]}
            await self._give(route, message, 200)
        else:
            await route.fulfill(status=204)

    async def _give(self, route: Route, body: Json, status: int) -> None:
        if status == 0:
            await route.abort()
        else:
            await route.fulfill(json=body, status=status)


GRANTED = """
function tone() {
  const context = new AudioContext(), source = context.createOscillator(), end = context.createMediaStreamDestination();
  source.connect(end);
  source.start();
  return end.stream.getAudioTracks()[0];
}
function picture() {
  const canvas = document.createElement("canvas");
  setInterval(() => canvas.getContext("2d").fillRect(0, 0, 300, 150), 100);
  return canvas.captureStream(10).getVideoTracks()[0];
}
const refused = (kind) => (window.refusals ?? {})[kind];
navigator.mediaDevices.getUserMedia = async ({ audio, video }) => {
  for (const [kind, asked] of [["audio", audio], ["video", video]]) {
    if (asked && refused(kind)) throw new DOMException("", refused(kind));
  }
  return new MediaStream([...(audio ? [tone()] : []), ...(video ? [picture()] : [])]);
};
null;
"""


async def give_devices(page: Page, **refusals: str) -> None:
    """Give the page a microphone and a camera, or the names of the errors that it gets for them."""
    await page.evaluate(f"window.refusals = {json.dumps(refusals)}; {GRANTED}")


async def sound(page: Page) -> list[str]:
    """What axe finds wrong, and whether the page is wider than its window."""
    await page.evaluate((WEBUI / "node_modules" / "axe-core" / "axe.min.js").read_text())
    found = await page.evaluate(f"axe.run({{runOnly: {AXE_RULES}}})")
    wrong = [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]]
    if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        wrong.append("the page is wider than its window")
    return wrong


LINKS: list[tuple[Json, int, str, str | None]] = [
    (link(state="not_yet", starts_at=at(3600)), 200, "It is not time yet", None),
    (link(state="in_use"), 200, "This link is in use", "Try again"),
    (link(state="used"), 200, "This link has been used", None),
    (link(state="expired", text="Our spring campaign is over."), 200, "This link has expired", None),
    (link(state="revoked"), 200, "This link no longer works", None),
    ({"code": "not_found"}, 404, "This link does not work", None),
    (link(available="nobody"), 200, "Nobody can take your call right now", "Try again"),
    (link(available="closed"), 200, "We are closed at the moment", "Try again"),
    ({}, 0, "We cannot be reached", "Try again"),
]


async def test_a_link_that_cannot_be_used_says_why_and_what_to_do(browser: Browser) -> None:
    """LNK-05, LNK-11: each state of a link has its own plain page."""
    for answer, status, title, way_on in LINKS:
        page = await Server(answer, status).open(browser, SMALL_PHONE)
        await expect(page.get_by_role("heading", name=title)).to_be_visible()
        own_words = answer.get("text") if answer.get("state") != "active" else ""
        await expect(page.locator("p.text")).to_contain_text(own_words or " ")
        if way_on:
            await expect(page.get_by_role("button", name=way_on)).to_be_visible()
        assert await sound(page) == [], title
        await page.context.close()


ENDS = [
    ("hung_up", "agent", "active", "The call has ended", True),
    ("hung_up", "customer", "used", "You have hung up", False),
    ("no_answer", "system", "active", "We are sorry: nobody was free", True),
    ("lost", "network", "active", "The connection was lost", True),
    ("server_restart", "system", "active", "The call was interrupted", True),
    ("failed", "system", "active", "The call could not go on", True),
    ("too_long", "system", "active", "The call has ended", True),
]


async def test_each_end_of_a_call_has_its_own_sentence(browser: Browser) -> None:
    """EVT-04: the customer's page shows its own call's end, and a way on where the link still has one."""
    for reason, by, link_state, title, again in ENDS:
        server = Server(link(call=talking()))
        page = await server.open(browser)
        await expect(page.get_by_role("button", name="Hang up")).to_be_visible()
        over = {"phase": "ended", "ended_at": at(), "end_reason": reason, "ended_by": by}
        server.says(talking(**over, link_state=link_state))
        await expect(page.get_by_role("heading", name=title)).to_be_visible()
        await expect(page.get_by_role("button", name="Call again")).to_be_visible(visible=again)
        assert await sound(page) == [], title
        await page.context.close()


SCREENS = [(PHONE, "light"), (SMALL_PHONE, "dark"), (ON_ITS_SIDE, "light"), (DESK, "dark")]


@pytest.mark.parametrize(("size", "look"), SCREENS)
async def test_before_waiting_and_talking_are_sound_on_every_screen(
    browser: Browser, size: tuple[int, int], look: str
) -> None:
    """The three states share a frame that fits the window, passes axe and stays under the thumb."""
    server = Server(link())
    page = await server.open(browser, size, color_scheme=look)
    await give_devices(page)
    await expect(page.get_by_role("button", name="Start audio call")).to_be_visible()
    assert await sound(page) == []
    await page.get_by_label("Your name").fill("Tom Berg")
    await page.get_by_role("button", name="Start video call").click()
    await expect(page.get_by_role("heading", name="Waiting for an agent")).to_be_visible()
    assert await sound(page) == []
    written = {"number": 3, "at": at(), "from": "agent", "name": "Ana Silva", "text": "Hello " * 30}
    server.says(talking(messages=[written]))
    await expect(page.get_by_role("button", name="Hang up")).to_be_in_viewport(ratio=1)
    assert await sound(page) == []
    for name in ("Mute", "Camera off", "Hang up"):
        box = await page.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44, name


NO_MICROPHONE = {
    "NotAllowedError": "Your browser blocks the microphone",
    "NotFoundError": "No microphone was found",
    "NotReadableError": "Another program uses your microphone",
}


async def test_without_a_microphone_nobody_is_called_and_the_page_says_what_to_do(browser: Browser) -> None:
    """Each trouble has its sentence, and "Try again" leads on."""
    server = Server(link(asks_name=False))
    page = await server.open(browser)
    for error, sentence in NO_MICROPHONE.items():
        await give_devices(page, audio=error)
        await page.get_by_role("button", name="Start video call").click()
        await expect(page.get_by_role("alert").get_by_text(sentence)).to_be_visible()
        assert server.posted == []
    await give_devices(page)
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("alert")).to_be_hidden()
    await page.get_by_role("button", name="Start video call").click()
    await expect(page.get_by_role("heading", name="Waiting for an agent")).to_be_visible()


async def test_without_a_camera_the_video_call_goes_on_with_sound(browser: Browser) -> None:
    server = Server(link(asks_name=False))
    page = await server.open(browser)
    await give_devices(page, video="NotAllowedError")
    await page.get_by_role("button", name="Start video call").click()
    await expect(page.get_by_role("heading", name="Waiting for an agent")).to_be_visible()
    await expect(page.get_by_text("Your camera is blocked by your browser")).to_be_visible()
    assert server.posted[0] == ("/links/token/calls", {"media": "video"})
    await give_devices(page)
    await page.get_by_role("button", name="Camera on").click()
    await expect(page.get_by_role("button", name="Camera off")).to_be_visible()
    await expect(page.get_by_label("Your picture")).to_be_visible()


async def test_a_name_that_is_asked_for_must_be_given(browser: Browser) -> None:
    server = Server(link())
    page = await server.open(browser)
    await give_devices(page)
    await page.get_by_role("button", name="Start audio call").click()
    field = page.get_by_label("Your name")
    await expect(field).to_be_focused()
    await expect(field).to_have_attribute("aria-invalid", "true")
    assert server.posted == []
    await field.fill("Tom Berg")
    await page.get_by_role("button", name="Start audio call").click()
    await expect(page.get_by_role("heading", name="Waiting for an agent")).to_be_visible()
    assert server.posted[0] == ("/links/token/calls", {"media": "audio", "name": "Tom Berg"})


REFUSALS = {
    "nobody_here": "Nobody can take your call right now",
    "queue_closed": "We are closed at the moment",
    "link_in_use": "This link is in use",
    "link_used": "This link has been used",
}


async def test_a_refusal_of_the_call_itself_is_explained(browser: Browser) -> None:
    """LNK-11: what changed since the page was opened."""
    for code, sentence in REFUSALS.items():
        server = Server(link(asks_name=False))
        server.refusal = (409, code)
        page = await server.open(browser)
        await give_devices(page)
        await page.get_by_role("button", name="Start audio call").click()
        await expect(page.get_by_role("heading", name=sentence)).to_be_visible()
        await page.context.close()


async def test_a_message_that_was_not_sent_stays_in_the_box(browser: Browser) -> None:
    server = Server(link(call=talking()))
    page = await server.open(browser)
    box = page.get_by_label("Write a message")
    server.refusal = (503, "busy")
    await box.fill("My number is 4471")
    await box.press("Enter")
    await expect(page.get_by_text("Your message was not sent")).to_be_visible()
    await expect(box).to_have_value("My number is 4471")
    server.refusal = None
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("list", name="Messages").get_by_text("My number is 4471")).to_be_visible()
    await expect(box).to_have_value("")
    keys = [body["key"] for path, body in server.posted if path.endswith("/messages")]
    assert keys[0] == keys[1], "a repeat is the same message"


async def test_changes_are_announced_to_screen_readers(browser: Browser) -> None:
    server = Server(link(call=call()))
    page = await server.open(browser)
    said = page.locator("p.spoken")
    await expect(said).to_have_text("You are waiting for an agent.")
    server.says(talking())
    await expect(said).to_have_text("Ana Silva has answered. You are connected.")
    message = {"number": 1, "at": at(), "from": "agent", "name": "Ana Silva", "text": "One moment."}
    server.says(talking(messages=[message]))
    await expect(page.get_by_role("list", name="Messages")).to_contain_text("One moment.")
    server.says(talking(messages=[message, message | {"number": 2, "text": "I have it."}]))
    await expect(said).to_have_text("Ana Silva: I have it.")


async def test_a_second_tab_takes_the_call_and_the_first_can_have_it_back(browser: Browser) -> None:
    """PLUS-01: one browser's tabs do not fight over a leg."""
    server = Server(link(call=talking()))
    first = await server.open(browser)
    await expect(first.get_by_role("button", name="Hang up")).to_be_visible()
    second = await first.context.new_page()
    await second.route("**/*", server.answer)
    await second.goto(f"{ORIGIN}/c/token")
    await expect(first.get_by_role("heading", name="Your call goes on in another tab")).to_be_visible()
    await first.get_by_role("button", name="Continue here").click()
    await expect(second.get_by_role("heading", name="Your call goes on in another tab")).to_be_visible()
    await expect(first.get_by_role("button", name="Hang up")).to_be_visible()


def test_the_page_is_one_small_file() -> None:
    """It loads nothing but itself, and as it is sent it is far under 60 KB in all."""
    html = built_page()
    assert len(gzip.compress(html.encode())) < 30_000
    assert 'src="' not in html
    assert "stylesheet" not in html
