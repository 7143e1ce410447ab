"""How a TFTP server conducts a transfer, against servers of raw sockets that do it well and badly."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from phone_sim.audit.access_checks import tftp_block_size, tftp_transfer_id
from phone_sim.audit.finding import Verdict
from phone_sim.audit.observations import TftpSeen
from phone_sim.audit.tftp_probe import look_at_tftp
from phone_sim.firmware.location import Location
from tests.audit.audited import probed

FILE = bytes(range(200))
Serve = Callable[[socket.socket, tuple[str, int]], None]


def data(number: int, block: bytes) -> bytes:
    return struct.pack("!HH", 3, number) + block


def heard(end: socket.socket, client: tuple[str, int] | None) -> bytes:
    """The next packet of the client, or of anybody where `client` is None."""
    while True:
        packet, sender = end.recvfrom(1024)
        if client is None or sender == client:
            return packet


def well(end: socket.socket, client: tuple[str, int]) -> None:
    end.sendto(b"\x00\x06blksize\x00128\x00", client)
    heard(end, client)
    end.sendto(data(1, FILE[:128]), client)
    heard(end, client)
    end.sendto(data(2, FILE[128:]), client)
    heard(end, client)


def without_options(end: socket.socket, client: tuple[str, int]) -> None:
    end.sendto(data(1, FILE), client)
    heard(end, client)


def listening_to_strangers(end: socket.socket, client: tuple[str, int]) -> None:
    end.sendto(b"\x00\x06blksize\x00128\x00", client)
    if heard(end, None)[:2] != b"\x00\x05":
        heard(end, None)
    end.sendto(b"\x00\x05\x00\x00bye\x00", client)


def refusing(end: socket.socket, client: tuple[str, int]) -> None:
    end.sendto(b"\x00\x05\x00\x01no\x1b such file\x00", client)


@contextmanager
def serving(serve: Serve, *, own_port: bool = True) -> Iterator[Location]:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
    ):
        for end in (listener, other):
            end.bind(("127.0.0.1", 0))
            end.settimeout(60)

        def answer() -> None:
            _, client = listener.recvfrom(1024)
            serve(other if own_port else listener, client)

        thread = threading.Thread(target=answer)
        thread.start()
        yield Location(url=f"tftp://127.0.0.1:{listener.getsockname()[1]}/a.cfg", credentials=None)
        thread.join(60)
        assert not thread.is_alive()


def verdicts(seen: TftpSeen) -> tuple[Verdict, Verdict]:
    observations = probed("tftp", tftp=seen)
    return tftp_block_size(observations).verdict, tftp_transfer_id(observations).verdict


GOOD, BAD, UNKNOWN = Verdict.GOOD, Verdict.BAD, Verdict.UNKNOWN


@pytest.mark.parametrize(
    ("serve", "own_port", "expected"),
    [
        (well, True, (GOOD, GOOD)),
        (well, False, (GOOD, UNKNOWN)),
        (without_options, True, (BAD, GOOD)),
        (listening_to_strangers, True, (GOOD, BAD)),
        (refusing, True, (UNKNOWN, UNKNOWN)),
    ],
)
def test_a_transfer_is_judged(serve: Serve, own_port: bool, expected: tuple[Verdict, Verdict]) -> None:
    with serving(serve, own_port=own_port) as location:
        assert verdicts(look_at_tftp(location, seconds=5)) == expected


def test_stranger_sends_from_the_source_address_too() -> None:
    peers: list[str] = []

    def noting(end: socket.socket, client: tuple[str, int]) -> None:
        end.sendto(b"\x00\x06blksize\x00128\x00", client)
        peers.append(client[0])
        peers.extend(end.recvfrom(1024)[1][0] for _ in range(2))
        end.sendto(data(1, FILE[:1]), client)
        heard(end, client)

    with serving(noting) as location:
        assert verdicts(look_at_tftp(location, seconds=5, source_address="127.0.0.77")) == (GOOD, GOOD)
    assert peers == ["127.0.0.77"] * 3


def test_no_answer_is_unknown() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        location = Location(url=f"tftp://127.0.0.1:{silent.getsockname()[1]}/a.cfg", credentials=None)
        assert verdicts(look_at_tftp(location, seconds=0.2)) == (UNKNOWN, UNKNOWN)
