"""A DHCP server that does wrong, as a program: `python -m tests.runtime.hostile_dhcp WRONG ADDRESS`.

It answers each packet of a client once, in the way that `WRONGS` names. `ADDRESS` is where it says that files are.
"""

import socket
import sys
from collections.abc import Callable, Mapping

from phone_sim.runtime.network.dhcp_packets import ACK, DISCOVER, NAK, OFFER, REQUEST

_COOKIE = b"\x63\x82\x53\x63"
_OPTIONS_AT = 240
Wrong = Callable[[bytes, str], list[bytes]]


def kind_of(packet: bytes) -> int:
    """The type of a client's packet; this project's clients send it first."""
    return packet[_OPTIONS_AT + 2]


def answer(
    packet: bytes, kind: int, options: bytes = b"", *, head: Mapping[int, bytes] | None = None, host: int = 1
) -> bytes:
    """The answer of the server 10.77.0.`host` to a client's packet, with some bytes of its head replaced: by offset."""
    fields = bytearray(packet[:236])
    fields[0] = 2
    fields[16:20] = bytes([10, 77, 0, 99])
    for at, data in (head or {}).items():
        fields[at : at + len(data)] = data
    server = bytes([54, 4, 10, 77, 0, host])
    return bytes(fields) + _COOKIE + bytes([53, 1, kind]) + server + options + b"\xff"


def boot_server(address: str) -> bytes:
    """Option 66."""
    return bytes([66, len(address)]) + address.encode()


def right(packet: bytes, address: str) -> list[bytes]:
    """What a good server sends."""
    return [answer(packet, {DISCOVER: OFFER, REQUEST: ACK}[kind_of(packet)], boot_server(address))]


def _rubbish(packet: bytes, address: str) -> list[bytes]:
    """Packets that are none, or for others, or cut off; then the right one."""
    kind = {DISCOVER: OFFER, REQUEST: ACK}[kind_of(packet)]
    lie = boot_server("tftp://10.77.0.66/")
    good = right(packet, address)[0]
    return [
        b"",
        b"\x02",
        bytes(300),
        bytes(range(256)) * 5,
        answer(packet, kind, lie, head={4: b"\0\0\0\0"}),  # another transaction
        answer(packet, kind, lie, head={28: b"\x00\x11\x22\x33\x44\x55"}),  # another phone
        answer(packet, kind, lie, head={0: b"\x01"}),  # from a client
        answer(packet, NAK + 1, lie),
        answer(packet, kind, lie).replace(_COOKIE, b"\0\0\0\0"),
        good[:_OPTIONS_AT],
        good[:_OPTIONS_AT] + b"\x35\x01",  # an option that is cut off
        good,
    ]


def _two_servers(packet: bytes, address: str) -> list[bytes]:
    """Two servers, the quicker of which refuses what it has offered."""
    quick = answer(packet, OFFER if kind_of(packet) == DISCOVER else NAK)
    if kind_of(packet) == DISCOVER:
        return [quick, answer(packet, OFFER, boot_server(address), host=2)]
    is_for_quick = bytes([54, 4, 10, 77, 0, 1]) in packet
    return [quick if is_for_quick else answer(packet, ACK, boot_server(address), host=2)]


WRONGS: Mapping[str, Wrong] = {
    "rubbish": _rubbish,
    "refuses": lambda packet, _: [answer(packet, NAK if kind_of(packet) == REQUEST else OFFER)],
    "offers-only": lambda packet, address: right(packet, address) if kind_of(packet) == DISCOVER else [],
    "flood": lambda packet, _: [answer(packet, OFFER, head={4: b"\0\0\0\0"})] * 20_000,
    "no-boot-server": lambda packet, _: [right(packet, "\x07" * 200)[0]],
    "two-servers": _two_servers,
    "overloaded": lambda packet, address: [_overloaded(packet, address)],
}


def _overloaded(packet: bytes, address: str) -> bytes:
    """The right answer, whose boot server stands in the field for a file's name (RFC 2131, 4.1)."""
    kind = {DISCOVER: OFFER, REQUEST: ACK}[kind_of(packet)]
    return answer(packet, kind, bytes([52, 1, 1]), head={108: boot_server(address) + b"\xff"})


def main(wrong: str, address: str) -> None:
    """Serve until somebody ends it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"cable")
        server.bind(("", 67))
        print("ready", flush=True)
        while True:
            packet = server.recv(4096)
            for one in WRONGS[wrong](packet, address):
                server.sendto(one, ("255.255.255.255", 68))


if __name__ == "__main__":
    main(*sys.argv[1:])
