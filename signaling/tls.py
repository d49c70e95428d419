"""HTTPS: the given certificate, or one made here for trying a phone on the same network."""

import ipaddress
import os
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from signaling.settings import Settings, SettingsError

VALID: Final = timedelta(days=365)
RENEW: Final = timedelta(days=7)
"""A certificate that ends this soon is made anew at the start."""


def server_context(settings: Settings) -> ssl.SSLContext | None:
    """Return what is needed to serve HTTPS, None for plain HTTP. Raises `SettingsError` with a sentence."""
    if settings.tls_self_signed:
        return _loaded(*self_signed(settings))
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    return _loaded(settings.tls_cert, settings.tls_key)


def _loaded(cert: Path, key: Path) -> ssl.SSLContext:
    for name, path in (("tls_cert", cert), ("tls_key", key)):
        try:
            path.read_bytes()
        except OSError as error:
            raise SettingsError(f"{name}: the file {path} cannot be read: {error.strerror}.") from None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # The empty password keeps OpenSSL from asking for one on the terminal.
        context.load_cert_chain(cert, key, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise SettingsError(f"tls_key: {key} is not the key of the certificate in {cert}.") from None
        raise SettingsError(
            f"tls_cert and tls_key: {cert} and {key} must be a PEM certificate and its PEM key without a password."
        ) from None
    return context


def self_signed(settings: Settings) -> tuple[Path, Path]:
    """Return the files of a certificate for this machine's names and addresses, made when there is none that fits."""
    folder = settings.data / "tls"
    cert, key = folder / "self-signed.crt", folder / "self-signed.key"
    names = _names(settings)
    if not (key.exists() and _fits(cert, names)):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        made_cert, made_key = _make(names)
        _write(key, made_key)
        _write(cert, made_cert)
    return cert, key


def _names(settings: Settings) -> list[str]:
    """Return every name and address by which a browser may reach this machine."""
    names = {"localhost", "127.0.0.1", "::1", socket.gethostname(), f"{socket.gethostname()}.local"}
    names |= {str(address) for address in settings.media_addresses}
    if settings.public_url:
        names.add(urlsplit(settings.public_url).hostname or "localhost")
    if settings.host not in ("0.0.0.0", "::"):  # noqa: S104
        names.add(settings.host)
    for family, target in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            # Connecting a UDP socket sends nothing; it only picks the address that a packet would leave from.
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((target, 9))
                names.add(str(probe.getsockname()[0]))
        except OSError:
            continue
    return sorted(names)


def _fits(cert: Path, names: list[str]) -> bool:
    try:
        found = x509.load_pem_x509_certificate(cert.read_bytes())
        alternative = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    return set(alternative) >= set(_general(names)) and found.not_valid_after_utc > datetime.now(UTC) + RENEW


def _general(names: list[str]) -> list[x509.GeneralName]:
    general: list[x509.GeneralName] = []
    for name in names:
        try:
            general.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            general.append(x509.DNSName(name))
    return general


def _make(names: list[str]) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Parley, self-signed")])
    now = datetime.now(UTC)
    cert = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectAlternativeName(_general(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return cert.public_bytes(serialization.Encoding.PEM), secret


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
