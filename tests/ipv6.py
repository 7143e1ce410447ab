"""Whether this machine has IPv6."""

import socket

import pytest


def _has_loopback() -> bool:
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
    return True


needs_ipv6 = pytest.mark.skipif(not _has_loopback(), reason="needs the IPv6 loopback address")
