"""How long Parley takes to start: from the command to the first answer of /healthz.

`python benchmarks/start_up.py` starts it here, with what is installed: once on an empty data folder, then again and
again on the same one. `--clone` first makes a clone without any caches and times the installation too. The figures
are printed in seconds.
"""

import argparse
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.flow.server import free_port

ROOT = Path(__file__).resolve().parents[1]
LIMIT_S = 600.0
AGAIN = 5


def main() -> None:
    """Print the times of the first and of further starts."""
    parser = argparse.ArgumentParser(description="Measure how long Parley takes to start.")
    parser.add_argument("--clone", action="store_true", help="install into a fresh clone first")
    clone: bool = parser.parse_args().clone
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        root, command = ROOT, [sys.executable, "-m", "signaling.cli"]
        if clone:
            root, command = Path(folder) / "clone", ["python3", "run.py"]
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(root)], check=True)
        data = Path(folder) / "data"
        first = start(root, command, data)
        print(f"first start{', with the installation' if clone else ''}: {first}")
        again = sorted(start(root, command, data) for _ in range(AGAIN))
        print(f"second start, the middle one of {AGAIN}: {again[AGAIN // 2]}")


class Times(NamedTuple):
    """Seconds on the wall, and of processor time, which does not depend on what else the machine does."""

    wall: float
    processor: float

    def __str__(self) -> str:
        return f"{self.wall:.2f} s, of which the processor worked {self.processor:.2f} s"


def start(root: Path, command: list[str], data: Path) -> Times:
    """Start the server, wait for its answer, stop it, and return how long it took."""
    port = free_port(socket.SOCK_STREAM)
    arguments = [*command, "serve", "--demo", "--data", str(data), "--port", str(port)]
    environment = os.environ | {"PARLEY_MEDIA_PORT": "0"}
    began = time.monotonic()
    worked = children_worked()
    with subprocess.Popen(arguments, cwd=root, env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            while not answers(port):
                if server.poll() is not None or time.monotonic() - began > LIMIT_S:
                    sys.exit("The server did not start; its message is above.")
                time.sleep(0.01)
            wall = time.monotonic() - began
        finally:
            server.terminate()
    return Times(wall, children_worked() - worked)


def children_worked() -> float:
    """Return the processor time of all child processes that have ended, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def answers(port: int) -> bool:
    """Say whether the server answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    main()
