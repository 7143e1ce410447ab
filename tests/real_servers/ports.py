"""Gives each server a port or an address of its own, also among tests that run in parallel processes."""

import random
import socket
from pathlib import Path

# Below the range from which the kernel takes ports for clients, so that no client gets one between claim and use.
_PORTS = range(20_000, 32_000)
_TRIES = 200
_LISTENING = "0A"

# The last three bytes of 127.1.0.1 to 127.254.255.254; what is below is in common use.
_ADDRESSES = range(0x01_00_01, 0xFE_FF_FF)


def claim_port(kind: socket.SocketKind) -> tuple[int, socket.socket]:
    """Return a free loopback port and the claim on it, which holds against all other callers until it is closed.

    The claim is a socket with a name in the kernel's abstract namespace (unix(7)): it leaves no file, and the kernel
    drops it with the process.

    Raises:
        RuntimeError: when there is no free port.
    """
    for port in random.sample(_PORTS, _TRIES):
        if (claim := _claim(kind, "127.0.0.1", port)) is not None:
            return port, claim
    raise RuntimeError(f"no free port in {_TRIES} tries")


def claim_address(kind: socket.SocketKind, port: int) -> tuple[str, socket.socket]:
    """Return a loopback address at which a port is free, and the claim on it as in `claim_port`.

    Raises:
        RuntimeError: when there is none, or this user may not have the port.
    """
    for number in random.sample(_ADDRESSES, _TRIES):
        address = f"127.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        if (claim := _claim(kind, address, port)) is not None:
            return address, claim
    raise RuntimeError(f"no address with port {port} free in {_TRIES} tries")


def has_listener(port: int) -> bool:
    """True when somebody listens on this TCP port, by the kernel's table (proc(5))."""
    entries = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    return any(entry[1].endswith(f":{port:04X}") and entry[3] == _LISTENING for entry in entries)


def _claim(kind: socket.SocketKind, address: str, port: int) -> socket.socket | None:
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0phone_sim test port {address}:{port}")
        with socket.socket(socket.AF_INET, kind) as probe:
            probe.bind((address, port))
    except OSError:
        claim.close()
        return None
    return claim
