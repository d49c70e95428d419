"""What the database said last of who one is: for hang-ups, which are taken while it is away too (reliability S17)."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from conversations.tokens import token_hash

T = TypeVar("T")

MOST: Final = 20_000
"""The one that was quiet longest is forgotten first."""


class Remembered(Generic[T]):
    """One thing for each token; tokens are kept as their hashes."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, T] = OrderedDict()

    def keep(self, token: str, what: T) -> None:
        """Remember this for the holder of a token."""
        key = token_hash(token)
        self._known[key] = what
        self._known.move_to_end(key)
        if len(self._known) > MOST:
            self._known.popitem(last=False)

    def drop(self, token: str) -> None:
        """Forget the holder of a token."""
        self._known.pop(token_hash(token), None)

    def drop_all(self, which: Callable[[T], bool]) -> None:
        """Forget every holder of whom such a thing is remembered."""
        for key in [key for key, what in self._known.items() if which(what)]:
            del self._known[key]

    def of(self, token: str) -> T | None:
        """Return what is remembered."""
        return self._known.get(token_hash(token))
