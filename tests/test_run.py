"""run.py makes its virtual environment from whatever this Python has, installs once, and becomes the command."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import run

pytestmark = pytest.mark.wire
ROOT = Path(run.__file__).parent


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with as much of Parley as run.py looks at before it installs anything."""
    for name in ("run.py", "pyproject.toml", "constraints.txt", "hatch_build.py"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "webui").mkdir()
    for name in ("__init__.py", "node.py", "package.json", "call.html"):
        shutil.copy(ROOT / "webui" / name, tmp_path / "webui")
    return tmp_path


@pytest.fixture
def here(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let run.py work in that folder."""
    monkeypatch.setattr(run, "ROOT", checkout)
    monkeypatch.setattr(run, "VENV", checkout / ".venv")
    monkeypatch.setattr(run, "PYTHON", checkout / ".venv" / "bin" / "python")
    monkeypatch.setattr(run, "STAMP", checkout / ".venv" / ".parley")
    monkeypatch.setattr(run.node, "SOURCE", checkout / "webui")
    return checkout


def without(*modules: str, folder: Path) -> dict[str, str]:
    """An environment in which Python lacks these modules, as Debian's does until packages bring them."""
    lines = "".join(f"sys.modules[{name!r}] = None\n" for name in modules)
    (folder / "sitecustomize.py").write_text(f"import sys\n{lines}")
    return os.environ | {"PYTHONPATH": str(folder)}


def test_with_neither_pip_nor_venv_one_sentence_says_what_to_install(checkout: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    missing.mkdir()
    done = subprocess.run(
        [sys.executable, "run.py"],
        cwd=checkout,
        env=without("pip", "ensurepip", folder=missing),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == run.NEITHER_PIP_NOR_VENV
    assert not (checkout / ".venv").exists()


def test_without_venv_the_pip_outside_installs_into_an_environment_that_has_none(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    pip = run.make_venv()
    assert pip == [sys.executable, "-m", "pip", "--python", str(run.PYTHON)]
    assert run.works(pip)
    assert not run.works([str(run.PYTHON), "-m", "pip"])
    assert run.make_venv() == pip, "the environment is made once"


def test_without_pip_the_environment_brings_its_own(here: Path) -> None:
    pip = run.make_venv()
    assert pip == [str(run.PYTHON), "-m", "pip"]
    assert run.works(pip)


class Setup:
    """Counts what `set_up` does, without doing it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        monkeypatch.setattr(run, "make_venv", self._make_venv)
        monkeypatch.setattr(run, "install", self._install)
        monkeypatch.setattr(run, "run", self._run)
        monkeypatch.setattr(run.node, "on_path", lambda: True)

    def _make_venv(self) -> list[str]:
        run.VENV.mkdir(exist_ok=True)
        return ["pip"]

    def _install(self, pip: list[str], *what: str) -> None:
        self.done.append(what[-1].removeprefix(str(run.ROOT)))

    def _run(self, command: list[str], what: str) -> None:
        self.done.append(" ".join(command[1:]))

    def take(self) -> list[str]:
        """Return what was done since the last time."""
        done, self.done = self.done, []
        return done


def test_a_second_start_installs_nothing_until_something_changes(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = Setup(monkeypatch)
    run.set_up(tests=False)
    assert setup.take() == [""]
    run.set_up(tests=False)
    assert setup.take() == []
    for changed in ("pyproject.toml", "webui/call.html"):
        (here / changed).write_text((here / changed).read_text() + "\n")
        run.set_up(tests=False)
        assert setup.take() == [""], changed


def test_what_the_tests_need_is_installed_for_them_and_then_stays(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = Setup(monkeypatch)
    run.set_up(tests=False)
    setup.take()
    run.set_up(tests=True)
    assert setup.take() == ["[test]", "-m webui.node install"]
    run.set_up(tests=True)
    run.set_up(tests=False)
    assert setup.take() == []
    (here / "constraints.txt").write_text("")
    run.set_up(tests=False)
    assert setup.take() == ["[test]"], "a later start keeps the environment whole"


@pytest.mark.parametrize(
    ("words", "becomes"),
    [
        ([], ["parley", "serve", "--demo"]),
        (["serve", "--port", "9"], ["parley", "serve", "--port", "9"]),
        (["user", "add"], ["parley", "user", "add"]),
        (["test", "--long", "-k", "x"], ["python", "-m", "tests.suite", "--long", "-k", "x"]),
    ],
)
def test_words_go_to_the_command_line_and_test_to_the_suite(
    words: list[str], becomes: list[str], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executed: list[tuple[Path, Sequence[str]]] = []

    def execv(program: Path, arguments: Sequence[str]) -> None:
        executed.append((program, arguments))
        raise SystemExit

    monkeypatch.setattr(run, "set_up", lambda tests: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    monkeypatch.setattr(os, "execv", execv)
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit):
        run.main(words)
    [(program, arguments)] = executed
    assert arguments[0] == str(program) == str(here / ".venv" / "bin" / becomes[0]), "argv[0] is the full path"
    assert list(arguments[1:]) == becomes[1:]


def suite(folder: Path, test: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run one test file under the layers plugin."""
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  unit: x\n  flow: y\n")
    (folder / "test_it.py").write_text(f"import pytest\n{test}")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.layers", "-p", "no:cacheprovider", "--rootdir", folder, folder],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "CI"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_skipped_test_fails_under_ci_and_passes_on_a_laptop(tmp_path: Path) -> None:
    skips = "@pytest.mark.unit\ndef test_skips():\n    pytest.skip('no browser')\n"
    assert suite(tmp_path, skips).returncode == 0
    under_ci = suite(tmp_path, skips, CI="true")
    assert under_ci.returncode == 1
    assert "no browser" in under_ci.stdout


def test_a_test_without_a_layer_is_refused(tmp_path: Path) -> None:
    done = suite(tmp_path, "def test_homeless():\n    pass\n")
    assert done.returncode == 4
    assert "Mark these" in done.stderr
