#!/usr/bin/env python3
"""Set Parley up in this folder and start it, or test it. Needs Python 3.11 with pip or venv, and nothing else.

python3 run.py                         start with a trial workspace (the same as: run.py serve --demo)
python3 run.py test [--long] […]       run the whole suite; further arguments go to pytest
python3 run.py WORD […]                any other word goes to the command line: serve, user, migrate, openapi, …
"""

import sys

if sys.version_info < (3, 11):
    sys.exit("Parley needs Python 3.11 or newer; this is {}.{}.".format(*sys.version_info))

import hashlib
import importlib.util
import os
import subprocess
from pathlib import Path

from webui import node

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".parley"
NEITHER_PIP_NOR_VENV = (
    "Parley installs itself with pip, and this Python has neither pip nor venv: "
    "on Debian and Ubuntu run `apt install python3-venv` (or python3-pip), then start again."
)


def main(arguments: list[str]) -> None:
    """Set up what is missing or has changed, then become the command that was asked for."""
    if arguments[:1] == ["test"]:
        set_up(tests=True)
        become(PYTHON, "-m", "tests.suite", *arguments[1:])
    set_up(tests=False)
    become(VENV / "bin" / "parley", *(arguments or ["serve", "--demo"]))


def set_up(*, tests: bool) -> None:
    """Install into .venv, unless what was installed there came from the same sources."""
    before = STAMP.read_text().split() if STAMP.is_file() else []
    digest = sources_digest()
    if before[:1] == [digest] and (not tests or "test" in before):
        return
    pip = make_venv()
    say("Installing Parley and building its pages; the first time this takes a minute or two.")
    extra = "[test]" if tests or "test" in before else ""
    if tests and not node.on_path():
        install(pip, node.FALLBACK)
    install(pip, "--editable", f"{ROOT}{extra}")
    if tests:
        say("Installing what tests the pages.")
        run([str(PYTHON), "-m", "webui.node", "install"], "Installing the pages' test tools")
    STAMP.write_text(f"{digest} {'test' if extra else ''}\n")
    say("Installed.")


def sources_digest() -> str:
    """Digest what the installation is made from: the dependencies, the pages and this Python."""
    digest = hashlib.sha256(repr(sys.version_info).encode())
    for path in (ROOT / "pyproject.toml", ROOT / "constraints.txt", ROOT / "hatch_build.py"):
        digest.update(path.read_bytes())
    for path in node.sources():
        status = path.stat()
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns}".encode())
    return digest.hexdigest()


def make_venv() -> list[str]:
    """Make .venv unless it is there, and return the pip that installs into it.

    Debian packs ensurepip into python3-venv and pip into python3-pip: one of them is enough, since a pip outside
    can install into an environment that has none.
    """
    inside = [str(PYTHON), "-m", "pip"]
    outside = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    if PYTHON.exists() and works(inside):
        return inside
    with_pip = importlib.util.find_spec("ensurepip") is not None
    if not with_pip and not works([sys.executable, "-m", "pip"]):
        sys.exit(NEITHER_PIP_NOR_VENV)
    if with_pip or not PYTHON.exists():
        say("Making a virtual environment in .venv.")
        command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
        run(command if with_pip else [*command, "--without-pip"], "Making the virtual environment")
    return inside if with_pip else outside


def works(pip: list[str]) -> bool:
    """Say whether this pip is there and runs."""
    return subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode == 0


def install(pip: list[str], *what: str) -> None:
    """Install with the versions that Parley is tested with."""
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    run([*pip, "install", *quiet, "--constraint", str(ROOT / "constraints.txt"), *what], "The installation")


def run(command: list[str], what: str) -> None:
    """Run a step of the set-up with its output shown, and end here when it fails."""
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        sys.exit(f"{what} failed; the lines above say why. Nothing was started. Try again with the same command.")


def become(program: Path, *arguments: str) -> None:
    """Replace this process by the program."""
    if program == PYTHON:
        os.chdir(ROOT)
    # The first argument is the full path, or Python would not find the virtual environment it stands in.
    os.execv(program, [str(program), *arguments])


def say(sentence: str) -> None:
    """Tell the person in front what takes so long."""
    print(sentence, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
