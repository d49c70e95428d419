"""A change that somebody else was faster with, or whose connection broke: read again, and decide again."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from callflow.errors import LostRaceError, StoreBrokeOffError

T = TypeVar("T")

ATTEMPTS: Final = 5


async def until_won(change: Callable[[], Awaitable[T]]) -> T:
    """Return what came of a change. Raises what the last attempt raised."""
    for _ in range(ATTEMPTS - 1):
        try:
            return await change()
        except (LostRaceError, StoreBrokeOffError):
            continue
    return await change()
