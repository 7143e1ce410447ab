"""The packets of DHCP, as far as a client needs them (RFC 2131 and 2132): bytes out, bytes in.

There is no kept-up client library that takes a MAC address of one's own. This module knows no socket.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from types import MappingProxyType

from phone_sim.mac_address import MacAddress

DISCOVER, OFFER, REQUEST, ACK, NAK = 1, 2, 3, 5, 6
SIZE_LIMIT = 1500
"""Most bytes of a packet that are read: what fits into an Ethernet frame."""

_HOST_NAME, _ADDRESS, _OVERLOAD, _TYPE, _SERVER, _PARAMETERS, _LONGEST, _CLASS, _CLIENT = (
    12,
    50,
    52,
    53,
    54,
    55,
    57,
    60,
    61,
)
_PAD, _END = 0, 255
_HEAD = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s")
_COOKIE = b"\x63\x82\x53\x63"
_NOBODY = bytes(4)
_ETHERNET, _FROM_CLIENT, _FROM_SERVER, _BROADCAST = 1, 1, 2, 0x8000


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A client in one exchange: its `transaction` number, its MAC address and what it says of itself and asks for."""

    transaction: int
    mac: MacAddress
    vendor_class: str
    host_name: str
    options: tuple[int, ...]

    def discover(self) -> bytes:
        """The packet that looks for servers."""
        return self._packet(DISCOVER, {})

    def request(self, offer: "DhcpAnswer") -> bytes:
        """The packet that takes an offer."""
        return self._packet(REQUEST, {_ADDRESS: offer.address.packed, _SERVER: offer.server})

    def _packet(self, kind: int, more: Mapping[int, bytes]) -> bytes:
        hardware = bytes.fromhex(self.mac.digits)
        # The answer has to be a broadcast: the address that it offers is not the machine's.
        head = _HEAD.pack(
            _FROM_CLIENT, _ETHERNET, len(hardware), 0, self.transaction, 0, _BROADCAST,
            _NOBODY, _NOBODY, _NOBODY, _NOBODY, hardware, b"", b"",
        )  # fmt: skip
        options = {
            _TYPE: bytes([kind]),
            **more,
            _LONGEST: SIZE_LIMIT.to_bytes(2, "big"),
            _CLASS: self.vendor_class.encode("ascii"),
            _HOST_NAME: self.host_name.encode("ascii"),
            _CLIENT: bytes([_ETHERNET]) + hardware,
            _PARAMETERS: bytes(self.options),
        }
        encoded = b"".join(bytes([number, len(value)]) + value for number, value in options.items())
        return head + _COOKIE + encoded + bytes([_END])


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpAnswer:
    """What a server answered: the `kind` of packet, the address that it gives, its own identifier, all options."""

    kind: int
    address: IPv4Address
    server: bytes
    options: Mapping[int, bytes]


def read_answer(packet: bytes, client: Client) -> DhcpAnswer | None:
    """The answer to this client in a packet, or None when it is for another, or none at all."""
    if len(packet) < _HEAD.size + len(_COOKIE):
        return None
    code, _, length, _, transaction, _, _, _, address, _, _, hardware, name, file = _HEAD.unpack_from(packet)
    to_client = hardware[:length] == bytes.fromhex(client.mac.digits) and transaction == client.transaction
    if code != _FROM_SERVER or not to_client or packet[_HEAD.size :][: len(_COOKIE)] != _COOKIE:
        return None
    options = _options(packet[_HEAD.size + len(_COOKIE) :])
    overload = options.get(_OVERLOAD, b"\0")[0] if options.get(_OVERLOAD) else 0
    for field, bit in ((file, 1), (name, 2)):  # in this order (RFC 2131, 4.1)
        if overload & bit:
            for number, value in _options(field).items():
                options[number] = options.get(number, b"") + value
    kind = options.get(_TYPE, b"")
    if len(kind) != 1 or len(options.get(_SERVER, b"")) != 4:
        return None
    return DhcpAnswer(
        kind=kind[0],
        address=IPv4Address(address),
        server=options[_SERVER],
        options=MappingProxyType(options),
    )


def _options(field: bytes) -> dict[int, bytes]:
    """The options in a field; the parts of one that comes several times are joined (RFC 3396)."""
    options: dict[int, bytes] = {}
    at = 0
    while at < len(field) and (number := field[at]) != _END:
        if number == _PAD:
            at += 1
            continue
        if at + 1 >= len(field) or at + 2 + field[at + 1] > len(field):
            break  # cut off: what is whole counts
        length = field[at + 1]
        options[number] = options.get(number, b"") + field[at + 2 : at + 2 + length]
        at += 2 + length
    return options
