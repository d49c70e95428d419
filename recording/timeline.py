"""When each packet was spoken or seen, on the recording's own clock.

Packets arrive late by what the network made of it, never early. So the least of "arrival minus RTP time" within some
seconds is where the sender's clock stands against ours: jitter does not move it, and it follows a clock that runs fast
or slow. Where the difference changes for good, the sender has left time out of its numbering: a new segment begins.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from recording.columns import MAX_LANES, Columns

Numbers = NDArray[np.int64]
Seconds = NDArray[np.float64]

STEP_S: Final = 0.5
"""A step of one packet against the clock of arrivals that is looked at: a stall of the network, or the sender's own."""
AROUND: Final = 500
"""How many packets before and after such a step say which of the two it is."""
ENVELOPE_S: Final = 10
"""The least delay is looked for within so many seconds on each side."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Packets in the sender's order, without duplicates, whose times hang together."""

    packets: Numbers
    """Numbers of rows of the columns."""
    sequence: Numbers
    timestamp: Numbers
    seconds: Seconds
    """When each was sent, on the recording's clock."""


def segments_of(columns: Columns) -> list[Segment]:
    """Put a stream's packets in order and in time; segments stand in the order of their first packets."""
    if not len(columns):
        return []
    lanes = np.asarray(columns.lane)
    by_lane = np.argsort(lanes, kind="stable")
    cuts = np.flatnonzero(np.diff(lanes[by_lane])) + 1
    segments = [segment for rows in np.split(by_lane, cuts) for segment in _segments_of_lane(columns, rows)]
    return sorted(segments, key=lambda segment: segment.seconds[0])


def _segments_of_lane(columns: Columns, rows: Numbers) -> Iterator[Segment]:
    sequence = np.asarray(columns.sequence)[rows]
    repair = np.asarray(columns.repair)[rows]
    order = np.lexsort((repair, sequence))
    # Of several with one number the first is kept, and a repair only where the original is missing.
    kept = order[np.flatnonzero(np.diff(sequence[order], prepend=sequence[order[0]] - 1))]
    rows, sequence, repair = rows[kept], sequence[kept], repair[kept]
    timestamp = np.asarray(columns.timestamp)[rows]
    arrival = np.asarray(columns.arrival)[rows]
    sent = timestamp / columns.hertz
    first = np.flatnonzero(repair == 0)
    edges = [0, *(int(first[step]) for step in _lasting_steps(arrival[first] - sent[first])), len(rows)]
    for start, end in itertools.pairwise(edges):
        part = slice(start, end)
        seconds = sent[part] + _offsets(sent[part], arrival[part], repair[part] == 0)
        yield Segment(rows[part], sequence[part], timestamp[part], seconds)


def _lasting_steps(delay: Seconds) -> list[int]:
    """Return where the delay of arrivals changes by a step and stays so."""
    steps: list[int] = []
    for step in np.flatnonzero(np.abs(np.diff(delay)) > STEP_S) + 1:
        begun = max(steps[-1] if steps else 0, int(step) - AROUND)
        before, after = delay[begun:step].min(), delay[step : step + AROUND].min()
        if abs(after - before) > STEP_S:
            steps.append(int(step))
            if len(steps) == MAX_LANES:
                break
    return steps


def _offsets(sent: Seconds, arrival: Seconds, original: NDArray[np.bool_]) -> Seconds:
    """Return for each packet how far the recording's clock is ahead of the sender's: the low envelope of the delays."""
    beats = (sent - sent.min()).astype(np.int64)
    least = np.full(int(beats.max()) + 1, np.inf)
    np.minimum.at(least, beats[original], (arrival - sent)[original])
    around = np.pad(least, ENVELOPE_S, constant_values=np.inf)
    envelope: Seconds = np.lib.stride_tricks.sliding_window_view(around, 2 * ENVELOPE_S + 1).min(axis=1)
    known = np.flatnonzero(np.isfinite(envelope))
    if not len(known):  # retransmissions alone: they may have taken any time
        return np.full(len(sent), float((arrival - sent).min()))
    return np.asarray(np.interp(sent - sent.min(), known + 0.5, envelope[known]), np.float64)
