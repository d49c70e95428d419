"""The settings: where they come from, and what is said about wrong ones."""

from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from signaling.announced import announced
from signaling.settings import ALLOWED, Settings, SettingsError, load

pytestmark = pytest.mark.unit

DOCS = Path(__file__).parent.parent.parent / "docs" / "settings.md"


def test_options_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    """Issue: settings come from one place."""
    file = tmp_path / "parley.toml"
    file.write_text('port = 1\nhost = "a"\nlog_level = "debug"\n')
    environment = {"PARLEY_CONFIG": str(file), "PARLEY_PORT": "2", "PARLEY_HOST": "b", "HOME": "/"}
    settings = load(environment, options={"port": "3"})
    assert (settings.port, settings.host, settings.log_level) == (3, "b", "debug")


def test_lists_are_written_with_commas_in_the_environment() -> None:
    """Issue: settings come from one place."""
    settings = load({"PARLEY_TRUSTED_PROXIES": "10.0.0.0/8, ::1", "PARLEY_MEDIA_ADDRESSES": "203.0.113.4"})
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert settings.media_addresses == (ip_address("203.0.113.4"),)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PORT", "http", "The setting port (PARLEY_PORT in the environment) is wrong: it must be a number from 0"),
        ("PORT", "70000", "must be a number from 0 to 65535"),
        ("PROT", "1", "There is no setting 'prot' (PARLEY_PROT in the environment). The settings are: host, port"),
        ("PUBLIC_URL", "calls.example.org", "must be http:// or https://"),
        ("PUBLIC_URL", "https://calls.example.org/path", "without a path"),
        ("TRUSTED_PROXIES", "everybody", "must be addresses or networks"),
        ("DATABASE_URL", "mysql://root:hunter2@db/parley", "must be sqlite:///path or postgresql://"),
        ("MEDIA_ADDRESSES", "calls.example.org", "must be IP addresses that browsers can send to"),
        ("MEDIA_ADDRESSES", "203.0.113.4, 0.0.0.0", "must be IP addresses that browsers can send to"),
        ("MEDIA_ADDRESSES", "fe80::1", "must be IP addresses that browsers can send to"),
        ("ICE_SERVERS", "turn.example.org", "must be addresses such as stun:turn.example.org"),
        ("ICE_SERVERS", "turn:turn.example.org:0", "must be addresses such as stun:"),
        ("ICE_SERVERS", "turn:[::1::]", "must be addresses such as stun:"),
        ("ICE_SERVERS", "turns:turn.example.org?transport=udp", "must be addresses such as stun:"),
        ("ICE_SERVERS", "stun:a.example, turn:b.example", "ice_servers names a TURN server: set turn_secret"),
        ("TURN_SECRET", "hunter2", "must be a text of at least 16 characters"),
        ("TURN_SECRET", "sixteen secret letters", "turn_secret is set, but ice_servers names no TURN server"),
        ("TLS_CERT", "cert.pem", "tls_cert and tls_key belong together"),
        ("LOG_LEVEL", "chatty", "must be debug, info, warning or error"),
        ("CONFIG", "/nowhere/parley.toml", "The settings file /nowhere/parley.toml cannot be read"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(name: str, value: str, words: str) -> None:
    """Issue: a wrong setting stops the start with a clear sentence."""
    with pytest.raises(SettingsError) as caught:
        load({f"PARLEY_{name}": value})
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_ice_servers_are_those_that_browsers_speak_to_and_the_secret_is_shown_nowhere() -> None:
    """Issue 3: browsers get STUN and TURN servers from settings."""
    urls = "stun:a.example:3478, turn:[2001:db8::1]:443?transport=tcp, turns:192.0.2.1, turn:b?transport=udp"
    settings = load({"PARLEY_ICE_SERVERS": urls, "PARLEY_TURN_SECRET": "sixteen secret letters"})
    assert ", ".join(settings.ice_servers) == urls
    assert settings.turn_secret is not None
    assert settings.turn_secret.get_secret_value() == "sixteen secret letters"
    assert "sixteen" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_what_browsers_are_told_is_the_set_addresses_in_place_of_the_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Issue 3: several addresses, IPv4 and IPv6, a public one replaces the host's."""
    monkeypatch.setattr("signaling.announced.host_families", lambda: {4, 6})
    monkeypatch.setattr("media.addresses.get_host_addresses", lambda use_ipv4, use_ipv6: ["10.0.0.5"])  # pyright: ignore
    assert announced(Settings()) == {4: ["10.0.0.5:10000"], 6: []}
    both = load({"PARLEY_MEDIA_ADDRESSES": "2001:db8::7, 203.0.113.7, 203.0.113.8", "PARLEY_MEDIA_PORT": "443"})
    assert announced(both) == {4: ["203.0.113.7:443", "203.0.113.8:443"], 6: ["[2001:db8::7]:443"]}
    monkeypatch.setattr("signaling.announced.host_families", lambda: {4})
    with pytest.raises(SettingsError, match="names 2001:db8::7, but this machine has no IPv6"):
        announced(both)


def test_a_file_that_is_no_toml_is_said_to_be_none(tmp_path: Path) -> None:
    """Issue: a wrong setting stops the start with a clear sentence."""
    file = tmp_path / "parley.toml"
    file.write_text("port: 8080")
    with pytest.raises(SettingsError, match="is not valid TOML"):
        load({}, file)


def test_every_setting_is_documented_and_says_what_is_allowed() -> None:
    """Issue: settings are documented."""
    text = DOCS.read_text("utf-8")
    for name, field in Settings.model_fields.items():
        assert f"`{name}`" in text
        assert name in ALLOWED
        if isinstance(field.default, int | str) and not isinstance(field.default, bool):
            assert f"`{field.default}`" in text


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        (Settings(), "http://localhost:8080"),
        (Settings(host="0.0.0.0", port=80), "http://localhost"),
        (Settings(host="::1"), "http://localhost:8080"),
        (Settings(host="2001:db8::5", tls_self_signed=True), "https://[2001:db8::5]:8080"),
        (Settings(public_url="https://Calls.example.org/"), "https://calls.example.org"),
    ],
)
def test_the_address_to_open_follows_from_the_settings(settings: Settings, url: str) -> None:
    """Issue: the addresses to open are printed."""
    assert settings.url(settings.port) == url
