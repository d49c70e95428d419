"""The settings of one server: one frozen value, from a TOML file and the environment, which wins (docs/settings.md)."""

import re
import tomllib
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

PREFIX: Final = "PARLEY_"
CONFIG: Final = "PARLEY_CONFIG"


class StartError(Exception):
    """The server cannot start. The text is one sentence for the person who starts it."""


class SettingsError(StartError):
    """A setting is wrong."""


def _listed(value: object) -> object:
    """Take a list as TOML writes it, or a text with commas as the environment has it."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _site(url: str) -> str:
    """Refuse what is not the address of a whole site, and drop a slash at its end."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/"):
        raise ValueError("no site")
    if parts.query or parts.fragment or parts.username or parts.port == 0:
        raise ValueError("no site")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _database(url: str) -> str:
    if urlsplit(url).scheme not in ("sqlite", "postgresql"):
        raise ValueError("no database")
    return url


def _sendable(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Refuse an address that no browser elsewhere can send to; a link-local one has no meaning without an interface."""
    if address.is_unspecified or address.is_multicast or address.is_link_local:
        raise ValueError("no destination")
    return address


_ICE_SERVER: Final = re.compile(
    r"(stun|turn|turns):"
    r"([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]{2,45}\])"
    r"(?::([1-9][0-9]{0,4}))?"
    r"(?:\?transport=(udp|tcp))?"
)


def _ice_server(url: str) -> str:
    """Refuse what is no STUN or TURN server's address (RFC 7064, RFC 7065), or none that browsers speak."""
    match = _ICE_SERVER.fullmatch(url)
    if match is None:
        raise ValueError("no server")
    scheme, host, port, transport = match.groups()
    if host.startswith("["):
        IPv6Address(host[1:-1])
    if int(port or 0) > 65535 or (scheme, transport) in {("stun", "udp"), ("stun", "tcp"), ("turns", "udp")}:
        raise ValueError("no server")
    return url


_PORT: Final = "a number from 0 to 65535, where 0 takes any free port"
_PEM: Final = "the path of a PEM file"
ALLOWED: Final[Mapping[str, str]] = {
    "host": "an address or a name",
    "port": _PORT,
    "data": "the path of a folder",
    "database_url": "sqlite:///path or postgresql://user:password@host/name",
    "public_url": "http:// or https:// with a name and perhaps a port, without a path",
    "trusted_proxies": "addresses or networks, such as 10.0.0.0/8",
    "tls_cert": _PEM,
    "tls_key": _PEM,
    "tls_self_signed": "true or false",
    "media_port": _PORT,
    "media_addresses": "IP addresses that browsers can send to, such as 203.0.113.7 or 2001:db8::7",
    "ice_servers": (
        "addresses such as stun:turn.example.org, turn:turn.example.org:3478?transport=udp, "
        "turn:turn.example.org?transport=tcp or turns:turn.example.org:443?transport=tcp"
    ),
    "turn_secret": "a text of at least 16 characters",
    "media_workers": "a number from 1 to 16",
    "drain_seconds": "a number from 0 to 3600",
    "metrics_token": "a text of at least 16 characters",
    "standby": "true or false",
    "log_level": "debug, info, warning or error",
}
"""For each setting the end of the sentence "it must be …"."""

Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseModel):
    """Everything that the person who runs the server may choose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Annotated[str, Field(min_length=1, max_length=255)] = "127.0.0.1"
    """The address to listen on for HTTP; `0.0.0.0` for all."""
    port: Port = 8080
    """The TCP port to listen on for HTTP."""
    data: Path = Path("data")
    """The folder for everything that is kept."""
    database_url: Annotated[str, AfterValidator(_database)] | None = None
    """The database; an SQLite file in the data folder when not set."""
    public_url: Annotated[str, AfterValidator(_site)] | None = None
    """The address by which people reach this server, when it differs from host and port."""
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_listed)] = ()
    """The reverse proxies whose X-Forwarded headers count."""
    tls_cert: Path | None = None
    """The certificate chain for HTTPS."""
    tls_key: Path | None = None
    """The key of that certificate."""
    tls_self_signed: bool = False
    """Make a certificate for trying a phone on the same network, and serve HTTPS with it."""
    media_port: Port = 10000
    """The UDP port for all sound and pictures."""
    media_addresses: Annotated[
        tuple[Annotated[IPv4Address | IPv6Address, AfterValidator(_sendable)], ...], BeforeValidator(_listed)
    ] = ()
    """The addresses by which browsers reach the media port; those of this machine when not set."""
    ice_servers: Annotated[tuple[Annotated[str, AfterValidator(_ice_server)], ...], BeforeValidator(_listed)] = ()
    """The STUN and TURN servers that pages are told of."""
    turn_secret: Annotated[SecretStr, Field(min_length=16, max_length=256)] | None = None
    """What the TURN servers and this server share, so that this server can give out credentials for a while."""
    media_workers: Annotated[int, Field(ge=1, le=16)] = 1
    """The processes that carry sound and pictures; each has a UDP port, counted up from media_port."""
    drain_seconds: Annotated[int, Field(ge=0, le=3600)] = 30
    """How long a server that is asked to stop waits for calls that are talked or ring."""
    metrics_token: Annotated[SecretStr, Field(min_length=16, max_length=256)] | None = None
    """What whoever reads /metrics from another machine has to send."""
    standby: bool = False
    """While another server uses the database, wait, and take over when it is gone."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """How much is written to the log."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise SettingsError("tls_cert and tls_key belong together: set both or neither.")
        if self.tls_self_signed and self.tls_cert is not None:
            raise SettingsError("tls_self_signed and tls_cert exclude each other: set one of them.")
        relays = any(url.startswith("turn") for url in self.ice_servers)
        if relays and self.turn_secret is None:
            raise SettingsError("ice_servers names a TURN server: set turn_secret, the secret that it shares.")
        if self.turn_secret is not None and not relays:
            raise SettingsError("turn_secret is set, but ice_servers names no TURN server: set both or neither.")
        if self.media_port + self.media_workers - 1 > 65535:
            raise SettingsError("media_port is too high: each of the media_workers has a port, counted up from it.")
        return self

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'parley.db'}"

    @property
    def https(self) -> bool:
        """The server itself speaks HTTPS."""
        return self.tls_self_signed or self.tls_cert is not None

    def url(self, port: int) -> str:
        """Return the address that a person opens, for a server that listens on `port`."""
        if self.public_url is not None:
            return self.public_url
        host = "localhost" if self.host in ("127.0.0.1", "::1", "0.0.0.0", "::") else self.host  # noqa: S104
        scheme = "https" if self.https else "http"
        shown = f"[{host}]" if ":" in host else host
        return f"{scheme}://{shown}" if port == {"http": 80, "https": 443}[scheme] else f"{scheme}://{shown}:{port}"


def load(
    environment: Mapping[str, str], config: Path | None = None, options: Mapping[str, object] | None = None
) -> Settings:
    """Read the settings: from the file, over it the environment, over both the command line's `options`.

    `config` is the TOML file; without it the one that PARLEY_CONFIG names, if any. Raises `SettingsError`.
    """
    path = config or (Path(environment[CONFIG]) if environment.get(CONFIG) else None)
    sources: list[tuple[str, Mapping[str, object]]] = []
    if path is not None:
        sources.append((f"in {path}", _read_file(path)))
    from_environment = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name != CONFIG
    }
    sources.append(("in the environment", from_environment))
    sources.append(("on the command line", options or {}))
    values: dict[str, object] = {}
    where: dict[str, str] = {}
    for place, given in sources:
        for key, value in given.items():
            values[key] = value
            where[key] = f"{PREFIX}{key.upper()} in the environment" if place == "in the environment" else place
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_sentence(error, where)) from None


def _read_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {path} is not valid TOML: {error}.") from None


def _sentence(error: ValidationError, where: Mapping[str, str]) -> str:
    """Say what is wrong first, by its key and what is allowed. The value is left out: it may hold a password."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    key = str(first["loc"][0])
    place = f" ({where[key]})" if key in where else ""
    if key not in ALLOWED:
        return f"There is no setting {key!r}{place}. The settings are: {', '.join(Settings.model_fields)}."
    return f"The setting {key}{place} is wrong: it must be {ALLOWED[key]}."
