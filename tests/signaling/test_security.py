"""What stands before every handler: other sites, proxies, headers, limits."""

from ipaddress import ip_network

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from signaling.http.api import Api
from signaling.http.client import client_of
from signaling.http.rules import PUBLIC
from tests.signaling.edge import CSRF, edge

pytestmark = pytest.mark.wire

LOOPBACK = (ip_network("127.0.0.0/8"),)


async def seen_client(request: web.Request) -> list[str]:
    """Say who is at the other end."""
    client = client_of(request)
    return [client.address, client.scheme, client.host, client.block]


async def change() -> None:
    """Change something."""


def routes(api: Api) -> None:
    api.get("/client", seen_client, rule=PUBLIC, tag="t")
    api.post("/change", change, rule=PUBLIC, tag="t")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 403, "csrf_header_missing"),
        ({"X-CSRF": "1"}, 204, ""),
        ({"X-CSRF": "1", "Origin": "https://evil.example"}, 403, "wrong_origin"),
        ({"X-CSRF": "1", "Origin": "null"}, 403, "wrong_origin"),
        ({"X-CSRF": "1", "Origin": "https://parley.example"}, 204, ""),
        ({"X-CSRF": "1", "Sec-Fetch-Site": "cross-site"}, 403, "wrong_origin"),
        ({"X-CSRF": "1", "Sec-Fetch-Site": "same-site"}, 403, "wrong_origin"),
        ({"X-CSRF": "1", "Sec-Fetch-Site": "same-origin"}, 204, ""),
    ],
)
async def test_another_site_cannot_make_a_change(headers: dict[str, str], status: int, code: str) -> None:
    """Reliability S25: ASVS 3.5.1 to 3.5.3."""
    async with TestClient(TestServer(edge(routes, public_url="https://parley.example"))) as client:
        answer = await client.post("/api/v1/change", headers=headers)
        assert answer.status == status
        assert code in await answer.text()


async def test_the_hosts_own_origin_is_welcome_without_a_public_url() -> None:
    """Reliability S25."""
    async with TestClient(TestServer(edge(routes))) as client:
        own = f"http://{client.host}:{client.port}"
        assert (await client.post("/api/v1/change", headers=CSRF | {"Origin": own})).status == 204


async def test_another_sites_websocket_is_refused() -> None:
    """Reliability S25: ASVS 4.4.2."""
    async with TestClient(TestServer(edge(routes))) as client:
        headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Origin": "https://evil.example"}
        assert (await client.get("/api/v1/client", headers=headers)).status == 403


async def test_forwarded_headers_count_only_from_trusted_proxies() -> None:
    """Reliability 2.4."""
    headers = {
        "X-Forwarded-For": "6.6.6.6, 203.0.113.7, 127.0.0.9",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "parley.example",
    }
    async with TestClient(TestServer(edge(routes))) as client:
        found = await (await client.get("/api/v1/client", headers=headers)).json()
        assert found[:2] == ["127.0.0.1", "http"]
    async with TestClient(TestServer(edge(routes, trusted=LOOPBACK))) as client:
        found = await (await client.get("/api/v1/client", headers=headers)).json()
        assert found == ["203.0.113.7", "https", "parley.example", "203.0.113.7"]
        nonsense = await (await client.get("/api/v1/client", headers={"X-Forwarded-For": "<b>"})).json()
        assert nonsense[0] == "127.0.0.1"


async def test_ipv6_addresses_are_counted_by_their_64() -> None:
    """Reliability 2.4."""
    async with TestClient(TestServer(edge(routes, trusted=LOOPBACK))) as client:
        found = await (await client.get("/api/v1/client", headers={"X-Forwarded-For": "2001:db8::1:2:3:4"})).json()
        assert found[3] == "2001:db8::/64"
        mapped = await (await client.get("/api/v1/client", headers={"X-Forwarded-For": "::ffff:198.51.100.7"})).json()
        assert mapped[3] == "198.51.100.7"


@pytest.mark.parametrize("path", ["/api/v1/client", "/api/v1/nothing", "/nothing"])
async def test_every_answer_carries_the_security_headers(path: str) -> None:
    """Reliability S26."""
    async with TestClient(TestServer(edge(routes, trusted=LOOPBACK))) as client:
        answer = await client.get(path, headers={"X-Forwarded-Proto": "https"})
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "microphone=(self)" in answer.headers["Permissions-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert "aiohttp" not in answer.headers["Server"]


async def test_a_plain_connection_gets_no_hsts() -> None:
    """Reliability S26."""
    async with TestClient(TestServer(edge(routes))) as client:
        assert "Strict-Transport-Security" not in (await client.get("/api/v1/client")).headers


async def test_too_many_requests_are_asked_to_wait() -> None:
    """Reliability 2.4: 600 a minute."""
    async with TestClient(TestServer(edge(routes, trusted=LOOPBACK))) as client:
        headers = {"X-Forwarded-For": "203.0.113.7"}
        statuses = [(await client.get("/api/v1/client", headers=headers)).status for _ in range(600)]
        assert statuses == [200] * 600
        most = 3000  # a busy machine asks so slowly that some are allowed meanwhile
        while statuses[-1] != 429 and len(statuses) < most:
            statuses.append((await client.get("/api/v1/client", headers=headers)).status)
        assert statuses[-1] == 429
        refused = await client.get("/api/v1/client", headers=headers)
        assert (await refused.json(content_type=None))["code"] == "slow_down"
        assert int(refused.headers["Retry-After"]) >= 1
        other = await client.get("/api/v1/client", headers={"X-Forwarded-For": "203.0.113.8"})
        assert other.status == 200
