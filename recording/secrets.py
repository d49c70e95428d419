"""Secrets at rest: a target's password is sealed with AES-256-GCM, by a key that does not lie in the database.

The key file has one key a line, `id base64`; the last one seals, all of them open, so a new key is added without
touching what was sealed before. The row's id is part of the seal: a sealed text that is copied to another row does not
open there. Source: NIST SP 800-38D (GCM; nonces of 96 random bits are good for 2^32 seals by a key).
"""

import base64
import binascii
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT: Final = "v1"
NONCE_BYTES: Final = 12


class SecretError(Exception):
    """A secret cannot be opened, or the keys cannot be read; the message is a sentence that holds no secret."""


@dataclass(frozen=True, slots=True)
class _Key:
    id: str
    cipher: AESGCM


class Keys:
    """The keys of a key file. Sealing and opening are quick and pure; only `load` and `add` touch the disk."""

    def __init__(self, keys: list[_Key]) -> None:
        self._keys = {key.id: key for key in keys}
        self._newest = keys[-1]

    @classmethod
    def load(cls, file: Path) -> "Keys":
        """Read the key file; where there is none, make one with a first key. Raises `SecretError`."""
        try:
            if not file.exists():
                cls.add(file)
            mode = file.stat().st_mode
            if mode & 0o077:
                raise SecretError(f"Others may read the key file {file}: set its mode to 0600.")
            keys = [_key(line) for line in file.read_text("ascii").splitlines() if line.strip()]
        except (OSError, ValueError) as error:
            raise SecretError(f"The key file {file} cannot be read: {_reason(error)}.") from error
        if not keys:
            raise SecretError(f"The key file {file} has no key; put it back from a backup.")
        return cls(keys)

    @staticmethod
    def add(file: Path) -> None:
        """Append a new key, which seals from the next `load` on. The file is replaced at once and whole."""
        before = file.read_bytes() if file.exists() else b""
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        line = f"{secrets.token_hex(4)} {base64.b64encode(AESGCM.generate_key(256)).decode()}\n"
        part = file.with_name(f"{file.name}.part")
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
            new.write(before + line.encode())
            new.flush()
            os.fsync(new.fileno())
        part.replace(file)

    def seal(self, row: str, text: str) -> str:
        """Return what may stand in the database, in the row with this id."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = nonce + self._newest.cipher.encrypt(nonce, text.encode(), self._bound(self._newest.id, row))
        return f"{FORMAT}:{self._newest.id}:{base64.b64encode(sealed).decode()}"

    def open(self, row: str, sealed: str) -> str:
        """Return the text. Raises `SecretError` when it was sealed by another key or for another row."""
        form, _, rest = sealed.partition(":")
        id, _, encoded = rest.partition(":")
        key = self._keys.get(id)
        if form != FORMAT or key is None:
            raise SecretError("A stored secret was sealed with a key that the key file does not have; enter it again.")
        try:
            content = base64.b64decode(encoded, validate=True)
            text = key.cipher.decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], self._bound(id, row))
        except (InvalidTag, ValueError, binascii.Error) as error:
            raise SecretError("A stored secret was changed, or copied from another place; enter it again.") from error
        return text.decode()

    def is_old(self, sealed: str) -> bool:
        """Say whether it should be sealed anew, since a newer key has been added."""
        return sealed.split(":")[1:2] != [self._newest.id]

    @staticmethod
    def _bound(id: str, row: str) -> bytes:
        return f"{FORMAT}:{id}:{row}".encode()


def _key(line: str) -> _Key:
    id, _, encoded = line.strip().partition(" ")
    key = base64.b64decode(encoded, validate=True)
    if not id or len(key) != 32:
        raise ValueError("a line of it is no key")
    return _Key(id, AESGCM(key))


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else "") or "a line of it is no key"
