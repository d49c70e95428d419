"""Ids that come from outside."""

import pytest

from tests.signaling.house import House

pytestmark = pytest.mark.wire


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/call-links", {"kind": "one_time", "queue_id": "queue_\u0000"}),
        ("/conversations", {"customer_id": "cust_\u0000"}),
        ("/queues", {"name": "Desk"}),
    ],
)
async def test_an_id_that_no_database_takes_is_refused_before_it_gets_there(
    house: House, path: str, body: dict[str, object]
) -> None:
    """SYS-01: bad input gets a clear error and loses nothing."""
    sue = await house.signed_in("sue")
    if path == "/queues":
        queue = await sue.post(path, body)
        path, method = f"/queues/{queue['id']}", "PATCH"
        body = {"version": queue["version"], "members": [{"id": "user_\u0000"}]}
    else:
        method = "POST"
    response = await sue.ask(method, path, body)
    assert response.status == 422
    assert (await response.json())["code"] == "invalid"
