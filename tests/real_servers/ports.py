"""Gives each server a port of its own, also among tests that run in parallel processes."""

import random
import socket

# Below the range from which the kernel takes ports for clients, so that no client gets one between claim and use.
_PORTS = range(20_000, 32_000)
_TRIES = 200


def claim_port(kind: socket.SocketKind) -> tuple[int, socket.socket]:
    """Return a free loopback port and the claim on it, which holds against all other callers until it is closed.

    The claim is a socket with a name in the kernel's abstract namespace (unix(7)): it leaves no file, and the kernel
    drops it with the process.

    Raises:
        RuntimeError: when there is no free port.
    """
    for port in random.sample(_PORTS, _TRIES):
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0phone_sim test port {port}")
            with socket.socket(socket.AF_INET, kind) as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
        else:
            return port, claim
    raise RuntimeError(f"no free port in {_TRIES} tries")
