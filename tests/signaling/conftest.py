"""The fixtures of the edge's tests."""

from tests.signaling.house import cache, house

__all__ = ["cache", "house"]
