"""The media process dies while people wait, are rung and talk."""

import os
import signal
import time

import pytest

from tests.flow.conftest import Centre
from tests.flow.people import Person
from tests.flow.test_first_call import talk

pytestmark = pytest.mark.flow


async def media_dies(centre: Centre, *people: Person) -> None:
    """Kill the media process, and wait until each of these pages has a new connection."""
    before = [(await person.senses())["connections"] for person in people]
    (worker,) = centre.media.workers
    os.kill(worker.pid, signal.SIGKILL)
    for person, count in zip(people, before, strict=True):
        await person.feels(lambda got, count=count: got["connected"] and got["connections"] > count, "new connection")


async def test_a_call_goes_on_when_its_media_process_dies(centre: Centre) -> None:
    """PLUS-01: the same call, on another process, after the pages were told."""
    customer, agent = await talk(centre)
    (call,) = await centre.parley.store.live_calls()
    began = time.monotonic()
    await media_dies(centre, customer, agent)
    await customer.hears(agent)
    await agent.hears(customer)
    await customer.sees(agent)
    print(f"both heard and saw each other again {time.monotonic() - began:.1f} s after the media process was killed")
    (after,) = await centre.parley.store.live_calls()
    assert after.id == call.id


async def test_a_caller_is_answered_though_the_media_process_dies_in_the_queue_and_again_in_the_ring(
    centre: Centre,
) -> None:
    """PLUS-01, PLUS-13: the place is kept, and the ring goes on."""
    agent = await centre.active_agent()
    await agent.chooses("Away")
    customer = await centre.caller()
    await customer.feels(lambda got: got["connected"], "a connection")
    await media_dies(centre, customer)
    await agent.chooses("Active")
    await agent.rings("Carla Customer")
    await agent.feels(lambda got: got["connected"], "a connection")
    await media_dies(centre, customer)
    await agent.press("Answer")
    await customer.hears(agent)
    await agent.hears(customer)
