"""What the network says of packets that a UDP socket sent to a port at which nobody listens (ICMP port unreachable).

UDP has no connection that could be refused. A connected socket hears of it, but hears no answer from another port,
which is how TFTP servers answer. Linux also tells a socket that is not connected, and of which packet (IP_RECVERR of
ip(7)). Where the system does not tell, nothing is heard. This module knows no protocol above UDP.
"""

import errno
import os
import socket
import struct
import sys
from contextlib import suppress
from typing import Any

_TELLS = sys.platform == "linux"
# The level and the option, by family: IP_RECVERR of ip(7), which Python names from 3.14 on, IPV6_RECVERR of ipv6(7).
_OPTIONS = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}
_EXTENDED_ERROR = struct.Struct("=I")
_ANCILLARY = 512


def hear_of_closed_ports(plain: socket.socket, family: socket.AddressFamily) -> None:
    """Have a socket of a family told what the network says of its packets; judge every `OSError` of it then.

    `family` is what the socket was made with, which it tells itself too, but slowly.
    """
    if _TELLS:
        with suppress(OSError):  # a system that is only like Linux may not know the option
            plain.setsockopt(*_OPTIONS[family], 1)


def judge(error: OSError, plain: socket.socket, server: tuple[Any, ...]) -> None:
    """Pass over an error of the socket that is only news of the network.

    A server may send its last packet and close its port at once: what has come over the socket is to be read first.

    Raises:
        ConnectionRefusedError: the network says that nobody listens at the server's port, and nothing is left to read.
        OSError: the error itself, since it is no news of the network.
    """
    news = _news(plain)
    if not news:
        raise error
    if (errno.ECONNREFUSED, server[:2]) in news and not _has_unread(plain):
        raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))


def _has_unread(plain: socket.socket) -> bool:
    patience = plain.gettimeout()
    plain.settimeout(0)
    try:
        plain.recv(1, socket.MSG_PEEK)
    except OSError:
        return False
    else:
        return True
    finally:
        plain.settimeout(patience)


def _news(plain: socket.socket) -> list[tuple[int, tuple[str, int]]]:
    """What the network has said since this was last asked: an error number, and where the packet was sent to."""
    news: list[tuple[int, tuple[str, int]]] = []
    if sys.platform != "linux" or not _TELLS:
        return news
    patience = plain.gettimeout()
    plain.settimeout(0)
    try:
        while True:
            _, ancillary, _, sent_to = plain.recvmsg(0, _ANCILLARY, socket.MSG_ERRQUEUE)
            news += [
                (_EXTENDED_ERROR.unpack_from(data)[0], sent_to[:2])
                for level, kind, data in ancillary
                if (level, kind) in _OPTIONS.values()
            ]
    except OSError:  # there is no more
        return news
    finally:
        plain.settimeout(patience)
