"""The server's side of ICE-lite (RFC 8445, 2.5): answer the browser's connectivity checks, and make none.

The server is reachable at a known address, so it needs no candidates of the browser's: a check that carries the right
password shows the address to answer to. Keeping on checking is the browser's consent to be sent to (RFC 7675).
"""

from dataclasses import dataclass

from aioice import stun

Address = tuple[str, int] | tuple[str, int, int, int]

MAX_CHECK_BYTES = 548
"""A check is under 150 bytes; RFC 8489 (6.1) keeps messages below this size on unknown paths."""
_COOKIE = bytes.fromhex("2112a442")


@dataclass(frozen=True, slots=True)
class Check:
    """A binding request, not yet authenticated."""

    message: stun.Message
    ufrag: str
    """The part of USERNAME that names the server's side."""

    @property
    def nominates(self) -> bool:
        """Whether the browser asks to be sent to at this address."""
        return "USE-CANDIDATE" in self.message.attributes

    def is_authentic(self, password: str) -> bool:
        """Say whether the sender knows the password of the answer."""
        return self.message.check_message_integrity(password.encode())


def read_check(datagram: bytes) -> Check | None:
    """Parse a datagram as a binding request; None when it is anything else."""
    if not 20 <= len(datagram) <= MAX_CHECK_BYTES or datagram[:2] != b"\x00\x01" or datagram[4:8] != _COOKIE:
        return None
    try:
        message = stun.parse_message(datagram)
    except Exception:  # the parser raises half a dozen types on malformed attributes
        return None
    username = message.attributes.get("USERNAME")
    if not isinstance(username, str):
        return None
    return Check(message, username.split(":", 1)[0])


def success(check: Check, password: str, seen_from: Address) -> bytes:
    """Answer an authentic check with the address that it came from."""
    response = stun.Message(
        message_method=stun.Method.BINDING,
        message_class=stun.Class.RESPONSE,
        transaction_id=check.message.transaction_id,
    )
    response.attributes["XOR-MAPPED-ADDRESS"] = seen_from[:2]
    response.add_message_integrity(password.encode())
    return bytes(response)
