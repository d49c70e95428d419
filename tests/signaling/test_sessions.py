"""Signing in and out, as a browser does it."""

import statistics
import time

import pytest

from conversations.directory.sessions import ABSOLUTE, IDLE
from tests.clock import MovableClock
from tests.signaling.house import House

pytestmark = pytest.mark.wire


async def test_a_person_signs_in_and_out_again(house: House) -> None:
    """SYS-01, AP-01."""
    browser = await house.browser()
    assert await browser.refused("GET", "/session") == (401, "signed_out")
    answer = await browser.ask("POST", "/session", {"login": "ANA", "password": house.people["ana"].password})
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("parley_session=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    session = await browser.get("/session")
    assert session["user"]["login"] == "ana"
    assert session["user"]["roles"] == ["agent"]
    assert session["must_change_password"] is False
    assert (await browser.ask("DELETE", "/session")).status == 204
    assert await browser.refused("GET", "/session") == (401, "signed_out")


async def test_under_https_the_cookie_is_secure_and_bound_to_the_host(house: House) -> None:
    """Reliability 2.2: ASVS 3.3.1 to 3.3.4."""
    browser = await house.browser()
    body = {"login": "ana", "password": house.people["ana"].password}
    answer = await browser.ask("POST", "/session", body, **{"X-Forwarded-Proto": "https"})
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-parley_session=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert "Path=/" in cookie


async def test_every_sign_in_gets_a_new_token_and_a_planted_one_is_worth_nothing(house: House) -> None:
    """Reliability 2.2: ASVS 7.2.4."""
    browser = await house.browser()
    planted = "A" * 43
    browser.client.session.cookie_jar.update_cookies({"parley_session": planted}, browser.client.make_url("/"))
    body = {"login": "ana", "password": house.people["ana"].password}
    tokens = {(await browser.ask("POST", "/session", body)).cookies["parley_session"].value for _ in range(2)}
    assert len(tokens | {planted}) == 3


async def test_wrong_passwords_are_slowed_but_the_person_is_never_locked_out(house: House) -> None:
    """Reliability S24."""
    attacker = await house.browser()
    refusals = [
        await attacker.refused("POST", "/session", {"login": "ana", "password": f"guess number {n}"}) for n in range(8)
    ]
    assert refusals[:5] == [(401, "wrong_credentials")] * 5
    assert refusals[5:] == [(429, "slow_down")] * 3
    answer = await attacker.ask("POST", "/session", {"login": "ana", "password": "x"})
    assert int(answer.headers["Retry-After"]) <= 12
    assert (await house.browser()) is not None
    await house.signed_in("ben")


async def test_a_stranger_cannot_slow_a_person_down_where_he_signed_in_before(house: House) -> None:
    """Reliability 2.2: lock-out abuse."""
    office = await house.browser("203.0.113.5")
    body = {"login": "ana", "password": house.people["ana"].password}
    await office.post("/session", body)
    attacker = await house.browser("203.0.113.66")
    for n in range(7):
        await attacker.refused("POST", "/session", {"login": "ana", "password": f"guess number {n}"})
    await office.post("/session", body)


async def test_unknown_and_disabled_people_look_like_a_wrong_password(house: House) -> None:
    """Reliability S24: enumeration, by words and by time."""
    admin = await house.signed_in("admin")
    ben = house.people["ben"].user
    await admin.post(f"/users/{ben.id}/disable")

    async def tried(login: str, password: str) -> tuple[int, object, float]:
        browser = await house.browser()
        began = time.perf_counter()
        answer = await browser.ask("POST", "/session", {"login": login, "password": password})
        took = time.perf_counter() - began
        return answer.status, await answer.json(content_type=None), took

    wrong = [await tried("ana", "wrong") for _ in range(4)]
    unknown = [await tried(f"nobody{n}", "wrong") for n in range(4)]
    disabled = [await tried("ben", house.people["ben"].password) for _ in range(4)]
    assert len({(status, str(body)) for status, body, _ in wrong + unknown + disabled}) == 1
    medians = [statistics.median(took for _, _, took in kind) for kind in (wrong, unknown, disabled)]
    assert max(medians) < 3 * min(medians)


async def test_a_new_password_ends_the_other_sessions_of_this_person(house: House) -> None:
    """Reliability 2.2."""
    here, there = await house.signed_in("ana"), await house.signed_in("ana")
    old = house.people["ana"].password
    change = {"current": old, "new": "a much better pass phrase"}
    assert await here.refused("POST", "/session/password", change | {"current": "x"}) == (403, "wrong_credentials")
    assert await here.refused("POST", "/session/password", change | {"new": "short"}) == (422, "weak_password")
    assert await here.refused("POST", "/session/password", change | {"new": "password12345"}) == (422, "weak_password")
    await here.post("/session/password", change)
    assert (await here.get("/session"))["user"]["login"] == "ana"
    assert await there.refused("GET", "/session") == (401, "signed_out")


async def test_a_given_password_must_be_changed_before_anything_else(house: House) -> None:
    """Reliability 2.2: ASVS 6.4.1."""
    admin = await house.signed_in("admin")
    made = await admin.post("/users", {"login": "cleo", "name": "Cleo", "roles": ["agent"]})
    browser = await house.browser()
    session = await browser.post("/session", {"login": "cleo", "password": made["password"]})
    assert session["must_change_password"] is True
    assert await browser.refused("GET", "/conversations?mine=true") == (403, "password_change_needed")
    await browser.post("/session/password", {"current": made["password"], "new": "a much better pass phrase"})
    assert (await browser.get("/conversations?mine=true"))["total"] == 0


async def test_a_session_ends_when_it_is_idle_or_old(house: House, clock: MovableClock) -> None:
    """Reliability 2.2: ASVS 7.3."""
    browser = await house.signed_in("ana")
    clock.advance(IDLE.total_seconds() - 60)
    await browser.get("/session")
    clock.advance(IDLE.total_seconds() + 60)
    assert await browser.refused("GET", "/session") == (401, "signed_out")
    busy = await house.signed_in("ana")
    for _ in range(int(ABSOLUTE / IDLE) * 2 - 1):
        clock.advance(IDLE.total_seconds() / 2)
        await busy.get("/session")
    clock.advance(IDLE.total_seconds() / 2)
    assert await busy.refused("GET", "/session") == (401, "signed_out")


async def test_the_first_administrator_is_made_once(house: House) -> None:
    """Issue: an empty folder makes no accounts and prints a one-time address."""
    assert await house.parley.setup.new_token() is None, "there are people already"
    browser = await house.browser()
    body = {"token": "A" * 43, "login": "eve", "name": "Eve", "password": "a much better pass phrase"}
    assert await browser.refused("POST", "/setup", body) == (404, "not_found")
