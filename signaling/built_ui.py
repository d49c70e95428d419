"""The pages as the build left them: read once at the start, compressed once, with the hashes of what is inlined."""

import gzip
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from signaling.plain_page import csp_hash

BUILT: Final = Path(__file__).parent.parent / "webui" / "dist"
_SCRIPT: Final = re.compile(r"<script\b(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_STYLE: Final = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL)
_FETCHED_SCRIPT: Final = re.compile(r"<script\b[^>]*\bsrc=")
_FETCHED_STYLE: Final = re.compile(r"<link\b[^>]*\bstylesheet")
_COMPRESSIBLE: Final = ("text/", "application/json", "image/svg", "application/manifest")


@dataclass(frozen=True, slots=True)
class BuiltFile:
    """A file with a hash in its name, and itself compressed when that helps."""

    content: bytes
    content_type: str
    gzipped: bytes | None


@dataclass(frozen=True, slots=True)
class BuiltPage:
    """A page, and the policy sources that allow what is inlined in it."""

    html: str
    scripts: str
    styles: str


@dataclass(frozen=True, slots=True)
class BuiltUi:
    """The agent's page, the customer's page, and the files that they load."""

    agent: BuiltPage
    call: BuiltPage
    assets: Mapping[str, BuiltFile]


def read_built_ui(folder: Path = BUILT) -> BuiltUi | None:
    """Return the built pages, None when they were not built."""
    try:
        agent, call = (_page((folder / name).read_text("utf-8")) for name in ("agent.html", "call.html"))
    except FileNotFoundError:
        return None
    assets = {
        path.relative_to(folder / "assets").as_posix(): _file(path)
        for path in (folder / "assets").rglob("*")
        if path.is_file()
    }
    return BuiltUi(agent, call, assets)


def _page(html: str) -> BuiltPage:
    html = html.replace("\r\n", "\n")
    return BuiltPage(
        html,
        scripts=_sources(_SCRIPT.findall(html), fetched=_FETCHED_SCRIPT.search(html) is not None),
        styles=_sources(_STYLE.findall(html), fetched=_FETCHED_STYLE.search(html) is not None),
    )


def _sources(inlined: list[str], *, fetched: bool) -> str:
    """Return the narrowest source list that lets the page work."""
    own = ["'self'"] if fetched else []
    return " ".join([*own, *(csp_hash(text) for text in inlined)]) or "'none'"


def _file(path: Path) -> BuiltFile:
    content = path.read_bytes()
    kind = "text/javascript" if path.suffix == ".js" else mimetypes.guess_type(path.name)[0]
    kind = kind or "application/octet-stream"
    smaller = gzip.compress(content, mtime=0) if kind.startswith(_COMPRESSIBLE) else None
    return BuiltFile(content, kind, smaller)
