"""How soon a video call is sharp: the time from connecting to 640 x 360 at the customer's side, and how it grows.

The customer has waited with music and a camera that nobody saw, as in a queue; the agent's page connects and the two
are bridged at once. Chromium, a busy picture of 640 x 360 at 24 a second, REMB as the only feedback on bandwidth.
Run: python benchmarks/media_first_picture.py
"""

import asyncio
import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.async_api import Page

from callflow.wiring import HOLD_MUSIC, FromPrompt, Stream
from media.settings import MediaSettings
from tests.browser import chromium
from tests.media.parties import ALICE, BOB, CALL, both_ways
from tests.media.theatre import BLUE, PERSON, RED, theatre_of

CALLS = 5
WAITED_S = 6.0
LIMIT_S = 15.0
LOOKS_S = (1.0, 3.0, 6.0, 10.0)


async def figures(page: Page) -> dict[str, Any]:
    """Read what a page measures."""
    return await page.evaluate("measure()")


async def sharp_after(page: Page, began: float) -> float:
    """Wait for a received picture of 640 x 360 or more; return seconds since `began`, or the limit."""
    while time.monotonic() - began < LIMIT_S:
        if ((await figures(page)).get("video_1", {}).get("width") or 0) >= PERSON.width:
            return time.monotonic() - began
        await asyncio.sleep(0.05)
    return LIMIT_S


async def call(browser: Path) -> tuple[float, float, list[int]]:
    """Make one call; return the two times to a sharp picture, and the customer's bit rates as the call goes on."""
    async with theatre_of(MediaSettings(include_loopback=True), browser) as here:
        customer = await here.enter(ALICE, 440, RED, PERSON)
        here.stage.plane.wire(CALL, 1, {ALICE: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}})
        await asyncio.sleep(WAITED_S)
        began = time.monotonic()
        agent = await here.enter(BOB, 660, BLUE, PERSON)
        here.stage.plane.wire(CALL, 2, both_ways(ALICE, BOB, *Stream))
        to_customer, to_agent = await asyncio.gather(sharp_after(customer, began), sharp_after(agent, began))
        rates: list[int] = []
        for at in LOOKS_S:
            await asyncio.sleep(max(0.0, began + at - time.monotonic()))
            sent = [(await figures(page))["sent_1"]["target"] or 0 for page in (customer, agent)]
            rates.append(round(min(sent) / 1000))
        return to_customer, to_agent, rates


async def main() -> None:
    """Make some calls and print the times and the lower one of the two cameras' bit rates."""
    found = chromium.find()
    assert found is not None, "no Chromium on this machine"
    times: list[float] = []
    for _ in range(CALLS):
        to_customer, to_agent, rates = await call(found)
        times += [to_customer, to_agent]
        grows = ", ".join(f"{rate} at {at:.0f} s" for rate, at in zip(rates, LOOKS_S, strict=True))
        print(
            f"640 x 360 at the customer after {to_customer:.2f} s, at the agent after {to_agent:.2f} s; kbit/s: {grows}"
        )
    print(f"median {statistics.median(times):.2f} s, longest {max(times):.2f} s, over {len(times)} pictures")


if __name__ == "__main__":
    asyncio.run(main())
