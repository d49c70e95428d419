import asyncio

import pytest

from media.turns import Turns

pytestmark = pytest.mark.unit


async def test_a_few_are_in_at_a_time_in_the_order_in_which_they_came() -> None:
    """PLUS-01: a hundred legs that return at once stall no call."""
    turns, order, inside, most = Turns(2), list[int](), 0, 0

    async def one(number: int) -> None:
        nonlocal inside, most
        async with turns.turn():
            order.append(number)
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(one(number) for number in range(20)))
    assert most == 2
    assert order == list(range(20))


async def test_who_is_slow_keeps_nobody_out_and_gives_the_turn_back_only_once() -> None:
    turns, leave, ended = Turns(1, patience_s=0.01), asyncio.Event(), list[str]()

    async def slow() -> None:
        async with turns.turn():
            await leave.wait()
        ended.append("slow")

    waiting = asyncio.create_task(slow())
    await asyncio.sleep(0)
    async with turns.turn():
        leave.set()
        await waiting
        assert not await comes_in(turns), "the slow one's turn was given back twice"
    assert ended == ["slow"]


async def comes_in(turns: Turns) -> bool:
    """Say whether there is room for another one now."""
    came = asyncio.create_task(turns.turn().__aenter__())
    done, _ = await asyncio.wait([came], timeout=0)
    came.cancel()
    return bool(done)


async def test_a_turn_that_ends_by_an_error_is_given_back() -> None:
    turns = Turns(1)
    with pytest.raises(ValueError, match="broken"):
        async with turns.turn():
            raise ValueError("broken")
    async with asyncio.timeout(1), turns.turn():
        pass
