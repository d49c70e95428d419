"""The command line, as somebody types it."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from signaling.cli import main

pytestmark = pytest.mark.wire

ROOT = Path(__file__).parent.parent.parent
AGAIN_LIMIT = 20.0
"""Seconds for a second start: ten times what it may take (`benchmarks/start_up.py` measures that)."""


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
    return kept | {"PARLEY_MEDIA_PORT": "0", "PYTHONUNBUFFERED": "1"}


@contextmanager
def serving(*options: str) -> Generator[tuple[list[str], str]]:
    """Start the server, give the lines that it printed and its address, and stop it politely."""
    command = [sys.executable, "-m", "signaling.cli", "serve", "--port", "0", *options]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        lines: list[str] = []
        while not re.search(r"ready|once: http|Customers call", "".join(lines)):
            line = process.stdout.readline()
            assert line, process.stderr.read()
            lines.append(line.rstrip())
        found = re.search(r"https?://[^/\s]+", "\n".join(lines))
        assert found is not None
        yield lines, found[0]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    assert process.returncode == 0


def test_the_first_start_with_demo_makes_a_trial_workspace_and_the_second_is_fast(tmp_path: Path) -> None:
    """Issue: one command starts Parley with a trial workspace; a second start takes under 2 s."""
    with serving("--demo", "--data", str(tmp_path)) as (lines, url):
        file = tmp_path / "demo.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        demo = json.loads(file.read_text("utf-8"))
        assert demo["url"] == url
        assert [account["role"] for account in demo["accounts"]] == ["admin", "agent", "agent"]
        for account in demo["accounts"]:
            assert any(account["password"] in line for line in lines)
        assert urllib.request.urlopen(f"{url}/healthz", timeout=5).read() == b"ok\n"
        assert urllib.request.urlopen(demo["call_link"], timeout=5).status == 200
    began = time.monotonic()
    with serving("--demo", "--data", str(tmp_path)) as (lines, _):
        took = time.monotonic() - began
        assert not any(account["password"] in "\n".join(lines) for account in demo["accounts"])
    assert took < AGAIN_LIMIT


def test_an_empty_folder_without_demo_prints_a_one_time_address_and_makes_no_accounts(tmp_path: Path) -> None:
    """Issue: without --demo an empty data folder makes no accounts and prints a one-time address."""
    with serving("--data", str(tmp_path)) as (lines, url):
        address = re.search(rf"{re.escape(url)}/agent/setup#([\w-]{{43}})", "\n".join(lines))
        assert address is not None
        assert not (tmp_path / "demo.json").exists()
        body = {"token": address[1], "login": "eve", "name": "Eve", "password": "a good pass phrase"}
        request = urllib.request.Request(
            f"{url}/api/v1/setup",
            json.dumps(body).encode(),
            {"X-CSRF": "1", "Content-Type": "application/json"},
        )
        session = json.load(urllib.request.urlopen(request, timeout=5))
        assert session["user"]["roles"] == ["admin", "supervisor"]
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(request, timeout=5)


def test_a_port_in_use_and_a_folder_that_cannot_be_written_are_one_sentence_each(tmp_path: Path) -> None:
    """Issue: wrong settings stop the start with a clear sentence."""

    def refused(*options: str) -> str:
        command = [sys.executable, "-m", "signaling.cli", "serve", *options]
        done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=20)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        return done.stderr

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"Port {port} on 127.0.0.1 is in use" in refused("--port", str(port), "--data", str(tmp_path))
    file = tmp_path / "file"
    file.write_text("")
    assert "cannot be written" in refused("--data", str(file / "below"))
    assert "no address of this machine" in refused("--host", "192.0.2.77", "--data", str(tmp_path))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run a command in this process."""
    code = main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def test_a_user_is_added_with_a_password_that_is_printed_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Issue: `user add`."""
    add = ("user", "add", "zoe", "--name", "Zoë", "--role", "agent", "--role", "supervisor", "--data", str(tmp_path))
    code, out, _ = run(capsys, *add)
    assert code == 0
    assert re.search(r"shown this once: \S{16}", out)
    assert run(capsys, *add) == (2, "", "Somebody has this login already.\n")


def test_migrate_openapi_and_check_config_work_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue: `migrate`, `openapi`, `check-config`; SYS-07."""
    assert run(capsys, "migrate", "--data", str(tmp_path))[0] == 0
    code, out, _ = run(capsys, "openapi")
    assert code == 0
    assert json.loads(out)["openapi"] == "3.1.0"
    monkeypatch.setenv("PARLEY_DATABASE_URL", "postgresql://parley:secret@localhost/parley")
    code, out, _ = run(capsys, "check-config", "--data", str(tmp_path))
    assert code == 0
    assert "The settings are right." in out
    assert "secret" not in out
    assert re.search(r"^Browsers are told to send sound and pictures by IPv4 to .*:\d+\.$", out, re.MULTILINE)
    monkeypatch.setenv("PARLEY_PORT", "many")
    code, out, err = run(capsys, "check-config", "--data", str(tmp_path))
    assert (code, out) == (2, "")
    assert "PARLEY_PORT" in err
