"""Waiting for a boot server that is still being started."""

import socket
import threading
from contextlib import closing

import pytest

from phone_sim import BootServer, MemorySite
from phone_sim.errors import BootServerUnreachableError
from phone_sim.runtime.server_wait import wait_for_server
from phone_sim.runtime.transport import Limits, network_transport


def wait(url: str, seconds: float) -> None:
    with closing(network_transport(limits=Limits(answer=0.3, transfer=1))) as transport:
        wait_for_server(url, seconds, transport)


def silent_port() -> socket.socket:
    """A port that is taken, and at which nobody listens."""
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    return taken


def port_of(taken: socket.socket) -> int:
    return int(taken.getsockname()[1])


@pytest.mark.parametrize("scheme", ["http", "tftp"])
def test_server_that_starts_later_is_waited_for(scheme: str) -> None:
    is_http = scheme == "http"
    ended = threading.Event()
    with silent_port() as taken:
        port = port_of(taken)

        def await_it() -> None:
            wait(f"{scheme}://127.0.0.1:{port}/", 100)
            ended.set()

        waiting = threading.Thread(target=await_it)
        waiting.start()
        assert not ended.wait(0.5)
    with BootServer(MemorySite(), http_port=port if is_http else None, tftp_port=None if is_http else port):
        assert ended.wait(60)
    waiting.join()


def test_no_answer_in_time_is_an_error_with_the_reason() -> None:
    with silent_port() as taken:
        url = f"http://127.0.0.1:{port_of(taken)}/"
        with pytest.raises(BootServerUnreachableError, match=rf"{url}: no answer within 0.3 s: .*refused"):
            wait(url, 0.3)


def test_second_of_two_servers_is_enough() -> None:
    with silent_port() as taken, BootServer(MemorySite(), tftp_port=None) as server:
        wait(f"http://127.0.0.1:{port_of(taken)}/ {server.url}", 100)


def test_certificate_that_is_not_accepted_is_no_reason_to_wait() -> None:
    with BootServer(MemorySite(), http_port=None, https_port=0, tftp_port=None) as server:
        wait(server.https_url, 100)
