"""The whole suite, as ``run.py test`` runs it: ``python -m tests.suite [--long] [arguments of pytest]``.

With arguments of pytest (a path, ``-k word``) only pytest runs, without the checks of the sources.
"""

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
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

PYTEST = [sys.executable, "-m", "pytest", "-p", "tests.layers"]


def main(arguments: list[str]) -> int:
    """Run all steps, even after one has failed, and close with a line of totals. Returns the exit code."""
    environment = with_chromium(dict(os.environ))
    began = time.monotonic()
    if set(arguments) - {"--long"}:
        steps = {"pytest": run("pytest", [*PYTEST, *arguments], environment)}
    else:
        steps = {name: run(name, command, environment, quiet=True) for name, command in CHECKS.items()}
        steps |= tests_side_by_side(arguments, environment)
    failed, seconds = [name for name, passed in steps.items() if not passed], time.monotonic() - began
    if failed:
        print(f"\n{len(failed)} of {len(steps)} steps FAILED in {seconds:.0f} s: {', '.join(failed)}")
        return 1
    print(f"\nAll {len(steps)} steps passed in {seconds:.0f} s.")
    return 0


def tests_side_by_side(arguments: list[str], environment: dict[str, str]) -> dict[str, bool]:
    """Run the tests in browsers beside all others, since both wait a lot; then look at what both have shown."""
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(1) as beside:
        shown = [Path(name) / "browsers.json", Path(name) / "others.json"]

        def part(title: str, mark: str, path: Path, *, quiet: bool) -> bool:
            command = [*PYTEST, "-m", mark, "--keep-evidence", str(path), *arguments]
            return run(title, command, environment, quiet=quiet, always_shown=True)

        browsers = beside.submit(part, "pytest in browsers", "flow", shown[0], quiet=True)
        others = part("pytest", "not flow", shown[1], quiet=False)
        steps = {"pytest": others, "pytest in browsers": browsers.result()}
        evidence = [f"--evidence={path}" for path in shown if path.exists()]
        return steps | {"rules": run("rules", [*PYTEST, "tests/test_rules.py", *evidence], environment)}


def run(
    name: str, command: list[str], environment: dict[str, str], *, quiet: bool = False, always_shown: bool = False
) -> bool:
    """Run one step; say whether it passed. A quiet one shows what it says at its end: when it failed, or always."""
    print(f"── {name}", flush=True)
    began, output = time.monotonic(), subprocess.PIPE if quiet else None
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.stdout and (done.returncode or always_shown):
        print(done.stdout)
    print(f"── {name}: {'FAILED' if done.returncode else 'passed'} in {time.monotonic() - began:.1f} s", flush=True)
    return not done.returncode


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
