"""The sounds that come with the program: they are computed, so that they are nobody's but ours.

The hold music is a calm piece: sixteen bars of soft chords with a slow arpeggio above them, 46 seconds; it is
built on a circle, so that its end runs into its beginning.
"""

from typing import Final

import numpy as np

from media.opus import FRAME, RATE, Samples

SECONDS_PER_BAR: Final = 2.88
LEVEL_DBFS: Final = -20.0
"""Root mean square: loud enough to be heard, soft enough to talk over."""
RINGBACK_DBFS: Final = -24.0
"""Root mean square while it sounds: of its two tones together."""
TONE_DBFS: Final = -20.0
"""Root mean square of the tone before a message."""
CHORDS: Final = (
    (48, 55, 64, 71), (45, 52, 60, 67), (41, 48, 57, 64), (43, 50, 59, 62),
    (48, 55, 62, 64), (40, 47, 55, 62), (41, 48, 57, 60), (43, 50, 57, 62),
    (45, 52, 60, 64), (41, 53, 57, 60), (48, 55, 60, 64), (43, 50, 59, 65),
    (38, 50, 57, 65), (43, 50, 59, 62), (40, 52, 55, 59), (43, 50, 55, 62),
)  # fmt: skip
"""Sixteen chords as MIDI notes, lowest first."""
PATTERN: Final = (0, 1, 2, 3, 2, 1, 2, 3)
"""Which note of the chord the arpeggio plays on each eighth."""


def hold_music() -> Samples:
    """Compute the piece. Takes about half a second: not on the loop."""
    bar = int(SECONDS_PER_BAR * RATE) // FRAME * FRAME
    total = bar * len(CHORDS)
    piece = np.zeros(total)
    notes = {note for chord in CHORDS for note in chord}
    pads = {note: _pad(note, bar * 3 // 2) for note in notes}
    plucks = {note: _pluck(note + 12, int(2.2 * RATE)) for note in notes}
    for index, chord in enumerate(CHORDS):
        start = index * bar
        for note in chord:
            _add(piece, start - bar // 4, pads[note])
        for step, which in enumerate(PATTERN):
            velocity = 0.55 if step % 4 == 0 else 0.4
            _add(piece, start + step * bar // len(PATTERN), velocity * plucks[chord[which]])
    for delay, gain in ((0.31, 0.25), (0.47, 0.18), (0.73, 0.12)):
        piece += gain * np.roll(piece, int(delay * RATE))
    piece *= 10 ** (LEVEL_DBFS / 20) / np.sqrt(np.mean(piece**2))
    return np.tanh(piece).astype(np.float32)


def ringback() -> Samples:
    """Compute the tone of a telephone that rings elsewhere: two seconds of every six, with soft edges (XFER-05)."""
    piece = np.zeros(6 * RATE)
    time = np.arange(2 * RATE) / RATE
    tone = np.sin(2 * np.pi * 440 * time) + np.sin(2 * np.pi * 480 * time)
    edges = np.minimum(1.0, np.minimum(time, time[::-1]) / 0.04)
    piece[: len(time)] = tone * edges * 10 ** (RINGBACK_DBFS / 20)
    return piece.astype(np.float32)


def message_tone() -> Samples:
    """Compute the tone after which somebody speaks a message: one short note, with soft edges, and a pause before."""
    time = np.arange(int(0.4 * RATE)) / RATE
    edges = np.minimum(1.0, np.minimum(time, time[::-1]) / 0.02)
    note = np.sin(2 * np.pi * 1000 * time) * edges * 10 ** (TONE_DBFS / 20) * np.sqrt(2)
    return np.concatenate([np.zeros(int(0.4 * RATE)), note]).astype(np.float32)


def _add(piece: np.ndarray, start: int, sound: np.ndarray) -> None:
    positions = (start + np.arange(len(sound))) % len(piece)
    piece[positions] += sound


def _frequency(note: int) -> float:
    return 440.0 * 2 ** ((note - 69) / 12)


def _pad(note: int, length: int) -> np.ndarray:
    """A soft held tone: three near unisons, swelling and fading over its whole length."""
    time = np.arange(length) / RATE
    envelope = np.sin(np.pi * np.arange(length) / length) ** 2
    tone = np.zeros(length)
    for detune in (-0.0015, 0.0, 0.0015):
        phase = 2 * np.pi * _frequency(note) * (1 + detune) * time
        tone += np.sin(phase) + 0.25 * np.sin(2 * phase) + 0.08 * np.sin(3 * phase)
    return 0.12 * envelope * tone


def _pluck(note: int, length: int) -> np.ndarray:
    """A struck tone, like a soft electric piano."""
    time = np.arange(length) / RATE
    phase = 2 * np.pi * _frequency(note) * time
    attack = np.minimum(1.0, time / 0.008)
    fade = np.minimum(1.0, (length / RATE - time) / 0.05)
    tone = np.exp(-2.2 * time) * np.sin(phase) + 0.35 * np.exp(-5.0 * time) * np.sin(2 * phase)
    tone += 0.08 * np.exp(-9.0 * time) * np.sin(4 * phase)
    return attack * fade * tone
