"""The SIP port of a phone: UDP and TCP, requests sent again, noise, and a bounded number of connections."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from queue import Queue

import pytest

from phone_sim.errors import UsageError
from phone_sim.firmware.sip_requests import SIZE_LIMIT
from phone_sim.runtime.network.sip import CONNECTIONS, SipListener
from tests.firmware.test_sip_requests import AGENT, request

BOUND = 30


@pytest.fixture
def synced() -> Queue[str]:
    """What the phone was asked for."""
    return Queue()


@pytest.fixture
def listener(synced: Queue[str]) -> Iterator[SipListener]:
    with SipListener("127.0.0.1", 0, user_agent=AGENT, on_check_sync=lambda: synced.put("check-sync")) as listening:
        yield listening


@pytest.fixture
def udp(listener: SipListener) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(BOUND)
        client.connect(("127.0.0.1", listener.port))
        yield client


def connected(listener: SipListener) -> socket.socket:
    return socket.create_connection(("127.0.0.1", listener.port), timeout=BOUND)


def test_check_sync_over_udp_counts_once(udp: socket.socket, synced: Queue[str]) -> None:
    for _ in range(3):
        udp.send(request())
        assert udp.recv(SIZE_LIMIT).startswith(b"SIP/2.0 200 OK\r\n")
    assert synced.get(timeout=BOUND) == "check-sync"
    udp.send(request(CSeq="2 NOTIFY"))
    assert udp.recv(SIZE_LIMIT).startswith(b"SIP/2.0 200 OK\r\n")
    assert synced.get(timeout=BOUND) == "check-sync"
    assert synced.empty()


def test_noise_is_not_answered_and_harms_nothing(udp: socket.socket, synced: Queue[str]) -> None:
    for noise in (b"", b"\x00" * SIZE_LIMIT, b"x" * 2 * SIZE_LIMIT, request("ACK")):
        udp.send(noise)
    udp.send(request("OPTIONS"))
    assert b"CSeq: 1 OPTIONS" in udp.recv(SIZE_LIMIT)
    assert synced.empty()


def test_requests_over_tcp_come_in_pieces(listener: SipListener, synced: Queue[str]) -> None:
    with connected(listener) as client:
        data = b"\r\n\r\n" + request("OPTIONS") + request().replace(b"Length: 0\r\n\r\n", b"Length: 2\r\n\r\nhi")
        for place in range(0, len(data), 100):
            client.sendall(data[place : place + 100])
        answers = b""
        while answers.count(b"\r\n\r\n") < 2:
            more = client.recv(SIZE_LIMIT)
            assert more
            answers += more
    assert answers.count(b"SIP/2.0 200 OK") == 2
    assert synced.get(timeout=BOUND) == "check-sync"


def test_connection_with_an_endless_request_is_closed(listener: SipListener) -> None:
    with connected(listener) as client:
        client.sendall(b"NOTIFY sip:a SIP/2.0\r\nX: " + b"x" * SIZE_LIMIT)
        with suppress(ConnectionError):
            assert client.recv(100) == b""


def test_connections_are_bounded(listener: SipListener) -> None:
    clients = [connected(listener) for _ in range(CONNECTIONS)]
    for client in clients:  # each has been accepted when it is answered
        client.sendall(request("OPTIONS"))
        assert client.recv(SIZE_LIMIT)
    with connected(listener) as refused:
        assert refused.recv(1) == b""
    for client in clients:
        client.close()


def test_port_that_is_taken_is_an_error(listener: SipListener) -> None:
    with pytest.raises(UsageError, match=rf"cannot listen for SIP at port {listener.port} of 127.0.0.1: .*in use"):
        SipListener("127.0.0.1", listener.port, user_agent=AGENT, on_check_sync=lambda: None)
