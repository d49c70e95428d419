"""HTTPS with a given certificate, and with one made here."""

import asyncio
import ssl
import stat
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from signaling.settings import Settings, SettingsError
from signaling.sockets import close_at_shutdown, open_socket
from signaling.tls import self_signed, server_context

pytestmark = pytest.mark.wire


async def test_a_self_signed_certificate_serves_https_for_this_machine(tmp_path: Path) -> None:
    """Issue: `serve` can make a certificate for trying a phone on the same network."""
    settings = Settings(data=tmp_path, tls_self_signed=True)
    context = server_context(settings)
    assert context is not None
    cert, key = self_signed(settings)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600

    async def secure(request: web.Request) -> web.Response:
        return web.Response(text=str(request.secure))

    app = web.Application()
    app.router.add_get("/", secure)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"https://localhost:{port}/", ssl=ssl.create_default_context(cafile=str(cert))) as answer,
        ):
            assert await answer.text() == "True"
    finally:
        await runner.cleanup()


async def test_a_client_whose_connection_breaks_is_no_error_under_https(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Issue: HTTPS; a WebSocket's end is no different there."""
    over = asyncio.Event()

    async def follow(request: web.Request) -> web.WebSocketResponse:
        try:
            async with open_socket(request) as (socket, ws):
                async for _ in socket.messages():
                    pass
        finally:
            over.set()
        return ws

    app = web.Application()
    close_at_shutdown(app)
    app.router.add_get("/", follow)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(
        runner, "127.0.0.1", 0, ssl_context=server_context(Settings(data=tmp_path, tls_self_signed=True))
    )
    await site.start()
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", runner.addresses[0][1], ssl=trusting)
            writer.write(
                b"GET / HTTP/1.1\r\nHost: here\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            assert b"101" in await reader.readuntil(b"\r\n\r\n")
            writer.transport.abort()
            await over.wait()
    finally:
        await runner.cleanup()
    assert caplog.text == ""


def test_a_certificate_is_made_once_and_again_when_the_names_change(tmp_path: Path) -> None:
    """Issue: HTTPS for a phone."""
    cert, _ = self_signed(Settings(data=tmp_path))
    first = cert.read_bytes()
    assert self_signed(Settings(data=tmp_path))[0].read_bytes() == first
    renamed = Settings(data=tmp_path, public_url="https://parley.test")
    assert self_signed(renamed)[0].read_bytes() != first


def test_every_failure_of_a_given_certificate_has_a_sentence(tmp_path: Path) -> None:
    """Issue: a wrong setting stops the start with a clear sentence."""
    cert, key = self_signed(Settings(data=tmp_path / "one"))
    _, other = self_signed(Settings(data=tmp_path / "two"))
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("nonsense")
    good = server_context(Settings(tls_cert=cert, tls_key=key))
    assert good is not None
    assert good.minimum_version is ssl.TLSVersion.TLSv1_2
    for wrong_cert, wrong_key, words in (
        (tmp_path / "missing.pem", key, "tls_cert: the file .* cannot be read: No such file"),
        (cert, tmp_path / "missing.pem", "tls_key: the file .* cannot be read"),
        (cert, other, "is not the key of the certificate"),
        (nonsense, key, "must be a PEM certificate and its PEM key"),
        (cert, nonsense, "must be a PEM certificate and its PEM key"),
    ):
        with pytest.raises(SettingsError, match=words):
            server_context(Settings(tls_cert=wrong_cert, tls_key=wrong_key))
