"""A DHCP client for any number of phones on one network interface (RFC 2131, 3.1).

Each phone has its own MAC address, whatever the interface's is. The lease tells a phone where its servers are; the
address in it is not given to the machine, and the lease is not renewed: a phone asks again at each boot.

Other modules about DHCP: `firmware.lease`; in the tests `tests.runtime.hostile_dhcp`, `tests.real_servers.dhcp`.
"""

import secrets
import socket
import time
from collections.abc import Collection, Iterator

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
        """Discover, take the first offer, and have it confirmed.

        A retry takes the offer of another server than those whose offers came to nothing, if there is one (our choice).
        """
        reason = "no answer"
        failed: set[bytes] = set()
        try:
            with self._open() as channel:
                for wait in self._waits:
                    outcome = self._try(channel, ask, wait, failed)
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

    def _try(self, channel: socket.socket, ask: AskLease, wait: float, failed: set[bytes]) -> LeaseAnswer:
        """Ask once; a server whose offer comes to nothing is added to the `failed` ones."""
        deadline = time.monotonic() + wait
        client = Client(
            transaction=secrets.randbits(32),
            mac=ask.mac,
            vendor_class=ask.vendor_class,
            host_name=ask.host_name,
            options=ask.options,
        )
        channel.sendto(client.discover(), (_EVERYBODY, _SERVER_PORT))
        offer = _offer(channel, client, deadline, failed)
        if offer is None:
            return NoLease("no answer")
        channel.sendto(client.request(offer), (_EVERYBODY, _SERVER_PORT))
        answers = _answers(channel, client, (ACK, NAK), deadline)
        answer = next((one for one in answers if one.server == offer.server), None)
        if answer is not None and answer.kind == ACK:
            return Leased(address=str(answer.address), options=answer.options)
        failed.add(offer.server)
        return NoLease("an offer, but no lease" if answer is None else "the server refused what it had offered")


def _offer(channel: socket.socket, client: Client, deadline: float, failed: Collection[bytes]) -> DhcpAnswer | None:
    """The first offer of a server that has not failed; the first one of all when half of the time is up without."""
    half = (time.monotonic() + deadline) / 2
    of_failed = None
    for offer in _answers(channel, client, (OFFER,), half):
        if offer.server not in failed:
            return offer
        of_failed = of_failed or offer
    return of_failed or next(_answers(channel, client, (OFFER,), deadline), None)


def _answers(channel: socket.socket, client: Client, kinds: tuple[int, ...], deadline: float) -> Iterator[DhcpAnswer]:
    """The answers to the client that are of these kinds, as they come."""
    for _ in range(_PACKETS_READ):
        if (left := deadline - time.monotonic()) <= 0:
            break
        channel.settimeout(left)
        try:
            packet = channel.recv(SIZE_LIMIT)
        except TimeoutError:
            break
        answer = read_answer(packet, client)
        if answer is not None and answer.kind in kinds:
            yield answer
