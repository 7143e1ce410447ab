"""A DHCP client for any number of phones on one network interface (RFC 2131, 3.1).

Each phone has its own MAC address, whatever the interface's is. The lease tells a phone where its servers are; the
address in it is not given to the machine, and the lease is not renewed: a phone asks again at each boot.

Other modules about DHCP: `firmware.lease`; in the tests `tests.runtime.hostile_dhcp`, `tests.real_servers.dhcp`.
"""

import secrets
import socket
import time

from phone_sim.errors import UsageError
from phone_sim.firmware.network_effects import AskLease, LeaseAnswer, Leased, NoLease
from phone_sim.runtime.network.dhcp_packets import ACK, NAK, OFFER, SIZE_LIMIT, Client, DhcpAnswer, read_answer

_CLIENT_PORT, _SERVER_PORT = 68, 67
_EVERYBODY = "255.255.255.255"
_WAITS = (1.0, 2.0, 4.0)
# Answers are broadcast, so a client reads those for all the others; there may be many, but not for ever.
_PACKETS_READ = 10_000


class DhcpClient:
    """Leases from the DHCP servers on a network interface; usable by several threads at once.

    `waits` are the seconds that each try may take.

    Raises:
        UsageError: there is no such interface, its port 68 needs root, or the system is not Linux.
    """

    def __init__(self, interface: str, *, waits: tuple[float, ...] = _WAITS) -> None:
        self._interface = interface
        self._waits = waits
        try:
            self._open().close()
        except OSError as error:
            raise UsageError(f"DHCP on interface {interface}, port {_CLIENT_PORT}: {error.strerror}") from error

    def lease(self, ask: AskLease) -> LeaseAnswer:
        """Discover, take the first offer, and have it confirmed."""
        reason = "no answer"
        try:
            with self._open() as channel:
                for wait in self._waits:
                    outcome = self._try(channel, ask, time.monotonic() + wait)
                    if isinstance(outcome, Leased):
                        return outcome
                    reason = outcome.reason
        except OSError as error:
            reason = error.strerror or str(error)
        return NoLease(reason)

    def _open(self) -> socket.socket:
        if not hasattr(socket, "SO_BINDTODEVICE"):
            raise UsageError(
                f"DHCP on interface {self._interface}: this works on Linux only; name the boot server instead"
            )
        channel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            for option in (socket.SO_REUSEADDR, socket.SO_BROADCAST):
                channel.setsockopt(socket.SOL_SOCKET, option, 1)
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self._interface.encode())
            channel.bind(("", _CLIENT_PORT))
        except BaseException:
            channel.close()
            raise
        return channel

    def _try(self, channel: socket.socket, ask: AskLease, deadline: float) -> LeaseAnswer:
        client = Client(
            transaction=secrets.randbits(32),
            mac=ask.mac,
            vendor_class=ask.vendor_class,
            host_name=ask.host_name,
            options=ask.options,
        )
        channel.sendto(client.discover(), (_EVERYBODY, _SERVER_PORT))
        offer = _answer(channel, client, (OFFER,), deadline)
        if offer is None:
            return NoLease("no answer")
        channel.sendto(client.request(offer), (_EVERYBODY, _SERVER_PORT))
        answer = _answer(channel, client, (ACK, NAK), deadline, server=offer.server)
        if answer is None:
            return NoLease("an offer, but no lease")
        if answer.kind == NAK:
            return NoLease("the server refused what it had offered")
        return Leased(address=str(answer.address), options=answer.options)


def _answer(
    channel: socket.socket, client: Client, kinds: tuple[int, ...], deadline: float, server: bytes | None = None
) -> DhcpAnswer | None:
    """The first answer to the client that is of these kinds, and from the `server` if one is given."""
    for _ in range(_PACKETS_READ):
        if (left := deadline - time.monotonic()) <= 0:
            break
        channel.settimeout(left)
        try:
            packet = channel.recv(SIZE_LIMIT)
        except TimeoutError:
            break
        answer = read_answer(packet, client)
        if answer is not None and answer.kind in kinds and server in (None, answer.server):
            return answer
    return None
