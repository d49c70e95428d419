"""What finishing a recording costs: CPU time of this process for each minute of a call, and against encoding it.

The taps hold real Opus and VP8 packets, of a tone and of pictures that change. "Encoding" is what finishing leaves out:
decoding both voices, mixing and encoding them, and for pictures the file with both beside each other. All in the same
run, one after the other; the ratios say more than the figures. Run: python benchmarks/recording_finish.py [MINUTES]
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from callflow.call import Role
from callflow.wiring import Stream
from media.opus import Decoder, Encoder
from recording.finishing import Facts, finish
from recording.side_by_side import make_side_by_side
from recording.spool import look_into
from recording.taps import Payloads, read_taps
from recording.voices import SILENCE, slots_in, voice_of, write_voices
from recording.waveform import waveform_of
from tests.recording.talk import AGENT, CUSTOMER, RECORDING, Call, pictures, voice

SHADES = [(40 + 30 * step, 80, 200 - 30 * step) for step in range(6)]


def cpu(work: Callable[[], object]) -> float:
    """Return the CPU time that a piece of work takes, in seconds."""
    began = time.process_time()
    work()
    return time.process_time() - began


def record(folder: Path, minutes: int, with_pictures: bool) -> Call:
    """Write the taps of a call, 25 pictures a second if there are any."""
    call, seconds = Call(folder), minutes * 60
    for leg, role, hertz in ((CUSTOMER, Role.CUSTOMER, 500), (AGENT, Role.AGENT, 800)):
        shown = [SHADES[second % len(SHADES)] for second in range(seconds) for _ in range(25)] if with_pictures else []
        call.tap(leg, role, [*voice(hertz, 0, seconds), *pictures(shown, 0, size=(640, 480), payload_size=1100)])
    return call


def mix(call: Call, seconds: float) -> None:
    """Decode both voices, mix them, encode them."""
    found, _ = look_into(call.path)
    taps = read_taps(found.taps, call.began)
    decoders, encoder = (Decoder(), Decoder()), Encoder("voip", 32_000)
    with Payloads(found.taps) as payloads:
        sides = [voice_of(streams[Stream.VOICE], payloads, slots_in(seconds)) for streams in taps.sides.values()]
        for packets in zip(*sides, strict=True):
            sounds = [decoder.decode(packet or SILENCE) for decoder, packet in zip(decoders, packets, strict=True)]
            encoder.encode(np.clip(sounds[0] + sounds[1], -1, 1))


def copy(call: Call, path: Path, seconds: float) -> None:
    """Only what makes the voices' file."""
    found, _ = look_into(call.path)
    taps = read_taps(found.taps, call.began)
    with Payloads(found.taps) as payloads:
        customer, agent = (
            voice_of(streams[Stream.VOICE], payloads, slots_in(seconds)) for streams in taps.sides.values()
        )
        write_voices(path, customer, agent)


def main() -> None:
    """Print the table."""
    minutes = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    seconds = minutes * 60.0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        call = record(folder / "audio", minutes, with_pictures=False)
        facts = Facts(RECORDING, call.began, seconds)
        whole = cpu(lambda: finish(call.path, folder / "done", facts))
        copied = cpu(lambda: copy(call, folder / "copy.webm", seconds))
        peaks = cpu(lambda: waveform_of(folder / "copy.webm", seconds))
        mixed = cpu(lambda: mix(call, seconds))
        print(
            f"audio: finish {whole / minutes:.3f} s/min (copy {copied / minutes:.3f}, waveform {peaks / minutes:.3f})"
        )
        print(f"       decode, mix, encode {mixed / minutes:.3f} s/min: finish is {whole / mixed:.2f} of it,", end=" ")
        print(f"the copy alone {copied / mixed:.2f}")
        call = record(folder / "video", minutes, with_pictures=True)
        facts = Facts(RECORDING, call.began, seconds)
        whole = cpu(lambda: finish(call.path, folder / "seen", facts))
        beside = cpu(lambda: make_side_by_side(folder / "seen"))
        print(f"video: finish {whole / minutes:.3f} s/min; side by side {beside / minutes:.3f} s/min:", end=" ")
        print(f"finish is {whole / beside:.3f} of it")


if __name__ == "__main__":
    main()
