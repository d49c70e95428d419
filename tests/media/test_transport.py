"""Which address of a browser packets go to (RFC 8445, 7.3; RFC 7675, 5.1)."""

import socket
from collections.abc import Iterator

import pytest

from media.transport import CONSENT_S, MAX_ADDRESSES, MOVED_AFTER_S, Transport
from tests.media.offers import offer, transport

pytestmark = pytest.mark.unit

HOME = ("192.0.2.1", 4000)
OFFICE = ("198.51.100.7", 5000)
PHONE = ("203.0.113.9", 6000)
NOON = 1000.0


@pytest.fixture
def path() -> Transport:
    """A transport that nothing has reached yet."""
    return transport(offer())


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        yield sock


def test_packets_stay_on_the_first_address_while_a_browser_tries_several(path: Transport, sock: socket.socket) -> None:
    """PLUS-01: a browser checks each of its addresses in turn at first; a few checks from one mean nothing."""
    for round_number in range(10):
        for number, address in enumerate((HOME, OFFICE, PHONE)):
            path.checked(sock, address, nominated=False, now=NOON + round_number + number / 3)
    assert path.address == HOME
    assert set(path.proven) == {HOME, OFFICE, PHONE}


def test_packets_go_to_the_address_that_is_nominated_and_to_the_latest_of_them(
    path: Transport, sock: socket.socket
) -> None:
    path.checked(sock, HOME, nominated=False, now=NOON)
    path.checked(sock, OFFICE, nominated=True, now=NOON + 0.1)
    path.checked(sock, HOME, nominated=False, now=NOON + 0.2)
    assert path.address == OFFICE
    path.checked(sock, PHONE, nominated=True, now=NOON + 0.3)
    assert path.address == PHONE


def test_packets_move_when_the_address_in_use_is_no_longer_checked(path: Transport, sock: socket.socket) -> None:
    """PLUS-01: a NAT that has lost its mapping gives the browser another address unasked."""
    path.checked(sock, HOME, nominated=True, now=NOON)
    path.checked(sock, PHONE, nominated=False, now=NOON + MOVED_AFTER_S - 0.1)
    assert path.address == HOME
    path.checked(sock, PHONE, nominated=False, now=NOON + MOVED_AFTER_S + 0.1)
    assert path.address == PHONE


def test_one_that_is_checked_as_often_as_it_should_be_keeps_the_packets(path: Transport, sock: socket.socket) -> None:
    """RFC 7675, 5.1: at least every 5 s."""
    path.checked(sock, HOME, nominated=True, now=NOON)
    for second in range(0, 60, 5):
        path.checked(sock, HOME, nominated=False, now=NOON + second)
        path.checked(sock, OFFICE, nominated=False, now=NOON + second + 4.9)
        assert path.address == HOME


def test_an_address_without_consent_is_left_and_the_next_check_is_taken(path: Transport, sock: socket.socket) -> None:
    path.checked(sock, HOME, nominated=True, now=NOON)
    assert path.expire_consent(NOON + CONSENT_S) == []
    assert path.expire_consent(NOON + CONSENT_S + 1) == [HOME]
    assert path.address is None
    path.checked(sock, OFFICE, nominated=False, now=NOON + CONSENT_S + 2)
    assert path.address == OFFICE


def test_of_too_many_addresses_the_one_checked_longest_ago_is_forgotten_but_never_the_one_in_use(
    path: Transport, sock: socket.socket
) -> None:
    """L3: what a stranger with the password may make us remember has a limit."""
    path.checked(sock, HOME, nominated=True, now=NOON)
    others = [("203.0.113.9", port) for port in range(1, MAX_ADDRESSES + 3)]
    forgotten = [
        path.checked(sock, address, nominated=False, now=NOON + number / 10) for number, address in enumerate(others)
    ]
    assert forgotten == [None] * (MAX_ADDRESSES - 1) + others[:3]
    assert len(path.proven) == MAX_ADDRESSES
    assert path.address == HOME
