"""Passwords: which are good enough, and how they are kept (reliability page 2.2; ASVS 5.0 6.2.1, 6.2.4, 11.4.2)."""

import asyncio
import secrets
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from conversations.errors import RefusedError

LEAST = 12
"""Characters that a password has at least."""
MOST = 256
"""Characters that are hashed at most, so that nobody makes the server hash a novel."""

COMMON = frozenset(Path(__file__).with_name("common_passwords.txt").read_text("utf-8").split())
"""What people type when twelve characters are asked for. Compared without case."""

# The hash of a password that nobody has: an unknown login must take as long as a wrong password.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$fZtvlXhm+x7K3oRcgvIAOA$aG2UslavPxJ0494OTHuq+4jfJVxCVg71+eXruMwX/vM"


class Passwords:
    """Hashes and checks passwords away from the event loop, two at a time: each costs 19 MiB and some 30 ms."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._turns = asyncio.Semaphore(2)

    async def hash(self, password: str) -> str:
        """Return what is stored of a password."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, _bytes(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Say whether this is the password; None stands for an unknown login and takes as long."""
        async with self._turns:
            return (
                await asyncio.to_thread(self._verify, stored or _NOBODY, _bytes(password[:MOST])) and stored is not None
            )

    def _verify(self, stored: str, password: bytes) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def _bytes(password: str) -> bytes:
    """Return a password as it is hashed. JSON can carry lone surrogates, and they must not fail."""
    return password.encode("utf-8", "surrogatepass")


def check(password: str, login: str) -> None:
    """Raise RefusedError ``weak_password`` when the password is too easy to guess."""
    if len(password) < LEAST:
        raise RefusedError("weak_password", f"A password needs at least {LEAST} characters.")
    if len(password) > MOST:
        raise RefusedError("weak_password", f"A password has at most {MOST} characters.")
    folded = password.casefold()
    if folded in COMMON or len(set(folded)) < 4 or folded == login.casefold():
        raise RefusedError("weak_password", "This password is too easy to guess.")


def random_password() -> str:
    """Return a password of 96 random bits."""
    return secrets.token_urlsafe(12)
