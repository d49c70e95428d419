"""How long it takes from the press on "Answer" until each side hears and sees the other.

A real server, real Chromium, real media: the agent's page notes when Answer is pressed, and each page when it first
receives the other's tone and the other's colour. Sound is known by a spectrum of 170 ms, so its figures are upper
bounds. Run: python benchmarks/answer_latency.py [calls]
"""

import asyncio
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Final

from playwright.async_api import async_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.browser import chromium
from tests.flow.people import RGB, Agent, Customer, Person, arrive, eventually
from tests.flow.server import Server

CALLS: Final = 10
WATCH: Final = """([hertz, rgb]) => {
    const first = (window.first = { heard: null, seen: null, pressed: null });
    addEventListener("click", (event) => {
        if (event.target.closest("button")?.textContent.includes("Answer")) first.pressed = Date.now();
    }, { capture: true });
    (async () => {
        while (first.heard === null || first.seen === null) {
            const got = await senses();
            if (first.heard === null && Math.abs(got.hertz - hertz) < 0.02 * hertz) first.heard = Date.now();
            const close = (one, at) => Math.abs(one - rgb[at]) < 45;
            if (first.seen === null && got.colour !== null && got.colour.every(close)) first.seen = Date.now();
            await new Promise((resolve) => setTimeout(resolve, 10));
        }
    })();
}"""


async def main(calls: int) -> None:
    """Make the calls and print the medians, in milliseconds."""
    found = chromium.find()
    if found is None:
        sys.exit("No Chromium was found: install one, or set CHROMIUM to its path.")
    figures: list[dict[str, int]] = []
    with tempfile.TemporaryDirectory(prefix="parley-") as data:
        server = Server(Path(data))
        async with async_playwright() as playwright:
            await server.start()
            try:
                browser = await playwright.chromium.launch(
                    executable_path=found, args=[*chromium.ARGUMENTS, "--autoplay-policy=no-user-gesture-required"]
                )
                password = next(one["password"] for one in server.demo["accounts"] if one["login"] == "ana")
                agent: Agent = await arrive(browser, Agent, 700, "#2020c0")
                await agent.signs_in(server.url, "ana", password)
                await agent.chooses("Active")
                for number in range(calls):
                    customer: Customer = await arrive(browser, Customer, 1500, "#c02020")
                    await customer.opens(server.demo["call_link"])
                    figures.append(await one_call(customer, agent, f"Caller {number}"))
                    print(f"call {number + 1}: {figures[-1]}", flush=True)
                    await customer.context.close()
                await browser.close()
            finally:
                await server.kill()
    for what in figures[0]:
        values = sorted(one[what] for one in figures)
        print(f"{what}: median {statistics.median(values):.0f} ms ({values[0]} to {values[-1]})")


async def one_call(customer: Customer, agent: Agent, name: str) -> dict[str, int]:
    """Make one video call and return what it took, in milliseconds."""
    await customer.calls("video", name)
    await agent.rings(name)
    # An agent lets it ring for a moment; meanwhile the microphone connects.
    await eventually(agent.senses, lambda got: got["connected"], "microphone")
    await agent.page.evaluate(WATCH, [customer.hertz, RGB[customer.css]])
    await customer.page.evaluate(WATCH, [agent.hertz, RGB[agent.css]])
    await agent.press("Answer")
    at_agent, at_customer = await both(agent), await both(customer)
    pressed = at_agent["pressed"]
    await agent.press("Hang up")
    await agent.reports()
    return {
        "the customer hears": at_customer["heard"] - pressed,
        "the customer sees": at_customer["seen"] - pressed,
        "the agent hears": at_agent["heard"] - pressed,
        "the agent sees": at_agent["seen"] - pressed,
    }


async def both(person: Person) -> dict[str, int]:
    """Wait until a person hears and sees, and return when that was."""
    return await eventually(
        lambda: person.page.evaluate("window.first"), lambda got: got["heard"] and got["seen"], "the other"
    )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else CALLS))
