"""A DHCP server that does wrong neither holds nor misleads a phone."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.runtime.network.dhcp_packets import ACK, OFFER, Client, read_answer
from tests.make import MAC
from tests.real_servers.namespaces import SECONDS, Cable, cable_between, needs_namespaces
from tests.runtime.hostile_dhcp import answer, boot_server

pytestmark = pytest.mark.slow

BELLS = r"\x07" * 80
CLIENT = Client(transaction=7, mac=MAC, vendor_class="Polycom-SPIP670", host_name=f"Polycom_{MAC}", options=(66, 160))


@contextmanager
def doing(wrong: str, cable: Cable) -> Iterator[None]:
    command = cable.within(cable.server, sys.executable, "-m", "tests.runtime.hostile_dhcp", wrong, "tftp://10.77.0.1/")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == "ready\n"
            yield
        finally:
            server.terminate()


def dhcp_lines(wrong: str) -> list[str]:
    """What a phone logs of DHCP, when it has booted at such a server."""
    with cable_between() as cable, doing(wrong, cable):
        boot = [sys.executable, "-m", "phone_sim", "boot", "--dhcp", cable.interface, "--timeout", "0.2", "--json"]
        command = cable.within(cable.phone, *boot)
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert "Traceback" not in done.stderr
    return [line.partition("DHCP: ")[2] for line in json.loads(done.stdout)["log"] if "DHCP: " in line]


@needs_namespaces
@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("rubbish", "address 10.77.0.99, boot server tftp://10.77.0.1/"),
        ("overloaded", "address 10.77.0.99, boot server tftp://10.77.0.1/"),
        ("two-servers", "address 10.77.0.99, boot server tftp://10.77.0.1/"),
        ("refuses", "no lease: the server refused what it had offered"),
        ("offers-only", "no lease: an offer, but no lease"),
        ("flood", "no lease: no answer"),
        (
            "no-boot-server",
            "address 10.77.0.99, boot server none; "
            f"option 66 is '{BELLS}' and names no boot server: byte 0 is a control character",
        ),
    ],
)
def test_wrong_server_is_seen_through(wrong: str, expected: str) -> None:
    assert "; ".join(dhcp_lines(wrong)) == expected


def test_packets_of_the_client_are_of_the_form() -> None:
    packet = CLIENT.discover()
    assert packet[:3] == b"\x01\x01\x06"
    assert packet[10:12] == b"\x80\x00"  # the answer is to be a broadcast
    assert packet[28:34] == bytes.fromhex(MAC.digits)
    assert b"\x3c\x0fPolycom-SPIP670" in packet
    assert packet.endswith(b"\x37\x02\x42\xa0\xff")
    offer = read_answer(answer(packet, OFFER), CLIENT)
    assert offer is not None
    request = CLIENT.request(offer)
    assert b"\x32\x04\x0a\x4d\x00\x63" in request
    assert b"\x36\x04\x0a\x4d\x00\x01" in request


def test_parts_of_an_option_are_joined() -> None:
    found = read_answer(answer(CLIENT.discover(), ACK, boot_server("tftp://") + b"\0" + boot_server("a/")), CLIENT)
    assert found is not None
    assert found.options[66] == b"tftp://a/"


@given(st.binary(max_size=600), st.integers(0, 300))
def test_any_bytes_are_an_answer_or_none(data: bytes, keep: int) -> None:
    read_answer(data, CLIENT)
    found = read_answer(answer(CLIENT.discover(), ACK, data)[:keep] + data, CLIENT)
    assert found is None or found.address is not None
