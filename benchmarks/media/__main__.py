"""Runs every measurement in turn, again and again, and prints the table. See the package's text."""

import argparse
import json
import pickle
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.media import canned, traffic
from benchmarks.media.report import table, verdicts
from benchmarks.media.results import Measured, Order, from_json

SERVERS = {
    "audio": ["parley", "janus", "rtpengine", "relay"],
    "video": ["parley", "janus", "rtpengine", "relay"],
    "music": ["parley", "media-players"],
}
SLOW = ("relay", "media-players")
"""They can bear few calls, and each costs so much that half the time gives as good a figure."""
SLOT_LIMIT_S = 120.0
ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> None:
    """Measure and report."""
    chosen = _arguments()
    calls = {
        ("audio", "relay"): chosen.relay_calls,
        ("video", "relay"): 1,
        ("music", "media-players"): chosen.media_players,
        "audio": chosen.calls,
        "video": chosen.video_calls,
        "music": chosen.listeners,
    }
    wanted = {load: [s for s in SERVERS[load] if s in chosen.only] for load in chosen.loads}
    runs: dict[tuple[str, str], list[Measured | str]] = {(load, s): [] for load in wanted for s in wanted[load]}
    with tempfile.TemporaryDirectory() as folder:
        traffic.build(Path(folder))
        clips = {"audio": canned.voice(), "video": canned.camera()}
        (Path(folder) / "clips").write_bytes(pickle.dumps(clips))
        for run in range(chosen.runs):
            for load, servers in wanted.items():
                for turn in range(len(servers)):
                    server = servers[(run + turn) % len(servers)]  # none is always first, or always after the same one
                    number = calls.get((load, server), calls[load])
                    seconds = chosen.seconds / 2 if server in SLOW else chosen.seconds
                    got = _measure(Order(server, load, number, seconds, folder))
                    runs[load, server].append(got)
                    print(f"run {run + 1}: {load} {server}: {_brief(got)}", file=sys.stderr, flush=True)
    if chosen.json:
        every = [asdict(one) for tries in runs.values() for one in tries if isinstance(one, Measured)]
        chosen.json.write_text("".join(json.dumps(one) + "\n" for one in every))
    print(table(runs))
    print()
    print(verdicts(runs))


def _arguments() -> argparse.Namespace:
    words = argparse.ArgumentParser(prog="python -m benchmarks.media", description="Compare media servers.")
    words.add_argument("--runs", type=int, default=5)
    words.add_argument("--seconds", type=float, default=8.0, help="of each measurement")
    words.add_argument("--calls", type=int, default=50, help="audio calls")
    words.add_argument("--video-calls", type=int, default=15)
    words.add_argument("--listeners", type=int, default=100, help="legs that hear our hold music")
    words.add_argument("--relay-calls", type=int, default=3, help="audio calls of aiortc's relay")
    words.add_argument("--media-players", type=int, default=8, help="legs that hear a MediaPlayer each")
    names = sorted({server for servers in SERVERS.values() for server in servers})
    words.add_argument("--only", type=lambda text: text.split(","), default=names, help="servers: " + ",".join(names))
    words.add_argument("--loads", type=lambda text: text.split(","), default=list(SERVERS), help=",".join(SERVERS))
    words.add_argument("--json", type=Path, help="write every single measurement to this file")
    return words.parse_args()


def _measure(order: Order) -> Measured | str:
    """Measure in a new process; return the reason, in words, where it was not possible."""
    command = [sys.executable, "-m", "benchmarks.media.slot", json.dumps(asdict(order))]
    try:
        ended = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=SLOT_LIMIT_S, check=True, start_new_session=True
        )
        return from_json(ended.stdout)
    except LookupError as missing:
        return f"not installed: {missing.args[0]}"
    except subprocess.CalledProcessError as failed:
        print(failed.stderr[-2000:], file=sys.stderr)
        return "failed"
    except subprocess.TimeoutExpired:
        return f"not done within {SLOT_LIMIT_S:.0f} s"


def _brief(got: Measured | str) -> str:
    if isinstance(got, str):
        return got
    return f"{got.ms_per_call_second:.2f} ms/call-s, p99 {got.counted.p99_ms or 0:.2f} ms"


if __name__ == "__main__":
    main()
