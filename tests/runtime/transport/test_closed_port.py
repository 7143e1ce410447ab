"""A TFTP port at which nobody listens: the network says so (ICMP), and the transfer is refused with its first packet.

The phones here have the patience of an hour, so a transfer that waits for anything does not end within the test.
"""

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from random import Random
from typing import Any

import gevent.socket
import pytest

from phone_sim.firmware.effects import Fetched, Refused, TransferFailed
from phone_sim.firmware.transfer_facts import FailureKind, FileProtocol
from phone_sim.runtime.transport import Limits, closed_port
from phone_sim.runtime.virtual_phone import VirtualPhone
from tests.runtime.by_fleet import TFTP, Made
from tests.runtime.hostile_tftp import HostileTftpServer, Transfer, ack, block, error, stranger
from tests.runtime.phones import BOUND, FOR_SILENCE, fetch, upload, within

AN_HOUR = Limits(answer=3600, transfer=36000)
FILE = Random(3).randbytes(1000)
REFUSED = TransferFailed(FailureKind.CONNECTION_REFUSED, "Connection refused", unanswered=True)
BROKEN = TransferFailed(FailureKind.CONNECTION_REFUSED, "Connection refused")

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells an unconnected socket")


@pytest.fixture(params=TFTP)
def made(request: pytest.FixtureRequest) -> Made:
    """What makes the transport."""
    return TFTP[request.param]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The packets that are sent by sockets of either kind from here on."""
    packets: list[bytes] = []
    for kind in (socket.socket, gevent.socket.socket):
        original = kind.sendto

        def sendto(plain: Any, data: bytes, *more: Any, original: Any = original) -> int:
            packets.append(bytes(data))
            return int(original(plain, data, *more))

        monkeypatch.setattr(kind, "sendto", sendto)
    return packets


def deafen(plain: socket.socket) -> None:
    """Have a bound socket hear nobody but a port that nobody has: to all others its own port is closed."""
    plain.connect((plain.getsockname()[0], 1))


@contextmanager
def closed_udp_port() -> Iterator[int]:
    """A port at which nobody listens, and that nobody else gets meanwhile."""
    with stranger("127.0.0.1") as plain:
        deafen(plain)
        yield plain.getsockname()[1]


def test_download_from_a_closed_port_is_refused_with_its_first_packet(made: Made, sent: list[bytes]) -> None:
    with closed_udp_port() as port, closing(made(AN_HOUR)) as transport:
        reply = within(lambda: transport.fetch(fetch(f"tftp://127.0.0.1:{port}/a.cfg")))
    assert reply == REFUSED
    assert sent == [b"\0\1a.cfg\0octet\0blksize\x001468\0"]


def test_closed_port_is_refused_over_ipv6(made: Made, sent: list[bytes]) -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as plain, closing(made(AN_HOUR)) as transport:
        plain.bind(("::1", 0))
        deafen(plain)
        reply = within(lambda: transport.fetch(fetch(f"tftp://[::1]:{plain.getsockname()[1]}/a.cfg")))
    assert reply == REFUSED
    assert len(sent) == 1


def test_upload_to_a_closed_port_is_refused_with_its_first_packet(made: Made, sent: list[bytes]) -> None:
    with closed_udp_port() as port, closing(made(AN_HOUR)) as transport:
        reply = within(lambda: transport.upload(upload(f"tftp://127.0.0.1:{port}/a.log", b"log")))
    assert reply == REFUSED
    assert sent == [b"\0\2a.log\0octet\0blksize\x001468\0"]


def test_server_whose_transfer_port_closes_is_not_waited_for(made: Made, sent: list[bytes]) -> None:
    def script(transfer: Transfer) -> None:
        deafen(transfer.socket)
        transfer.send(block(1, FILE[:512]))
        transfer.over.wait()

    with HostileTftpServer(script) as server, closing(made(AN_HOUR)) as transport:
        reply = within(lambda: transport.fetch(fetch(f"{server.url}a.cfg")))
        assert len(server.requests) == 1
    assert reply == BROKEN
    assert sent.count(ack(1)) == 1


def test_what_a_server_said_before_its_port_closed_is_heard(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    said = threading.Event()
    for kind in (socket.socket, gevent.socket.socket):
        original = kind.sendto

        def sendto(plain: Any, data: bytes, *more: Any, original: Any = original) -> int:
            if data == ack(1):  # which is what the network refuses
                assert said.wait(BOUND)
            return int(original(plain, data, *more))

        monkeypatch.setattr(kind, "sendto", sendto)

    def script(transfer: Transfer) -> None:
        deafen(transfer.socket)
        transfer.send(block(1, FILE[:512]))
        transfer.send(error(0, b"disk trouble"))
        said.set()
        transfer.over.wait()

    with HostileTftpServer(script) as server, closing(made(AN_HOUR)) as transport:
        reply = within(lambda: transport.fetch(fetch(f"{server.url}a.cfg")))
    assert reply == Refused("disk trouble", 0, FileProtocol.TFTP)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.9"], ids=["another port", "another address"])
def test_closed_port_of_a_stranger_does_not_end_a_transfer(made: Made, sent: list[bytes], address: str) -> None:
    def script(transfer: Transfer) -> None:
        transfer.send(block(1, FILE[:512]))
        transfer.await_ack(1)
        with stranger(address) as foreign:
            deafen(foreign)
            foreign.sendto(block(2, b"forged"), transfer.client)
            transfer.send(block(2, FILE[512:]))
            transfer.await_ack(2)

    with HostileTftpServer(script) as server, closing(made(AN_HOUR)) as transport:
        assert within(lambda: transport.fetch(fetch(f"{server.url}a.cfg"))) == Fetched(FILE)
    assert b"\0\5\0\5Unknown transfer ID\0" in sent


def test_stranger_with_a_closed_port_before_the_first_answer_is_passed_over(made: Made) -> None:
    def script(transfer: Transfer) -> None:
        with stranger("127.0.0.9") as foreign:
            deafen(foreign)
            foreign.sendto(block(1, b"forged"), transfer.client)
            transfer.send_file(FILE)

    with HostileTftpServer(script) as server, closing(made(AN_HOUR)) as transport:
        assert within(lambda: transport.fetch(fetch(f"{server.url}a.cfg"))) == Fetched(FILE)


@pytest.mark.slow
def test_closed_port_is_asked_three_times_where_the_system_does_not_tell(
    made: Made, sent: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closed_port, "_TELLS", False)
    with closed_udp_port() as port, closing(made(FOR_SILENCE)) as transport:
        reply = within(lambda: transport.fetch(fetch(f"tftp://127.0.0.1:{port}/a.cfg")))
    assert reply == TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)
    assert len(sent) == 3


def test_phone_whose_boot_server_is_closed_boots_without_waiting(sent: list[bytes]) -> None:
    with closed_udp_port() as port, VirtualPhone(f"tftp://127.0.0.1:{port}/") as phone:
        phone.boot()
        assert [exchange.reply for exchange in phone.requests] == [REFUSED]
        assert "Connection refused" in phone.log
    assert len(sent) == 1
