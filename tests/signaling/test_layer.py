"""The typed layer: what a signature promises, the wire keeps."""

from typing import Annotated

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import Field

from signaling.http.api import Api, Cookie, Reply, require_rules
from signaling.http.problems import Problem
from signaling.http.rules import ADMIN, AGENT, GUEST, OWN_SESSION, PUBLIC, SIGNED_IN, SUPERVISOR, Guest, Rule, SignedIn
from tests.signaling.edge import CSRF, Thing, edge

pytestmark = pytest.mark.wire


async def add_thing(group: Annotated[str, Field(pattern="^[a-z]+$")], thing: Thing) -> Thing:
    """Add a thing."""
    if thing.name == "taken":
        raise Problem(409, "name_taken", "There is one already.", current={"name": "taken"})
    if thing.name == "broken":
        raise RuntimeError("secret of the house")
    return Thing(name=f"{group}/{thing.name}", count=thing.count)


async def find_things(*, limit: Annotated[int, Field(ge=1, le=200)] = 50, kind: list[str] = []) -> list[Thing]:  # noqa: B006
    """Find things."""
    return [Thing(name=name, count=limit) for name in kind]


async def forget_things() -> None:
    """Forget all things."""


async def set_cookie(guest: Guest | None) -> Reply[Thing]:
    """Set a cookie."""
    return Reply(Thing(name=guest.token if guest else "nobody"), cookies=(Cookie("c", "v", secure=True, max_age=5),))


def things(api: Api) -> None:
    api.post("/groups/{group}/things", add_thing, rule=PUBLIC, tag="things", status=201)
    api.get("/things", find_things, rule=PUBLIC, tag="things")
    api.delete("/things", forget_things, rule=PUBLIC, tag="things")
    api.get("/cookie", set_cookie, rule=PUBLIC, tag="things")


async def test_a_signature_reads_path_body_and_query_and_writes_the_answer() -> None:
    """SYS-07."""
    async with TestClient(TestServer(edge(things))) as client:
        made = await client.post("/api/v1/groups/a/things", json={"name": "x", "count": 2}, headers=CSRF)
        assert made.status == 201
        assert await made.json() == {"name": "a/x", "count": 2}
        found = await client.get("/api/v1/things?limit=3&kind=a&kind=b")
        assert [thing["name"] for thing in await found.json()] == ["a", "b"]
        assert (await client.delete("/api/v1/things", headers=CSRF)).status == 204
        cookie = await client.get("/api/v1/cookie", cookies={"guest": "g"})
        assert (await cookie.json())["name"] == "g"
        assert "HttpOnly" in cookie.headers["Set-Cookie"]
        assert "SameSite=Lax" in cookie.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b'{"name": 1}', 422, "invalid"),
        (b'{"name": "x", "count": 1.5}', 422, "invalid"),
        (b"[" * 100_000, 400, "malformed"),
        (b'{"name": "x", "count": ' + b"9" * 900_000 + b"}", 400, "malformed"),
        (b'{"name": "\xff\xfe"}', 400, "malformed"),
        (b'{"name": "\\ud800"}', 400, "malformed"),
        (b"", 400, "malformed"),
        (b"x" * (1024 * 1024 + 1), 413, "too_large"),
        (b'{"name": "taken"}', 409, "name_taken"),
        (b'{"name": "broken"}', 500, "failed"),
    ],
)
async def test_a_bad_body_gets_a_problem_and_never_a_stack_trace(body: bytes, status: int, code: str) -> None:
    """Reliability S23."""
    async with TestClient(TestServer(edge(things))) as client:
        headers = CSRF | {"Content-Type": "application/json"}
        answer = await client.post("/api/v1/groups/a/things", data=body, headers=headers)
        problem = await answer.json(content_type="application/problem+json")
        assert (answer.status, problem["code"], problem["status"]) == (status, code, status)
        assert "secret" not in await answer.text()
        assert "Traceback" not in await answer.text()


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "unknown=1", "limit=1&limit=2", "kind=%00", "kind=" + "x" * 501]
)
async def test_a_query_that_is_not_understood_is_refused(query: str) -> None:
    """Reliability S23."""
    async with TestClient(TestServer(edge(things))) as client:
        answer = await client.get(f"/api/v1/things?{query}")
        assert answer.status == 422


async def test_a_body_must_be_json_by_name() -> None:
    """Reliability S25: a form cannot be sent across sites as JSON."""
    async with TestClient(TestServer(edge(things))) as client:
        answer = await client.post("/api/v1/groups/a/things", data='{"name": "x"}', headers=CSRF)
        assert answer.status == 415


async def test_paths_and_methods_that_do_not_exist_are_problems_too() -> None:
    """Reliability S23."""
    async with TestClient(TestServer(edge(things))) as client:
        assert (await (await client.get("/api/v1/nothing")).json(content_type=None))["code"] == "not_found"
        wrong = await client.put("/api/v1/things", headers=CSRF)
        assert wrong.status == 405
        assert set(wrong.headers["Allow"].replace(" ", "").split(",")) == {"GET", "DELETE"}


async def whoami(who: SignedIn) -> str:
    """Say who asks."""
    return who.user.name


@pytest.mark.parametrize(
    ("rule", "cookies", "status"),
    [
        (SIGNED_IN, {}, 401),
        (SIGNED_IN, {"roles": ""}, 200),
        (SIGNED_IN, {"roles": "agent", "must_change": "1"}, 403),
        (OWN_SESSION, {"roles": "agent", "must_change": "1"}, 200),
        (AGENT, {"roles": "agent"}, 200),
        (AGENT, {"roles": "supervisor+admin"}, 403),
        (SUPERVISOR, {"roles": "agent"}, 403),
        (SUPERVISOR, {"roles": "supervisor"}, 200),
        (SUPERVISOR, {"roles": "admin"}, 200),
        (ADMIN, {"roles": "supervisor+agent"}, 403),
        (ADMIN, {"roles": "admin"}, 200),
        (ADMIN, {"guest": "g"}, 401),
    ],
)
async def test_a_rule_is_checked_before_the_handler_runs(rule: Rule, cookies: dict[str, str], status: int) -> None:
    """SYS-01; reliability S25."""
    async with TestClient(TestServer(edge(lambda api: api.get("/me", whoami, rule=rule, tag="t")))) as client:
        assert (await client.get("/api/v1/me", cookies=cookies)).status == status


async def guest_only(guest: Guest) -> str:
    """Name the guest."""
    return guest.token


async def test_a_guest_route_needs_the_guest_cookie_and_a_session_is_none() -> None:
    """Reliability S25."""
    async with TestClient(TestServer(edge(lambda api: api.get("/g", guest_only, rule=GUEST, tag="t")))) as client:
        assert (await client.get("/api/v1/g", cookies={"roles": "admin"})).status == 401
    async with TestClient(TestServer(edge(lambda api: api.get("/g", guest_only, rule=GUEST, tag="t")))) as client:
        assert (await client.get("/api/v1/g", cookies={"guest": "k"})).status == 200


def test_a_route_that_contradicts_its_rule_or_path_cannot_be_added() -> None:
    """SYS-01."""
    api = Api("Test", "0")
    with pytest.raises(TypeError, match="needs a rule"):
        api.get("/x", whoami, rule=None, tag="t")  # pyright: ignore[reportArgumentType]
    with pytest.raises(TypeError, match="does not promise"):
        api.get("/x", whoami, rule=PUBLIC, tag="t")
    with pytest.raises(TypeError, match="parameters that the handler does not take"):
        api.get("/x/{id}", whoami, rule=SIGNED_IN, tag="t")


async def test_an_application_with_a_route_that_has_no_rule_does_not_start() -> None:
    """SYS-01: a forgotten rule is found at the start, on plain routes too."""
    app = edge(things)
    require_rules(app, public_pages=())

    async def open_door(_: web.Request) -> web.Response:
        return web.Response()

    app.router.add_get("/open", open_door)
    with pytest.raises(RuntimeError, match="/open has no authorization rule"):
        require_rules(app, public_pages=())
    require_rules(app, public_pages=("/open",))


async def test_the_document_describes_every_operation() -> None:
    """SYS-07."""
    async with TestClient(TestServer(edge(things))) as client:
        document = await (await client.get("/api/v1/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    add = document["paths"]["/api/v1/groups/{group}/things"]["post"]
    assert add["operationId"] == "add_thing"
    assert add["requestBody"]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Thing"}
    assert set(add["responses"]) == {"201", "default"}
    assert {p["name"] for p in document["paths"]["/api/v1/things"]["get"]["parameters"]} == {"limit", "kind"}
