"""How loud each voice is over time, for the picture under the player. Decoding the file also shows that it can be."""

import math
from pathlib import Path
from typing import Final

import numpy as np

from media.opus import RATE
from recording.webm import heard

PER_SECOND: Final = 10
LOUDEST: Final = 255


def waveform_of(path: Path, seconds: float) -> dict[str, object]:
    """Return the peaks of both channels, `PER_SECOND` each, from 0 to `LOUDEST`."""
    step = RATE // PER_SECOND
    peaks = np.zeros((2, max(1, math.ceil(seconds * PER_SECOND))), np.float32)
    for begins, sound in heard(path):
        at, rest = begins, np.abs(sound)
        while rest.shape[1]:
            beat, size = at // step, step - at % step
            if 0 <= beat < peaks.shape[1]:
                peaks[:, beat] = np.maximum(peaks[:, beat], rest[:, :size].max(axis=1))
            at, rest = at + size, rest[:, size:]
    customer, agent = np.clip(np.round(peaks * LOUDEST), 0, LOUDEST).astype(int).tolist()
    return {"per_second": PER_SECOND, "loudest": LOUDEST, "customer": customer, "agent": agent}
