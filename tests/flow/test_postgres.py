"""The first call once more, with PostgreSQL underneath."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.flow.conftest import Centre
from tests.flow.test_first_call import talk

pytestmark = pytest.mark.flow


@pytest.fixture
def database_of_centre(empty_postgres: str) -> str:
    """Not SQLite."""
    return empty_postgres


async def test_the_first_call_on_postgresql(centre: Centre, tmp_path: Path) -> None:
    """CALL-01, EVT-01, EVT-02, EVT-04, WRAP-01: link, ring, answer, voices and faces, message, hang-up, report."""
    assert not (tmp_path / "data" / "parley.db").exists()
    customer, agent = await talk(centre)
    await customer.sees(agent)
    await agent.sees(customer)
    await customer.page.get_by_label("Write a message").fill("My number is 4471")
    await customer.press("Send")
    await expect(agent.thread).to_contain_text("My number is 4471")
    await customer.press("Hang up")
    await agent.reports("Wants a refund.")
    for words in ("Incoming video call", "answered after", "Ended by the customer", "Wants a refund."):
        await expect(agent.thread).to_contain_text(words)
