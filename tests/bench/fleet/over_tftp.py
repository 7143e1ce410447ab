"""Files over TFTP, in a process of its own: `python -m tests.bench.fleet.over_tftp SIDE URL COUNT`.

Sides are `fleet`, which is the fleet's transport, and `bare`, the barest loop that reads a file over a socket of
gevent. What it takes is printed as JSON.
"""

import sys
from collections.abc import Callable
from urllib.parse import urlsplit

import gevent.pool
import gevent.socket

from phone_sim.firmware.effects import Fetched
from phone_sim.fleet.transport.tftp import GeventTftpTransport
from phone_sim.runtime.transport import Limits
from tests.bench.fleet.measured import tell_when_asked
from tests.runtime.phones import fetch

AT_ONCE = 32
FILE = "site.cfg"
_BLOCK = 1468


def by_fleet(url: str, size: int) -> Callable[[], None]:
    """What reads the file with the fleet's transport, of which each phone has one."""
    request, limits = fetch(f"{url}{FILE}"), Limits(answer=5, transfer=60)

    def read() -> None:
        reply = GeventTftpTransport(limits).fetch(request)
        assert isinstance(reply, Fetched), reply
        assert len(reply.data) == size

    return read


def bare(url: str, size: int) -> Callable[[], None]:
    """What reads the file and looks at nothing."""
    asking = b"\0\1%b\0octet\0blksize\0%d\0" % (FILE.encode(), _BLOCK)
    server = ("127.0.0.1", urlsplit(url).port)

    def read() -> None:
        plain = gevent.socket.socket(gevent.socket.AF_INET, gevent.socket.SOCK_DGRAM)
        plain.sendto(asking, server)
        _, peer = plain.recvfrom(_BLOCK + 4)
        plain.sendto(b"\0\4\0\0", peer)
        number, block, data = 0, bytes(_BLOCK), b""
        while len(block) == _BLOCK:
            packet, peer = plain.recvfrom(_BLOCK + 4)
            number, block = number + 1, packet[4:]
            data += block
            plain.sendto(b"\0\4" + number.to_bytes(2), peer)
        plain.close()
        assert len(data) == size

    return read


def main(side: str, url: str, count: int) -> None:
    """Read some files, then measure the others."""
    read = (by_fleet if side == "fleet" else bare)(url, 2048)
    pool = gevent.pool.Pool(AT_ONCE)

    def read_all(times: int) -> None:
        for _ in range(times):
            pool.spawn(read)
        pool.join(raise_error=True)

    read_all(20)
    tell_when_asked(lambda: read_all(count), count)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
