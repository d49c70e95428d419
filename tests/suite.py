"""The whole suite, as ``run.py test`` runs it: ``python -m tests.suite [--long] [arguments of pytest]``.

With arguments of pytest (a path, ``-k word``) only pytest runs, without the checks of the sources.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.browser import chromium

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
UNDER_CI = os.environ.get("CI") == "true"
CHECKS: dict[str, list[str]] = {
    "ruff": [str(BIN / "ruff"), "check"],
    "ruff format": [str(BIN / "ruff"), "format", "--check"],
    "lint-imports": [str(BIN / "lint-imports")],
    "pyright": [str(BIN / "pyright")],
    "svelte-check": [sys.executable, "-m", "webui.node", "run", "check"],
    "vitest": [sys.executable, "-m", "webui.node", "run", "test"],
}


def main(arguments: list[str]) -> int:
    """Run all steps, even after one has failed, and close with a line of totals. Returns the exit code."""
    environment = with_chromium(dict(os.environ))
    pytest = {"pytest": [sys.executable, "-m", "pytest", "-p", "tests.layers", *arguments]}
    steps = pytest if set(arguments) - {"--long"} else CHECKS | pytest
    began, failed = time.monotonic(), list[str]()
    for name, command in steps.items():
        print(f"── {name}", flush=True)
        step_began = time.monotonic()
        # A check has nothing to say unless it fails; pytest takes minutes and shows how far it is.
        output = subprocess.PIPE if name in CHECKS else None
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, text=True, check=False
        )
        if done.returncode:
            print(done.stdout or "")
            failed.append(name)
        word = "FAILED" if done.returncode else "passed"
        print(f"── {name}: {word} in {time.monotonic() - step_began:.1f} s", flush=True)
    seconds = time.monotonic() - began
    if failed:
        print(f"\n{len(failed)} of {len(steps)} steps FAILED in {seconds:.0f} s: {', '.join(failed)}")
        return 1
    print(f"\nAll {len(steps)} steps passed in {seconds:.0f} s.")
    return 0


def with_chromium(environment: dict[str, str]) -> dict[str, str]:
    """Name a Chromium in the environment, fetching one if need be; without one the browser tests say so themselves."""
    found = chromium.find()
    if not found:
        print("No Chromium here; fetching one for the tests (70 MB) …", flush=True)
        try:
            found = chromium.install()
        except RuntimeError as error:
            print(f"The browser tests will {'fail' if UNDER_CI else 'be skipped'}: {error}", flush=True)
    return environment | ({"CHROMIUM": str(found)} if found else {})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
