"""Secrets that browsers hold: random, and only their SHA-256 is kept.

A plain hash is enough for 192 or 256 random bits; it cannot be searched like a password.
"""

import hashlib
import secrets


def new_token(size: int = 32) -> str:
    """Return `size` random bytes, safe in URLs and cookies."""
    return secrets.token_urlsafe(size)


def token_hash(token: str) -> str:
    """Return what is stored of a token; any string has a hash, also one that was never a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
