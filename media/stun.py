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
_BINDING_REQUEST = b"\x00\x01"
_USERNAME = b"\x00\x06"


@dataclass(frozen=True, slots=True)
class Check:
    """A binding request, not yet authenticated."""

    message: stun.Message

    @property
    def nominates(self) -> bool:
        """Whether the browser asks to be sent to at this address."""
        return "USE-CANDIDATE" in self.message.attributes

    def is_authentic(self, password: str) -> bool:
        """Say whether the sender knows the password of the answer."""
        return self.message.check_message_integrity(password.encode())


def addressee(datagram: bytes) -> str | None:
    """Return the part of a binding request's USERNAME that names the server's side; None for anything else.

    Anybody may send these, so no more is read than this takes: a fraction of what parsing the message costs.
    """
    if not 20 <= len(datagram) <= MAX_CHECK_BYTES or datagram[:2] != _BINDING_REQUEST or datagram[4:8] != _COOKIE:
        return None
    at = 20
    while at + 4 <= len(datagram):
        size = int.from_bytes(datagram[at + 2 : at + 4])
        if datagram[at : at + 2] == _USERNAME:
            return datagram[at + 4 : at + 4 + size].split(b":", 1)[0].decode("ascii", "replace")
        at += 4 + size + -size % 4
    return None


def read_check(datagram: bytes) -> Check | None:
    """Parse a datagram for which `addressee` found a name; None when it is torn."""
    try:
        return Check(stun.parse_message(datagram))
    except Exception:  # the parser raises half a dozen types on malformed attributes
        return None


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
