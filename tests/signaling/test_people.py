"""Users, queues and settings, as administrators and supervisors change them."""

import pytest

from tests.signaling.house import House

pytestmark = pytest.mark.wire


async def test_an_administrator_adds_a_person_whose_password_is_shown_once(house: House) -> None:
    """SYS-01."""
    admin = await house.signed_in("admin")
    made = await admin.post(
        "/users", {"login": "cleo", "name": " Cleo \u0007 Clark ", "roles": ["supervisor", "agent"]}
    )
    assert made["user"]["name"] == "Cleo Clark"
    assert made["user"]["roles"] == ["agent", "supervisor"]
    assert len(made["password"]) == 16
    listed = await admin.get("/users")
    assert {user["login"] for user in listed} == {"admin", "sue", "ana", "ben", "cleo"}
    assert "password" not in str(listed)
    again = {"login": "CLEO", "name": "x", "roles": ["agent"]}
    assert await admin.refused("POST", "/users", again) == (409, "login_taken")
    wrongs: list[dict[str, object]] = [
        {"login": "a b"},
        {"roles": []},
        {"roles": ["god"]},
        {"name": "  "},
        {"more": 1},
    ]
    for wrong in wrongs:
        assert await admin.refused("POST", "/users", again | {"login": "new"} | wrong) == (422, "invalid")


async def test_a_supervisor_changes_only_the_wrap_up_of_a_person(house: House) -> None:
    """WRAP-02; reliability S25."""
    sue, ana = await house.signed_in("sue"), house.people["ana"].user
    path = f"/users/{ana.id}"
    changed = await sue.patch(path, {"version": ana.version, "wrap_up_seconds": 45})
    assert (changed["wrap_up_seconds"], changed["version"]) == (45, ana.version + 1)
    for more in ({"name": "Anna"}, {"roles": ["admin"]}):
        assert await sue.refused("PATCH", path, {"version": changed["version"]} | more) == (403, "forbidden")
    cleared = await sue.patch(path, {"version": changed["version"], "wrap_up_seconds": None})
    assert cleared["wrap_up_seconds"] is None


async def test_a_change_of_something_that_changed_meanwhile_shows_how_it_is_now(house: House) -> None:
    """Protocol: versions."""
    sue, ana = await house.signed_in("sue"), house.people["ana"].user
    now = await sue.patch(f"/users/{ana.id}", {"version": ana.version, "wrap_up_seconds": 45})
    answer = await sue.ask("PATCH", f"/users/{ana.id}", {"version": ana.version, "wrap_up_seconds": 50})
    problem = await answer.json(content_type=None)
    assert (answer.status, problem["code"], problem["current"]) == (409, "stale", now)


async def test_new_roles_and_disabling_end_a_persons_sessions_at_once(house: House) -> None:
    """Reliability 2.2: ASVS 7.4.2, 8.3.2."""
    admin = await house.signed_in("admin")
    ana, ben = await house.signed_in("ana"), await house.signed_in("ben")
    user = house.people["ana"].user
    await admin.patch(f"/users/{user.id}", {"version": user.version, "roles": ["agent", "supervisor"]})
    assert await ana.refused("GET", "/session") == (401, "signed_out")
    other = house.people["ben"].user
    assert (await admin.post(f"/users/{other.id}/disable"))["disabled"] is True
    assert await ben.refused("GET", "/session") == (401, "signed_out")
    assert (await admin.post(f"/users/{other.id}/enable"))["disabled"] is False
    await house.signed_in("ben")


async def test_somebody_always_stays_administrator(house: House) -> None:
    """SYS-01."""
    admin, user = await house.signed_in("admin"), house.people["admin"].user
    assert await admin.refused("POST", f"/users/{user.id}/disable") == (409, "last_admin")
    change = {"version": user.version, "roles": ["agent"]}
    assert await admin.refused("PATCH", f"/users/{user.id}", change) == (409, "last_admin")


async def test_a_reset_password_ends_the_sessions_and_must_be_changed(house: House) -> None:
    """Reliability 2.2."""
    admin, ana = await house.signed_in("admin"), await house.signed_in("ana")
    made = await admin.post(f"/users/{house.people['ana'].user.id}/reset-password")
    assert await ana.refused("GET", "/session") == (401, "signed_out")
    session = await ana.post("/session", {"login": "ana", "password": made["password"]})
    assert session["must_change_password"] is True


async def test_a_supervisor_runs_the_queues_and_agents_read_them(house: House) -> None:
    """SYS-03."""
    sue, ana = await house.signed_in("sue"), await house.signed_in("ana")
    queue = await sue.post("/queues", {"name": "Support"})
    assert (queue["open"], queue["members"], queue["waiting"]) == (True, [], 0)
    assert await sue.refused("POST", "/queues", {"name": "support "}) == (409, "name_taken")
    member = house.people["ana"].user.id
    changed = await sue.patch(
        f"/queues/{queue['id']}", {"version": queue["version"], "members": [{"id": member, "level": 3}]}
    )
    assert changed["members"] == [{"id": member, "name": "Ana", "level": 3}]
    assert [queue for queue in await ana.get("/queues") if not queue["default"]] == [changed]
    stale = await sue.ask("PATCH", f"/queues/{queue['id']}", {"version": queue["version"], "open": False})
    assert (await stale.json(content_type=None))["current"] == changed
    members = {"version": changed["version"], "members": [{"id": house.people["sue"].user.id}]}
    assert await sue.refused("PATCH", f"/queues/{queue['id']}", members) == (422, "not_an_agent")
    assert await sue.refused("PATCH", "/queues/queue_0", {"version": 1}) == (404, "not_found")


async def test_the_settings_are_read_by_all_and_changed_by_supervisors(house: House) -> None:
    """WRAP-02, LNK-05."""
    sue, ana = await house.signed_in("sue"), await house.signed_in("ana")
    settings = await ana.get("/settings")
    assert settings["wrap_up_seconds"] == 30
    assert settings["wrap_up_cap_seconds"] is None
    change = {"version": settings["version"], "centre_name": "Mira's shop", "wrap_up_cap_seconds": 120}
    changed = await sue.patch("/settings", change)
    assert changed == settings | {"centre_name": "Mira's shop", "wrap_up_cap_seconds": 120} | {
        "version": settings["version"] + 1
    }
    without_cap = await sue.patch("/settings", {"version": changed["version"], "wrap_up_cap_seconds": None})
    assert without_cap["wrap_up_cap_seconds"] is None
    assert await sue.refused("PATCH", "/settings", change) == (409, "stale")
    for wrong in ({"wrap_up_seconds": -1}, {"link_days": 0}, {"welcome_text": "x" * 1001}, {"centre_name": ""}):
        body = {"version": without_cap["version"]} | wrong
        assert await sue.refused("PATCH", "/settings", body) == (422, "invalid")
