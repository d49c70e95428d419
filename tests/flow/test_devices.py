"""Microphones and cameras that are refused, missing or pulled out. The browser itself refuses; its devices are fake."""

from typing import TypeVar

import pytest
from playwright.async_api import Browser, expect

from tests.flow.conftest import Centre, launched
from tests.flow.people import Agent, Customer, Person

pytestmark = pytest.mark.flow

P = TypeVar("P", bound=Person)

NO_CAMERA = "--use-fake-device-for-media-stream=device-count=0"
FAKE_DEVICES = "--use-fake-device-for-media-stream"
"""Without a permission Chromium refuses them."""


async def test_a_refused_microphone_has_its_own_sentence_and_a_way_on(centre: Centre) -> None:
    """PLUS-17: nobody is called until the customer can be heard; after the permission the same page goes on."""
    agent = await centre.active_agent()
    async with launched(FAKE_DEVICES) as browser:
        customer = await with_devices(centre, Customer, browser)
        await customer.opens(centre.link)
        await customer.page.get_by_label("Your name").fill("Carla Customer")
        await customer.press("Start audio call")
        await customer.reads("Your browser blocks the microphone.")
        await customer.press("Show me how")
        await customer.reads("allow microphone and camera, then choose “Try again”")
        assert await centre.parley.store.live_calls() == []
        await customer.context.grant_permissions(["microphone"])
        await customer.press("Try again")
        await expect(customer.page.get_by_role("alert")).to_be_hidden()
        await customer.calls("video")
        await customer.reads("Your camera is blocked by your browser. The call works with sound alone.")
        await agent.rings("Carla Customer")
        await agent.press("Answer")
        await hears_something(agent)


async def test_without_a_camera_a_video_call_goes_on_with_sound(centre: Centre) -> None:
    """CALL-07, PLUS-17: the agent is seen and the customer heard."""
    agent = await centre.active_agent()
    async with launched(NO_CAMERA) as browser:
        customer = await with_devices(centre, Customer, browser, "microphone", "camera")
        await customer.opens(centre.link)
        await customer.calls("video", "Carla Customer")
        await customer.reads("No camera was found. The call works with sound alone.")
        await agent.rings()
        await agent.press("Answer")
        await hears_something(agent)
        await agent.reads("No picture from Carla Customer")
        await expect(customer.page.get_by_label("Picture of Ana Anić")).to_be_visible()


async def test_an_agent_whose_microphone_is_refused_is_told_in_the_call(centre: Centre) -> None:
    """CALL-06: the call stands, the dock says that nobody hears the agent, and trying again mends it."""
    async with launched(FAKE_DEVICES, "--autoplay-policy=no-user-gesture-required") as browser:
        agent = await with_devices(centre, Agent, browser)
        await agent.signs_in(centre.url, "ana", centre.password("ana"))
        await agent.chooses("Active")
        customer = await centre.answered(agent)
        await expect(agent.dock.get_by_role("alert")).to_contain_text("Your browser blocks the microphone.")
        await agent.context.grant_permissions(["microphone"])
        await agent.dock.get_by_role("button", name="Try again").click()
        await hears_something(customer)
        await expect(agent.dock.get_by_role("alert")).to_be_hidden()


async def test_a_headset_that_is_pulled_out_in_mid_call_gives_way_to_another_microphone(centre: Centre) -> None:
    """CALL-06, PLUS-01: on either side, without a new connection; muted stays muted."""
    agent = await centre.active_agent()
    customer = await centre.answered(agent)
    await customer.hears(agent)
    await unplugs(agent)
    await agent.reads("The microphone has changed. You now speak through Desk microphone.")
    await customer.hears(agent)
    await agent.hears(customer)
    await customer.press("Mute")
    await agent.hears_nothing()
    await unplugs(customer)
    await customer.press("Unmute")
    await agent.hears(customer)
    for person in (agent, customer):
        assert (await person.senses())["connections"] == 1


async def with_devices(centre: Centre, kind: type[P], browser: Browser, *permissions: str) -> P:
    """Somebody with the browser's own devices, who has allowed this much."""
    context = await browser.new_context(permissions=permissions)
    person = kind(context, await context.new_page(), 0, "")
    centre.people.append(person)
    return person


async def unplugs(person: Person) -> None:
    """Pull this person's headset out."""
    await person.page.evaluate("unplug()")
    person.hertz += 300


async def hears_something(person: Person) -> None:
    """Wait until a sound arrives."""
    await person.feels(lambda got: got["hertz"] > 0, "sound")
