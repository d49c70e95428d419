"""The STUN and TURN servers that a page is told of, with credentials that are good for a while.

The credentials are those of the TURN REST API (draft-uberti-behave-turn-rest-00, coturn's `use-auth-secret`): the
username says until when it is good and for whom, and the password proves that somebody with the secret wrote it.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from pydantic import SecretStr

from callflow.clock import Clock
from callflow.ids import LegId
from signaling.models.agents import IceServer

GOOD_FOR: Final = timedelta(minutes=10)
"""A page uses them at once, and a relay asks for them only then: a call outlives them."""


class IceServers:
    """Makes the list for one leg's next transport."""

    def __init__(self, clock: Clock, urls: Sequence[str] = (), secret: SecretStr | None = None) -> None:
        self._clock = clock
        self._plain = [url for url in urls if url.startswith("stun:")]
        self._relays = [url for url in urls if not url.startswith("stun:")]
        self._secret = secret

    def for_leg(self, leg: LegId) -> list[IceServer]:
        """Return the servers, with credentials made now."""
        servers = [IceServer(urls=self._plain)] if self._plain else []
        if self._relays and self._secret is not None:
            until = int((self._clock.now() + GOOD_FOR).timestamp())
            username, password = credentials(self._secret.get_secret_value(), until, leg)
            servers.append(IceServer(urls=self._relays, username=username, credential=password))
        return servers


def credentials(secret: str, until: int, name: str) -> tuple[str, str]:
    """Return a username and a password for a TURN server that shares `secret`, good until this Unix time."""
    username = f"{until}:{name}"
    # SHA-1 is what TURN servers know; as a MAC it is not broken.
    return username, base64.b64encode(hmac.digest(secret.encode(), username.encode(), hashlib.sha1)).decode()
