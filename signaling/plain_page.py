"""Pages that say one thing and need nothing: unknown address, too many tries, pages that were not built."""

import base64
import hashlib
import html
from typing import Final

from aiohttp import web

from signaling.http.security import page_csp

_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;min-height:100vh;display:grid;place-items:center;"
    "background:light-dark(#f6f6f7,#111214);color:light-dark(#1a1b1e,#ececee)}"
    "main{max-width:28rem;padding:2rem}h1{font-size:1.35rem;margin:0 0 .5rem}p{margin:0}"
)


def csp_hash(inlined: str) -> str:
    """Return the source by which a policy allows exactly this inlined script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(inlined.encode()).digest()).decode()}'"


_STYLE_HASH: Final = csp_hash(_STYLE)


def plain_page(request: web.Request, status: int, title: str, sentence: str) -> web.Response:
    """Return a page of a title and a sentence, both plain text."""
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{html.escape(title)}</h1><p>{html.escape(sentence)}</p></main></body></html>"
    )
    response = web.Response(status=status, text=body, content_type="text/html")
    response.headers["Content-Security-Policy"] = page_csp(request, scripts="'none'", styles=_STYLE_HASH)
    return response


_WORDS: Final = {
    404: ("There is nothing here", "Check the address. If somebody sent you this link, ask for a new one."),
    429: ("Too many tries", "Wait a minute, then try again."),
}
_OTHER: Final = ("That did not work", "Something went wrong here. Try again in a moment.")


async def error_page(request: web.Request, status: int) -> web.StreamResponse:
    """Answer a failed request for a page. The page for a status is the same for every address."""
    return plain_page(request, status, *_WORDS.get(status, _OTHER))
