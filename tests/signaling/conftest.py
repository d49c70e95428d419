"""The fixtures of the edge's tests."""

from tests.signaling.house import house

__all__ = ["house"]
