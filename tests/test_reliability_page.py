"""docs/reliability.md names tests that exist."""

import ast
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/reliability.md"


def named() -> list[tuple[str, str]]:
    """Return each file and test that the page names, "" for a file alone."""
    found = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE.read_text("utf-8"))
    return [(str(file), str(test)) for file, test in found]


def functions(file: Path) -> set[str]:
    """Return the names of a module's functions."""
    body = ast.parse(file.read_text("utf-8")).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_test_that_the_page_names_exists() -> None:
    missing = [f"{file}::{test}" for file, test in named() if test and test not in functions(ROOT / file)]
    assert missing == []
    assert all((ROOT / file).exists() for file, _ in named())


def test_every_row_names_a_test_or_says_that_there_is_none() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 20
    silent = [row for row in rows if "`tests/" not in row and "no test**" not in row.lower()]
    assert silent == []
