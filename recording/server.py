"""The customer's server as an administrator describes it: what is checked of the description, and the storage it gives.

Checked are the host's name (a name or an address, nothing else), the port, that no text holds control characters, the
path's template, and the form of a fingerprint. Private and loopback addresses may be named: the server mostly stands in
the centre's own network, and only administrators name it (reliability 2.2). Addresses that no file server has are
refused at each connection, see `hosts.server_addresses`.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from ipaddress import ip_address
from typing import Final

from callflow.ids import RecordingId
from conversations.errors import InvalidError
from recording.storages.base import Limits
from recording.storages.ftp import FtpStorage, FtpTarget, TlsTrust
from recording.storages.hosts import server_addresses
from recording.storages.names import DEFAULT_TEMPLATE, NameFacts, TemplateError, remote_name
from recording.storages.remote import RemoteStorage

LONGEST_USER: Final = 200
LONGEST_SECRET: Final = 16_384
"""A private key of 8192 bits has 6,500 characters."""
_HOST: Final = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\Z")
_CERTIFICATE: Final = re.compile(r"[0-9a-f]{64}\Z")
_HOST_KEY: Final = re.compile(r"SHA256:[A-Za-z0-9+/]{43}\Z")
EXAMPLE: Final = NameFacts(
    recording=RecordingId("rec_7f3kq2m9xw4t"),
    began=datetime(2026, 11, 30, 14, 5, 9, tzinfo=UTC),
    call="call_7f3kq2m9xw4t",
    queue="Support",
    agent="Ana Anić",
    customer="José Müller",
    direction="inbound",
)


class TransferProtocol(StrEnum):
    """How files get there (FTP-01)."""

    FTP = "ftp"
    FTPS = "ftps"
    SFTP = "sftp"


@dataclass(frozen=True, slots=True)
class Server:
    """Where to and by whom; the secret is told apart from it."""

    protocol: TransferProtocol = TransferProtocol.FTPS
    host: str = ""
    """Empty: no server is configured."""
    port: int = 21
    user: str = ""
    by_key: bool = False
    """The secret is a private key (SFTP only)."""
    fingerprint: str | None = None
    """What the server was confirmed to be known by: its certificate (FTPS) or its key (SFTP)."""
    template: str = DEFAULT_TEMPLATE

    @property
    def account(self) -> tuple[str, int, str, TransferProtocol]:
        """Whom a secret is told to; it is told to nobody else."""
        return self.host, self.port, self.user, self.protocol

    @property
    def place(self) -> str:
        """The account in words."""
        return f"{self.protocol}://{self.user}@{self.host}:{self.port}"


def checked_server(server: Server) -> Server:
    """Return the description as it is kept. Raises InvalidError with the field."""
    host = server.host.strip()
    if not _HOST.match(host) and not _is_address(host):
        raise InvalidError("host", "This is the name or the address of a host, without “ftp://” and without a path.")
    if not 1 <= server.port <= 65_535:
        raise InvalidError("port", "A port is a number from 1 to 65535.")
    if not 1 <= len(server.user) <= LONGEST_USER or not server.user.isprintable():
        raise InvalidError("user", f"The user has 1 to {LONGEST_USER} characters, none of them invisible.")
    if server.by_key and server.protocol is not TransferProtocol.SFTP:
        raise InvalidError("by_key", "Only SFTP lets people in by a private key.")
    name_by(server.template, EXAMPLE)
    return replace(server, host=host, fingerprint=_checked_fingerprint(server))


def checked_secret(server: Server, secret: str) -> str:
    """Return the secret. Raises InvalidError; the message never holds it."""
    if not 1 <= len(secret) <= LONGEST_SECRET:
        raise InvalidError("secret", f"The password or key has 1 to {LONGEST_SECRET} characters.")
    if not server.by_key and not secret.isprintable():
        raise InvalidError("secret", "The password holds invisible characters: look for a line break in it.")
    return secret


def name_by(template: str, facts: NameFacts, file: str = "voice.webm") -> str:
    """Return the name that a file gets by a template. Raises InvalidError."""
    try:
        return remote_name(template, facts, file)
    except TemplateError as error:
        raise InvalidError("template", str(error)) from error


def storage_of(server: Server, secret: str, limits: Limits | None = None) -> RemoteStorage:
    """Return the storage that the server is."""
    if server.protocol is TransferProtocol.SFTP:
        # Here: asyncssh takes a tenth of the server's start, and most servers never need it.
        from recording.storages.sftp import SftpStorage, SftpTarget

        sftp = SftpTarget(server.host, server.port, server.user, secret, server.by_key, server.fingerprint)
        return SftpStorage(sftp, limits, server_addresses)
    trust = TlsTrust(fingerprint=server.fingerprint) if server.protocol is TransferProtocol.FTPS else None
    return FtpStorage(FtpTarget(server.host, server.port, server.user, secret, trust), limits, server_addresses)


def _is_address(text: str) -> bool:
    try:
        return bool(ip_address(text)) and "%" not in text
    except ValueError:
        return False


def _checked_fingerprint(server: Server) -> str | None:
    shown = (server.fingerprint or "").strip()
    if not shown or server.protocol is TransferProtocol.FTP:
        return None
    if server.protocol is TransferProtocol.FTPS:
        shown, form = shown.replace(":", "").lower(), _CERTIFICATE
    else:
        form = _HOST_KEY
    if not form.match(shown):
        raise InvalidError("fingerprint", "This is no fingerprint: take the one that the test shows.")
    return shown
