"""The customer's page while somebody waits, to be let in too, is called back, on hold or handed over."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.flow.people import eventually
from tests.flow.test_call_page import DESK, SMALL_PHONE, Json, Server, at, call, give_devices, link, sound, talking

pytestmark = pytest.mark.flow

AWAY = {"mine": "away", "transport": None, "callback_at": at(-40)}
ANA: Json = {"name": "Ana Silva", "state": "up"}


@pytest.mark.parametrize(("size", "look"), [(SMALL_PHONE, "light"), (DESK, "dark")])
async def test_each_state_of_a_customer_who_is_not_talking_has_its_words_and_is_sound(
    browser: Browser, size: tuple[int, int], look: str
) -> None:
    """CALL-07, PLUS-03, PLUS-12, XFER-05: shown, announced, and without a finding of axe."""
    server = Server(link(call=call()))
    page = await server.open(browser, size, color_scheme=look)
    await says(page, "Waiting for an agent", "You are waiting for an agent.")
    server.places(12, 35)
    await says(page, "Waiting for an agent", "You are number 12 in the queue. About 35 minutes.")
    server.says(talking(held_at=at(-61)))
    await says(page, "Ana Silva", "You are on hold and hear music. Ana Silva will be back with you.")
    await expect(page.locator("p.text")).to_have_text(
        "You are on hold and hear music. Ana Silva will be back with you."
    )
    server.says(talking(phase="transferring", agent=None))
    await says(page, "We are connecting you to a colleague", "We are connecting you to a colleague")
    await expect(page.locator("p.text")).to_have_text("You hear it ringing. Stay on this page.")
    server.says(call(voice_message=spoken(42)))
    prompt = "Speak after the tone, up to 3 minutes. You keep your place until you send it."
    await says(page, "Leave a message", prompt)
    await expect(page.get_by_role("timer", name="Length of the message")).to_have_text("0:42")
    await expect(page.get_by_role("button", name="Call me back")).to_be_hidden()
    for name in ("Send the message", "Start again", "Cancel and keep waiting", "Hang up"):
        await expect(page.get_by_role("button", name=name)).to_be_visible()
    server.says(call(voice_message=spoken(155)))
    await says(page, "Leave a message", re.compile(r"2\d seconds left\."))
    await page.context.close()

    server = Server(link(call=call(**AWAY)))
    page = await server.open(browser, size, color_scheme=look)
    sentence = "Your microphone and camera are off. Keep this page open: it rings when it is your turn."
    await says(page, "We will call you back", sentence)
    server.places(2, 3)
    await expect(page.locator("p.text")).to_have_text(f"You are second in the queue. About 3 minutes. {sentence}")
    await expect(page.get_by_text(page.url)).to_be_visible()
    await expect(page.get_by_role("button", name="Wait on the line instead")).to_be_visible()
    await expect(page.get_by_role("button", name="Give up my place")).to_be_visible()
    await expect(page.locator(".stage")).to_be_visible()  # the frame of the other states, so that nothing jumps
    assert await sound(page) == []
    server.says(call(**AWAY, phase="calling_back", agent=ANA))
    ring = page.get_by_role("alertdialog", name="Ana Silva is calling you back")
    await expect(ring.get_by_role("button", name="Answer")).to_be_focused()
    await expect(ring.get_by_role("button", name="Not now")).to_be_visible()
    await expect(ring).to_contain_text("Northwind Energy")
    await says(page, "Ana Silva is calling you back", "Ana Silva is calling you back")
    await page.context.close()


def spoken(seconds: float) -> Json:
    """A message that somebody speaks since so many seconds."""
    return {"since": at(-seconds), "until": at(180 - seconds)}


def message_ends() -> list[tuple[Json, str, str]]:
    """How a message can end, as of now: the page compares with the clock."""
    return [
        ({"ended_by": "customer", "voice_message": spoken(9)}, "Your message was sent", "We listen to it"),
        ({"ended_by": "system", "voice_message": spoken(181)}, "Your message was sent", "It reached 3 minutes."),
        ({"ended_by": "network", "voice_message": spoken(70)}, "Your message was kept", "what you said until then"),
        ({"ended_by": "system", "voice_message": spoken(70)}, "Your message was kept", "what you said until then"),
    ]


async def test_a_message_can_be_left_by_who_has_a_microphone_where_the_strategy_allows_it(browser: Browser) -> None:
    """PLUS-12, WSV-01: the button goes and comes while the customer looks at it."""
    server = Server(link(call=call()))
    page = await server.open(browser, SMALL_PHONE)
    leave, back = (page.get_by_role("button", name=name) for name in ("Leave a message", "Call me back"))
    await expect(back).to_be_visible()
    await expect(leave).to_be_hidden()
    await give_devices(page)
    await page.get_by_role("button", name="Try again").click()
    await expect(leave).to_be_visible()
    assert await sound(page) == []
    server.says(call(leaves_messages=False))
    await expect(leave).to_be_hidden()
    await expect(back).to_be_visible()
    await page.context.close()


async def test_each_end_of_a_message_says_what_became_of_it(browser: Browser) -> None:
    """PLUS-12, EVT-04: sent, full, or cut off; and an empty one is refused with a sentence."""
    server = Server(link(call=call(voice_message=spoken(1))))
    page = await server.open(browser, SMALL_PHONE)
    server.refusal = (409, "message_empty")
    await page.get_by_role("button", name="Send the message").click()
    await expect(page.get_by_role("alert")).to_contain_text("You have not said anything yet.")
    assert server.posted[-1][0].endswith("/voice-message/send")
    await page.context.close()
    for over, title, text in message_ends():
        server = Server(link(call=call(voice_message=spoken(1))))
        page = await server.open(browser, SMALL_PHONE)
        await expect(page.get_by_role("heading", name="Leave a message")).to_be_visible()
        server.says(call(phase="ended", ended_at=at(), end_reason="message_left", **over))
        await says(page, title, re.compile(re.escape(text)))
        await expect(page.get_by_role("button", name="Call again")).to_be_visible()
        await page.context.close()


ENDS: list[tuple[Json, str]] = [
    ({"end_reason": "callback_missed", "ended_by": "system", "agent": ANA}, "We could not reach you"),
    ({"end_reason": "callback_missed", "ended_by": "customer", "agent": ANA}, "You did not take the call"),
    ({"end_reason": "no_answer", "ended_by": "system"}, "We are sorry: we could not call you back"),
]


async def test_each_end_of_waiting_to_be_called_back_has_its_own_sentence(browser: Browser) -> None:
    """EVT-04, PLUS-12: missed, refused, and nobody was free in time; each leads on to another call."""
    for over, title in ENDS:
        server = Server(link(call=call(**AWAY)))
        page = await server.open(browser, SMALL_PHONE)
        await expect(page.get_by_role("heading", name="We will call you back")).to_be_visible()
        server.says(call(**AWAY, phase="ended", ended_at=at(), **over))
        await says(page, title, re.compile(re.escape(f"{title}. ")))
        await expect(page.get_by_role("button", name="Call again")).to_be_visible()
        await page.context.close()


async def says(page: Page, title: str, spoken: str | re.Pattern[str]) -> None:
    """Wait until the page has this title and tells a screen reader this; then axe finds nothing."""
    await expect(page.get_by_role("heading", name=title)).to_be_visible()
    await expect(page.locator("p.spoken")).to_have_text(spoken)
    assert await sound(page) == [], title


async def test_a_call_that_cannot_be_let_in_yet_is_asked_for_again_by_itself(browser: Browser) -> None:
    """LNK-11, PLUS-15: while the server is busy, has no database, restarts, cannot be reached; or at a press."""
    server = Server(link(asks_name=False))
    server.refusal = (503, "busy")
    page = await server.open(browser)
    await give_devices(page)
    await page.get_by_role("button", name="Start audio call").click()
    for code, title, text in (
        ("busy", "All our lines are busy", "it calls again by itself"),
        ("database_away", "We will be back in a moment", "Part of our system does not answer"),
        ("restarting", "We will be back in a moment", "Our system is being restarted"),
    ):
        server.refusal = (503, code)
        await expect(page.get_by_role("heading", name=title)).to_be_visible()
        await expect(page.locator("p.spoken")).to_contain_text(text)
        await expect(page.get_by_role("button", name="Try again")).to_be_visible()
        assert await sound(page) == []
    server.refusal, before = (0, ""), await server.asked()
    await eventually(server.asked, lambda times: times > before, "try that reaches nobody")
    await expect(page.get_by_role("heading", name=title)).to_be_visible()
    server.refusal = None
    await page.get_by_role("button", name="Try again").click()
    await expect(page.get_by_role("heading", name="Waiting for an agent")).to_be_visible()
    assert {path for path, _ in server.posted if not path.endswith("/leg")} == {"/links/token/calls"}
    await page.context.close()
