"""Checks that the source addresses of phones are addresses of this machine, before the first phone uses one."""

import socket
from collections.abc import Iterable
from ipaddress import IPv4Network

from phone_sim.errors import UsageError


def check_source_addresses(networks: Iterable[IPv4Network]) -> None:
    """Refuse networks whose first or last address is not this machine's. Raises UsageError, which names the address."""
    for network in networks:
        for address in {network[0], network[-1]} if network.num_addresses <= 2 else {network[1], network[-2]}:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                try:
                    probe.bind((str(address), 0))
                except OSError as error:
                    raise UsageError(
                        f"sources: phones cannot ask from {network}: {address}: {error.strerror}; "
                        "Linux has all of 127.0.0.0/8; add others by ip address add, or ifconfig lo0 alias on macOS"
                    ) from error
