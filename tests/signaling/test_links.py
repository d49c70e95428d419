"""Call links: who may make them, what their holders see, and what a look at one costs."""

from datetime import timedelta

import pytest

from conversations.directory.values import UserRole
from tests.clock import MovableClock
from tests.signaling.house import Browser, House

pytestmark = pytest.mark.wire


async def queue_with(house: House, *logins: str) -> str:
    """Make a queue with these agents and return its id."""
    sue = await house.signed_in("sue")
    made = await sue.post("/queues", {"name": f"Queue of {' and '.join(logins) or 'nobody'}"})
    members = [{"id": house.people[login].user.id} for login in logins]
    await sue.patch(f"/queues/{made['id']}", {"version": made["version"], "members": members})
    return made["id"]


def token_of(link: dict[str, str]) -> str:
    return link["url"].rsplit("/", 1)[1]


async def made_by(browser: Browser, queue: str, **more: object) -> dict[str, str]:
    return await browser.post("/call-links", {"kind": "expiry", "queue_id": queue} | more)


async def test_the_url_of_a_link_is_told_once(house: House) -> None:
    """LNK-03, LNK-08."""
    sue = await house.signed_in("sue")
    link = await made_by(sue, await queue_with(house), label="On the web site", days=3)
    assert link["url"].startswith("http")
    assert link["state"] == "active"
    listed = await sue.get("/call-links")
    assert [(one["id"], one["url"], one["label"]) for one in listed] == [(link["id"], None, "On the web site")]
    assert (await sue.post(f"/call-links/{link['id']}/revoke"))["state"] == "revoked"


async def test_an_agent_makes_links_for_his_own_queues_and_sees_only_his_own(house: House) -> None:
    """LNK-08; reliability S25."""
    ana, ben = await house.signed_in("ana"), await house.signed_in("ben")
    queue = await queue_with(house, "ana")
    link = await made_by(ana, queue)
    assert await ben.refused("POST", "/call-links", {"kind": "one_time", "queue_id": queue}) == (403, "forbidden")
    assert await ben.get("/call-links") == []
    assert await ben.refused("POST", f"/call-links/{link['id']}/revoke") == (404, "not_found")
    assert [one["id"] for one in await ana.get("/call-links")] == [link["id"]]


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "for_ever"},
        {"kind": "time_frame"},
        {"kind": "time_frame", "starts_at": "2026-12-01T10:00:00", "ends_at": "2026-12-01T11:00:00Z"},
        {"kind": "time_frame", "starts_at": "2026-12-01T10:00:00Z", "ends_at": "2026-12-01T09:00:00Z"},
        {"kind": "expiry", "days": 0},
        {"kind": "expiry", "days": 10**400},
        {"kind": "one_time", "days": 3},
    ],
)
async def test_a_window_that_cannot_be_is_refused(house: House, body: dict[str, object]) -> None:
    """LNK-03."""
    sue = await house.signed_in("sue")
    status, code = await sue.refused("POST", "/call-links", body | {"queue_id": await queue_with(house)})
    assert (status, code) == (422, "invalid")


async def test_a_holder_sees_the_state_of_the_link_and_who_is_there(house: House, clock: MovableClock) -> None:
    """LNK-03, LNK-05, LNK-09."""
    sue, customer = await house.signed_in("sue"), await house.browser()
    queue = await queue_with(house, "ana")
    starts = clock.now() + timedelta(hours=1)
    frame = {"starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=1)).isoformat()}
    link = await made_by(sue, queue, kind="time_frame", identity="Mira Marić", **frame)
    settings = await sue.get("/settings")
    path = f"/guest/links/{token_of(link)}"
    seen = await customer.get(path)
    assert (seen["state"], seen["text"]) == ("not_yet", settings["not_yet_text"])
    assert (seen["asks_name"], seen["name"], seen["call"]) == (False, "Mira Marić", None)
    clock.advance(3600)
    seen = await customer.get(path)
    assert (seen["state"], seen["text"]) == ("active", settings["welcome_text"])
    assert seen["available"] == "nobody"
    clock.advance(3600)
    assert (await customer.get(path))["state"] == "expired"


async def test_the_page_of_a_link_tells_its_state_by_the_status_too(house: House) -> None:
    """LNK-05, LNK-11, PLUS-18: 200 while it may be used, 410 when it is over, one 404 for every unknown token."""
    sue, customer = await house.signed_in("sue"), await house.browser()
    link = await made_by(sue, await queue_with(house), kind="one_time")
    for page in [await customer.page(f"/c/{token_of(link)}") for _ in range(3)]:
        assert page.status == 200
        assert "Set-Cookie" not in page.headers
        assert page.headers["Cache-Control"] == "no-store"
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert "&quot;state&quot;:&quot;active&quot;" in await page.text()
    head = await customer.client.head(f"/c/{token_of(link)}")
    assert head.status == 200
    assert (await sue.get("/call-links"))[0]["state"] == "active", "no look has used it up"
    await sue.post(f"/call-links/{link['id']}/revoke")
    assert (await customer.page(f"/c/{token_of(link)}")).status == 410
    unknown = [await customer.page(f"/c/{token}") for token in ("A" * 32, "short", "A" * 63, "%3Cb%3E")]
    assert [page.status for page in unknown] == [404] * 4
    assert len({await page.text() for page in unknown}) == 1


async def test_who_tries_many_unknown_tokens_has_to_wait_but_real_ones_still_open(house: House) -> None:
    """Reliability 2.4."""
    sue = await house.signed_in("sue")
    link = await made_by(sue, await queue_with(house))
    guesser = await house.browser()
    statuses = [(await guesser.ask("GET", f"/guest/links/{'A' * 31}{n % 10}")).status for n in range(22)]
    assert statuses == [404] * 20 + [429] * 2
    page = await guesser.page(f"/c/{'B' * 32}")
    assert page.status == 429
    assert int(page.headers["Retry-After"]) >= 1
    assert (await guesser.page(f"/c/{token_of(link)}")).status == 200
    assert (await (await house.browser()).page(f"/c/{'B' * 32}")).status == 404


async def test_a_closed_queue_is_said_at_once(house: House) -> None:
    """Issue: when the queue is closed the page says so."""
    sue, customer = await house.signed_in("sue"), await house.browser()
    queue = await queue_with(house, "ana")
    link = await made_by(sue, queue)
    current = (await sue.get("/queues"))[0]
    await sue.patch(f"/queues/{queue}", {"version": current["version"], "open": False})
    assert (await customer.get(f"/guest/links/{token_of(link)}"))["available"] == "closed"


async def test_a_link_that_was_made_by_somebody_is_shown_with_the_name(house: House) -> None:
    """LNK-08."""
    await house.add_person("both", frozenset({UserRole.AGENT, UserRole.SUPERVISOR}))
    both = await house.signed_in("both")
    link = await made_by(both, await queue_with(house))
    assert link["created_by"] == {"id": house.people["both"].user.id, "name": "Both"}
