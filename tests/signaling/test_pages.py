"""The built pages: what is inlined is allowed by its hash, what has a hash in its name is kept for ever."""

import base64
import gzip
import hashlib
import html
import json
import re
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from conversations.errors import NotFoundError
from signaling.built_ui import BuiltUi, read_built_ui
from signaling.health import WELL
from signaling.http.client import client_middleware
from signaling.http.security import add_headers, error_middleware
from signaling.models.guests import GuestLink
from signaling.pages import Pages
from signaling.plain_page import error_page

pytestmark = pytest.mark.wire

CODE = 'console.log("$& <b>")'
AGENT = '<!doctype html><head><script type="module" src="/assets/a-1.js"></script></head>'
CALL = f'<!doctype html><head><style>b{{}}</style></head><body><script type="module">{CODE}</script></body>'


@pytest.fixture
def built(tmp_path: Path) -> BuiltUi | None:
    """What a build leaves."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "agent.html").write_text(AGENT)
    (tmp_path / "call.html").write_text(CALL)
    (tmp_path / "assets" / "a-1.js").write_text(CODE * 50)
    (tmp_path / "secret.txt").write_text("secret")
    return read_built_ui(tmp_path)


def site(ui: BuiltUi | None) -> TestClient[web.Request, web.Application]:
    async def view(_: web.Request, token: str) -> GuestLink:
        if token != "right":
            raise NotFoundError
        return GuestLink.model_validate(
            {
                "state": "active",
                "centre_name": 'Mira\'s "shop" <script>',
                "text": "",
                "starts_at": None,
                "ends_at": None,
                "audio_only": False,
                "asks_name": True,
                "name": None,
                "available": "open",
                "opens_at": None,
                "closed_text": "",
                "consent": None,
                "call": None,
            }
        )

    async def well() -> str:
        return WELL

    app = web.Application(middlewares=[client_middleware(()), error_middleware(error_page)])
    app.on_response_prepare.append(add_headers)
    Pages(ui, view, well).register(app)
    return TestClient(TestServer(app))


def source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


async def test_the_call_page_runs_only_what_was_inlined_by_the_build(built: BuiltUi | None) -> None:
    """Reliability S26; LNK-05: the state stands in the page, as data."""
    async with site(built) as client:
        page = await client.get("/c/right")
        policy = page.headers["Content-Security-Policy"]
        assert f"script-src {source(CODE)};" in policy
        assert f"style-src {source('b{}')};" in policy
        body = await page.text()
        assert CODE in body
        state = re.search(r'<meta name="parley-link" content="([^"]*)">', body)
        assert state is not None
        assert json.loads(html.unescape(state[1]))["centre_name"] == 'Mira\'s "shop" <script>'
        assert body.count("<script") == 1


async def test_the_panel_loads_its_files_from_here_and_nowhere_else(built: BuiltUi | None) -> None:
    """Reliability S26."""
    async with site(built) as client:
        for path in ("/agent", "/agent/team", "/agent/work/conv_1"):
            page = await client.get(path)
            assert page.status == 200
            assert page.headers["Cache-Control"] == "no-cache"
            assert "script-src 'self';" in page.headers["Content-Security-Policy"]
        root = await client.get("/", allow_redirects=False)
        assert (root.status, root.headers["Location"]) == (302, "/agent")


async def test_a_file_with_a_hash_in_its_name_is_kept_for_ever_and_sent_compressed(built: BuiltUi | None) -> None:
    """Web page 1: hashed assets are immutable."""
    async with site(built) as client:
        raw = await client.get("/assets/a-1.js", headers={"Accept-Encoding": "gzip"})
        assert raw.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert raw.headers["Content-Encoding"] == "gzip"
        assert int(raw.headers["Content-Length"]) == len(gzip.compress((CODE * 50).encode(), mtime=0))
        assert raw.content_type == "text/javascript"
        plain = await client.get("/assets/a-1.js", headers={"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in plain.headers
        for path in ("/assets/../secret.txt", "/assets/%2e%2e/secret.txt", "/assets/..%2fsecret.txt", "/secret.txt"):
            assert (await client.get(path)).status == 404


async def test_a_server_without_built_pages_says_what_to_do() -> None:
    """Issue: a clear page when the pages were not built."""
    async with site(read_built_ui(Path("/nowhere"))) as client:
        for path in ("/agent", "/c/right"):
            page = await client.get(path)
            assert page.status == 503
            assert "python3 run.py" in await page.text()
        assert (await client.get("/c/wrong")).status == 404
