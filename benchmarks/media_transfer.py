"""How long the customer's picture stands still when a call is transferred, and when it is held and taken back.

Three Chromium pages before a real media plane; two agents take turns. A gap is the longest time between two pictures
that the customer's page showed (requestVideoFrameCallback), over the second after the switch; at 24 pictures a second
it is 42 ms when nothing happens. For hold it is counted from the moment of taking back, and the music is checked.
Run: python benchmarks/media_transfer.py
"""

import asyncio
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.async_api import Page

from callflow.wiring import HOLD_MUSIC, FromPrompt, Stream
from media.settings import MediaSettings
from tests.browser import chromium
from tests.media.parties import ALICE, BOB, CALL, CAROL, both_ways
from tests.media.theatre import BLUE, GREEN, PERSON, RED, Theatre, hears_and_sees, measured, sees, theatre_of

TRANSFERS = 20
HOLDS = 10
AGENTS = ((BOB, 660, BLUE), (CAROL, 880, GREEN))


async def freezes(page: Page) -> int:
    """Read how often the browser counted the picture as frozen."""
    figures = await page.evaluate("measure()")
    return figures["video_1"]["freezes"]


def told(what: str, gaps: list[float], frozen: int) -> None:
    """Print one line of results."""
    print(
        f"{what}: median {statistics.median(gaps):.0f} ms, longest {max(gaps):.0f} ms, over {len(gaps)}; "
        f"freezes {frozen}; all: {' '.join(f'{gap:.0f}' for gap in sorted(gaps))}"
    )


async def transfers(here: Theatre, customer: Page, epoch: int) -> int:
    """Give the customer one agent after the other."""
    gaps: list[float] = []
    before = await freezes(customer)
    for index in range(TRANSFERS):
        agent, hertz, colour = AGENTS[(index + 1) % 2]
        epoch += 1
        now = await customer.evaluate("performance.now()")
        here.stage.plane.wire(CALL, epoch, both_ways(ALICE, agent, *Stream))
        await measured(customer, hears_and_sees(hertz, colour))
        await asyncio.sleep(1)
        gaps.append(await customer.evaluate("longestGap", now))
    told("transfer, the customer's picture", gaps, await freezes(customer) - before)
    return epoch


async def holds(here: Theatre, customer: Page, agent: Page, epoch: int) -> int:
    """Hold the customer, who hears music and sees nobody, and take him back."""
    gaps: list[float] = []
    for _ in range(HOLDS):
        epoch += 1
        here.stage.plane.wire(CALL, epoch, {ALICE: {Stream.VOICE: FromPrompt(HOLD_MUSIC)}, BOB: {}})
        await asyncio.sleep(0.3)
        shown = await customer.evaluate("shown.length"), await agent.evaluate("shown.length")
        await measured(customer, lambda figures: figures["hertz"] > 50 and not hears_and_sees(660, BLUE)(figures))
        await asyncio.sleep(1)
        assert shown == (await customer.evaluate("shown.length"), await agent.evaluate("shown.length"))
        epoch += 1
        now = await customer.evaluate("shown.push(performance.now()) && performance.now()")
        here.stage.plane.wire(CALL, epoch, both_ways(ALICE, BOB, *Stream))
        await measured(customer, hears_and_sees(660, BLUE))
        await measured(agent, sees(RED))
        await asyncio.sleep(0.7)
        gaps.append(await customer.evaluate("longestGap", now))
    told("taken back from hold, to the first picture", gaps, 0)
    return epoch


async def main() -> None:
    """Measure both and print them."""
    found = chromium.find()
    assert found is not None, "no Chromium on this machine"
    async with theatre_of(MediaSettings(include_loopback=True), found) as here:
        customer = await here.enter(ALICE, 440, RED, PERSON)
        pages = [await here.enter(leg, hertz, colour, PERSON) for leg, hertz, colour in AGENTS]
        here.stage.plane.wire(CALL, 1, both_ways(ALICE, BOB, *Stream))
        await measured(customer, hears_and_sees(660, BLUE))
        await asyncio.sleep(5)
        epoch = await transfers(here, customer, 1)
        await holds(here, customer, pages[0], epoch)


if __name__ == "__main__":
    asyncio.run(main())
