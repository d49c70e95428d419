"""What a page plays of itself, for whichever browser evaluates scripts in it."""

import json
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from tests.flow.people import RGB, eventually

EARS: Final = Path(__file__).with_name("ears.js").read_text()
"""Listens to what a page plays itself: `ears()` is the loudest tone on each ear, 0 for silence."""
COLOUR: Final = (
    "(video) => { const pen = new OffscreenCanvas(8, 8).getContext('2d'); pen.drawImage(video, 0, 0, 8, 8);"
    " return Array.from(pen.getImageData(3, 3, 1, 1).data.slice(0, 3)); }"
)
"""Tells what colour a picture has."""

Evaluate = Callable[[str], Awaitable[Any]]


async def on_the_ears(evaluate: Evaluate, left: int, right: int) -> None:
    """Wait until these tones are heard on the two ears, within 2 %; 0 is silence."""

    def right_ones(heard: list[float]) -> bool:
        return all(abs(one - wanted) <= 0.02 * wanted for one, wanted in zip(heard, (left, right), strict=True))

    await eventually(partial(evaluate, "ears()"), right_ones, f"{left} Hz on the left and {right} Hz on the right")


async def shows(evaluate: Evaluate, picture: str, css: str) -> None:
    """Wait until the picture with this label shows this colour."""
    selector = json.dumps(f'video[aria-label="{picture}"]')
    colour = f"({COLOUR})(document.querySelector({selector}))"
    await eventually(partial(evaluate, colour), lambda got: got == pytest.approx(RGB[css], abs=45), f"the colour {css}")
