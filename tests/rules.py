"""Which rules of docs/rules.md the tests prove: a docstring names them, and counts once its test has passed.

The suite runs in parts side by side: each keeps what it has shown (`--keep-evidence`), and what looks at the whole
afterwards reads it (`--evidence`).
"""

import json
import re
from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

RULES = Path(__file__).resolve().parents[1] / "docs" / "rules.md"
AREAS = (
    "AP|VW|LST|BLK|MW|CNV|TRN|LOG|ST|ASG|TAG|CUS|WSD|NEW|OUT|MSG|CALL|XFER|WRAP|FUP|PHONE|EVT|SND|MED|TPL|WA|FB|CHG|"
    "SRCH|MRG|SENT|GS|LC|AST|LNK|WSV|SYS|PLUS|REC|FTP"
)
_ROW = re.compile(rf"^\| `((?:{AREAS})-\d\d)` \| (.+?) \|", re.MULTILINE)
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_NAMED = re.compile(rf"\b({AREAS})-(\d\d)(?: to (?:\1)-(\d\d))?\b")
LAST = "test_every_listed_rule_is_proven_by_a_test_that_passed"


@dataclass
class Evidence:
    """What this run has shown so far. `whole` says that no test was left out by the command line."""

    listed: dict[str, str]
    named: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict[str, set[str]](set))
    passed: set[str] = field(default_factory=set[str])
    skipped: set[str] = field(default_factory=set[str])
    whole: bool = True

    def unproven(self) -> list[str]:
        """Return the listed rules that no test has shown to hold; one that was skipped has shown nothing."""
        return [rule for rule in self.listed if not self.named[rule] & self.passed]

    def not_tried(self) -> list[str]:
        """Return those of the unproven rules whose tests cannot run here, which under CI are failures themselves."""
        return [rule for rule in self.unproven() if self.named[rule] & self.skipped]


EVIDENCE = pytest.StashKey[Evidence]()


def rows_of_rules(text: str) -> list[tuple[str, str, str]]:
    """Return the section, the ID and the words of each row of a page."""
    sections = [(found.start(), found[1]) for found in _SECTION.finditer(text)]
    return [
        (next((name for start, name in reversed(sections) if start < row.start()), ""), row[1], row[2])
        for row in _ROW.finditer(text)
    ]


def listed_rules(text: str) -> dict[str, str]:
    """Return the rules of a page by their IDs."""
    return {rule: words for _, rule, words in rows_of_rules(text)}


def named_rules(docstring: str) -> set[str]:
    """Return the IDs that a docstring names; `MW-01 to MW-03` names three."""
    named: set[str] = set()
    for area, first, last in _NAMED.findall(docstring):
        named |= {f"{area}-{number:02}" for number in range(int(first), int(last or first) + 1)}
    return named


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name the files of evidence."""
    parser.addoption("--keep-evidence", type=Path, help="write what this part of the suite has shown")
    parser.addoption("--evidence", type=Path, action="append", default=[], help="read what a part has shown")


def pytest_configure(config: pytest.Config) -> None:
    """Begin with nothing shown, or with what the parts of the suite have shown."""
    evidence = config.stash[EVIDENCE] = Evidence(listed_rules(RULES.read_text("utf-8")))
    for path in config.getoption("--evidence") or ():
        shown = json.loads(path.read_text("utf-8"))
        evidence.passed |= set(shown["passed"])
        evidence.skipped |= set(shown["skipped"])
        for rule, tests in shown["named"].items():
            evidence.named[rule] |= set(tests)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep what was shown."""
    path = session.config.getoption("--keep-evidence")
    if path is None:
        return
    evidence = session.config.stash[EVIDENCE]
    named = {rule: sorted(tests) for rule, tests in evidence.named.items()}
    shown = {"passed": sorted(evidence.passed), "skipped": sorted(evidence.skipped), "named": named}
    path.write_text(json.dumps(shown), "utf-8")


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Note that only a part of the suite runs."""
    for item in items[:1]:
        item.config.stash[EVIDENCE].whole = False


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Generator[None]:
    """Read every docstring, and put the check of the whole to the end; it has no place in a part of the suite."""
    evidence = config.stash[EVIDENCE]
    for item in items:
        for rule in named_rules(getattr(getattr(item, "obj", None), "__doc__", None) or ""):
            evidence.named[rule].add(item.nodeid)
    yield
    if config.getoption("--evidence"):
        evidence.whole = True
    elif config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        evidence.whole = False
    items.sort(key=lambda item: item.name == LAST)
    if not evidence.whole:
        items[:] = [item for item in items if item.name != LAST]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep how each test went."""
    report = yield
    evidence = item.config.stash[EVIDENCE]
    if report.skipped:
        evidence.skipped.add(item.nodeid)
    elif report.when == "call" and report.passed:
        evidence.passed.add(item.nodeid)
    return report


@pytest.fixture
def evidence(request: pytest.FixtureRequest) -> Evidence:
    """What this run has shown so far."""
    return request.config.stash[EVIDENCE]
