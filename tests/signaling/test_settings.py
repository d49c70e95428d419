"""The settings: where they come from, and what is said about wrong ones."""

from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

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
        ("DATABASE_URL", "mysql://root:secret@db/parley", "must be sqlite:///path or postgresql://"),
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
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


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
