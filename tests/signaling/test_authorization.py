"""Every route, with every kind of person: made from the route table, so that a new route is in it by itself."""

import json

import pytest

from callflow.ids import AgentId
from conversations.directory.sessions import start_session
from signaling.app import openapi
from signaling.http.api import rule_of
from signaling.http.operation import Operation
from signaling.http.rules import ADMIN, AGENT, GUEST, OWN_SESSION, PUBLIC, SIGNED_IN, SUPERVISOR, Rule
from signaling.pages import PUBLIC_PAGES
from tests.signaling.house import House

pytestmark = pytest.mark.wire

ALLOWED: dict[str, tuple[Rule, ...]] = {
    "anyone": (PUBLIC,),
    "guest": (PUBLIC, GUEST),
    "ana": (PUBLIC, OWN_SESSION, SIGNED_IN, AGENT),
    "sue": (PUBLIC, OWN_SESSION, SIGNED_IN, SUPERVISOR),
    "admin": (PUBLIC, OWN_SESSION, SIGNED_IN, SUPERVISOR, ADMIN),
}
TOKEN = "A" * 43


async def answer_to(house: House, who: str, operation: Operation) -> tuple[int, str]:
    """Send a request of this person to a route, about something that does not exist, with an empty body."""
    browser = await house.browser()
    cookies: dict[str, str] = {}
    if who == "guest":
        cookies["parley_guest"] = TOKEN
    elif who != "anyone":
        async with house.parley.database.write() as write:
            cookies["parley_session"] = await start_session(write, AgentId(house.people[who].user.id))
    browser.client.session.cookie_jar.update_cookies(cookies, browser.client.make_url("/"))
    path = operation.path.removeprefix("/api/v1")
    for name in operation.path_model.model_fields:
        path = path.replace(f"{{{name}}}", TOKEN[:32])
    answer = await browser.ask(operation.method, path, {} if operation.body is not None else None)
    code = (await answer.json(content_type=None))["code"] if answer.status >= 400 else ""
    return answer.status, code


@pytest.mark.parametrize("who", list(ALLOWED))
async def test_every_route_lets_in_whom_its_rule_allows_and_nobody_else(house: House, who: str) -> None:
    """SYS-01; reliability S25."""
    wrong: list[str] = []
    for operation in house.parley.api(None).operations:
        status, code = await answer_to(house, who, operation)
        refused = (status, code) in ((401, "signed_out"), (403, "forbidden"))
        if refused == (operation.rule in ALLOWED[who]) or status >= 500:
            wrong.append(f"{operation.method} {operation.path} ({operation.rule.name}): {status} {code}")
    assert wrong == []


def test_the_rules_of_all_routes_are_these(house: House) -> None:
    """Reliability 2.3: who reads this list reads the whole authorization. A change of a rule is a change here."""
    rules: dict[str, set[str]] = {}
    for operation in house.parley.api(None).operations:
        rules.setdefault(operation.rule.name, set()).add(operation.name)
    assert rules["public"] >= {"sign_in", "set_up", "get_guest_link"}
    assert rules["own_session"] == {"get_session", "sign_out", "change_password"}
    people = {"create_user", "reset_password", "disable_user", "enable_user"}
    storage = {
        "get_recording_storage",
        "set_recording_storage",
        "test_recording_storage",
        "name_in_recording_storage",
    }
    assert rules["admin"] == people | storage | {"erase_recordings", "set_queue_retention"}
    assert rules["supervisor"] >= {"list_users", "change_user", "create_queue", "change_queue", "change_settings"}
    assert rules["supervisor"] >= {"observe", "stop_observing"}
    assert len(rules["public"]) <= 4, "a new public route: is that so?"


async def test_every_route_of_the_application_has_a_rule_or_is_a_known_public_page(house: House) -> None:
    """SYS-01."""
    plain: set[str] = set()
    for route in house.server.app.router.routes():
        assert route.resource is not None
        if rule_of(route) is None:
            plain.add(route.resource.canonical)
            assert route.method in ("GET", "HEAD"), "a public page changes nothing"
    assert plain == PUBLIC_PAGES | {"/api/v1/openapi.json", "/metrics"}


async def test_the_openapi_document_lists_every_route_with_its_rule(house: House) -> None:
    """SYS-07."""
    browser = await house.browser()
    document = await browser.get("/openapi.json")
    assert document == json.loads(openapi())
    listed = {
        (method.upper(), path): entry["x-rule"]
        for path, methods in document["paths"].items()
        for method, entry in methods.items()
    }
    served = {
        (route.method, route.resource.canonical): rule.name
        for route in house.server.app.router.routes()
        if route.resource is not None and (rule := rule_of(route)) is not None
    }
    assert listed == served
    text = json.dumps(document)
    for name in document["components"]["schemas"]:
        assert not name.endswith(("_path", "_query"))
    references = {part.split('"')[0] for part in text.split('"$ref": "#/components/schemas/')[1:]}
    assert references <= set(document["components"]["schemas"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 302),
        ("/agent", 200),
        ("/agent/work/conv_1", 200),
        ("/assets/nothing.js", 404),
        ("/robots.txt", 200),
        ("/healthz", 200),
        ("/nothing", 404),
        ("/api/v1/openapi.json", 200),
        ("/api/v1/session", 401),
        ("/api/v1/nothing", 404),
    ],
)
async def test_every_page_and_error_carries_the_security_headers(house: House, path: str, status: int) -> None:
    """Reliability S26."""
    browser = await house.browser()
    answer = await browser.page(path, **{"X-Forwarded-Proto": "https"})
    assert answer.status in (status, 503)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    for name, value in (
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("X-Robots-Tag", "noindex, nofollow"),
        ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
    ):
        assert answer.headers[name] == value
    assert "Set-Cookie" not in answer.headers


async def test_a_get_changes_nothing_and_needs_no_csrf_header_while_a_change_does(house: House) -> None:
    """Reliability S25."""
    browser = await house.signed_in("sue")
    for operation in house.parley.api(None).operations:
        if operation.method == "GET":
            continue
        path = operation.path.replace("{", "").replace("}", "")
        answer = await browser.client.request(operation.method, path, json={})
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (403, "csrf_header_missing")
