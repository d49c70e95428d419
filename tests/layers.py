"""pytest in layers: pure tests first, browsers last; each layer's time at the end; under CI no test is skipped."""

import os
from collections import Counter, defaultdict
from collections.abc import Generator

import pytest

LAYERS = ("unit", "loop", "wire", "flow")
UNDER_CI = os.environ.get("CI") == "true"
_seconds: defaultdict[str, float] = defaultdict(float)
_tests: Counter[str] = Counter()


def layer_of(item: pytest.Item) -> str | None:
    """Return the layer that the test is marked with."""
    return next((layer for layer in LAYERS if item.get_closest_marker(layer)), None)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort by layer; a test without one would have no place, so it is an error."""
    if homeless := [item.nodeid for item in items if layer_of(item) is None]:
        raise pytest.UsageError(f"Mark these with one of {', '.join(LAYERS)}: {', '.join(homeless)}")
    items.sort(key=lambda item: LAYERS.index(layer_of(item) or ""))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Count the test for its layer, and let a skip fail under CI, where everything is to be there."""
    report = yield
    layer = layer_of(item) or ""
    _seconds[layer] += report.duration
    _tests[layer] += report.when == "call" or report.skipped
    if UNDER_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"Nothing may be skipped under CI: {call.excinfo and call.excinfo.value}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print each layer's time."""
    terminalreporter.section("layers")
    for layer in LAYERS:
        if _tests[layer]:
            terminalreporter.write_line(f"{layer:6}{_tests[layer]:5} tests {_seconds[layer]:7.1f} s")
