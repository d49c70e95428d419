"""What all tests share."""

import pytest

pytest_plugins = ["tests.databases", "tests.rules"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--long` runs the full counts."""
    parser.addoption("--long", action="store_true", default=False, help="run the full counts, not the short form")


@pytest.fixture
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the full counts are wanted."""
    return bool(request.config.getoption("--long"))
