"""Calls out of networks that let no UDP out: through a real coturn, over TCP and over TLS."""

import base64
import hashlib
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.async_api import Browser, expect

from media.addresses import answered
from media.settings import MediaSettings
from signaling.settings import Settings
from signaling.tls import self_signed
from tests.coturn import SECRET, coturn
from tests.flow.conftest import Centre, launched, running_centre
from tests.flow.network import HOST, RELAY, network

pytestmark = pytest.mark.flow
AUTOPLAY = "--autoplay-policy=no-user-gesture-required"


@asynccontextmanager
async def relayed_centre(folder: Path, music: Path, *let_out: str) -> AsyncGenerator[tuple[Centre, Browser]]:
    """A Parley by HTTPS on port 443 of one address, coturn on another, and a browser behind a firewall."""
    cert, key = self_signed(Settings(data=folder, host=HOST, public_url=f"https://{RELAY}"))
    trusted = f"--ignore-certificate-errors-spki-list={pin(cert)}"
    settings: dict[str, Any] = {
        "port": 443,
        "tls_cert": cert,
        "tls_key": key,
        "media_addresses": HOST,
        "ice_servers": ", ".join(
            f"{scheme}:{RELAY}:{rest}"
            for scheme, rest in (("turn", "3478?transport=udp"), ("turn", "3478?transport=tcp"), ("turns", "443"))
        ),
        "turn_secret": SECRET,
    }
    async with (
        network(folder) as cable,
        coturn(RELAY, 3478, folder, (443, cert, key), peers=HOST),
        launched(AUTOPLAY, trusted) as outside,
        launched(AUTOPLAY, trusted, program=cable.browser) as inside,
        running_centre(folder / "data", music, outside, host=HOST, **settings) as centre,
    ):
        await cable.let_out_only(*let_out)
        yield centre, inside


def pin(cert: Path) -> str:
    """The hash of a certificate's key, by which Chromium is told to trust it, for pages and TURN servers alike."""
    public = x509.load_pem_x509_certificate(cert.read_bytes()).public_key()
    digest = hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return base64.b64encode(digest).decode()


async def test_with_udp_blocked_a_call_goes_through_coturn_over_tcp_and_the_panel_says_so(
    tmp_path: Path, prepared_music: Path
) -> None:
    """Issue 3, shown by 5: both sides are in a network that lets no UDP out."""
    async with (
        relayed_centre(tmp_path, prepared_music, "meta l4proto tcp accept") as (centre, inside),
    ):
        agent = await centre.agent(browser=inside)
        await agent.chooses("Active")
        customer = await centre.caller(browser=inside)
        await agent.rings()
        await agent.press("Answer")
        await customer.hears(agent)
        await agent.hears(customer)
        await expect(agent.dock).to_contain_text("Relayed on both sides")


async def test_with_all_but_tcp_443_blocked_a_call_goes_through_coturn_over_tls_and_the_panel_says_so(
    tmp_path: Path, prepared_music: Path
) -> None:
    """Issue 3, shown by 5: the customer's network lets out nothing but HTTPS, the agent's everything."""
    async with (
        relayed_centre(tmp_path, prepared_music, "tcp dport 443 accept") as (centre, inside),
    ):
        agent = await centre.active_agent()
        customer = await centre.caller(media="video", browser=inside)
        await agent.rings()
        await agent.press("Answer")
        await customer.hears(agent)
        await agent.hears(customer)
        await customer.sees(agent)
        await agent.sees(customer)
        await expect(agent.dock).to_contain_text("Relayed on the customer's side")


async def test_a_call_that_can_go_directly_does_not_wait_for_a_turn_server(
    tmp_path: Path, prepared_music: Path, browser: Browser
) -> None:
    """Issue 3: browsers get TURN servers from settings; one that never answers costs no call a second."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        # Not its loopback: a browser that has another address gives up on a server there at once.
        silent.bind((answered(MediaSettings(), {4})[0], 0))
        server = "turn:{}:{}?transport=udp".format(*silent.getsockname())
        async with running_centre(
            tmp_path / "data", prepared_music, browser, ice_servers=server, turn_secret=SECRET
        ) as centre:
            agent = await centre.active_agent()
            customer = await centre.caller()
            await customer.feels(lambda got: got["connected"], "a connection")
            silent.setblocking(False)
            assert silent.recv(1500), "it was asked"
            await agent.rings()
            await agent.press("Answer")
            await customer.hears(agent)
            await expect(agent.dock).not_to_contain_text("Relayed")
