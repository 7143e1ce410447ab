"""`python -m tests.bench.transports`: what a fleet's transports cost, beside the least that sockets of gevent cost.

As many phones at once as a fleet has, each with a transport of its own. The bare loops send the same bytes and look at
nothing but the end of an answer. Pairs, medians and whose CPU it is are those of `tests.bench`.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast
from urllib.parse import urlsplit

import gevent
import gevent.socket
from geventhttpclient import HTTPClient

from phone_sim.firmware.effects import Fetch, Fetched, Refused, Stream, Streamed, TransferFailed, Upload
from phone_sim.fleet.transport.http import GeventHttpTransport
from phone_sim.fleet.transport.tftp import GeventTftpTransport
from phone_sim.runtime.transport import Limits, Transport, network_transport
from tests.bench.__main__ import Figure, booted, compare, site_files, table
from tests.bench.wire import message
from tests.runtime.phones import fetch

PHONES = 32
TIMES = 4
FILE = bytes(2048)
IMAGE = bytes(5 * 1024 * 1024)
LIMITS = Limits(answer=20, transfer=60)
HEAD = (
    b"HTTP/1.1 %b\r\nServer: bench\r\nDate: Mon, 02 Mar 2026 08:00:00 GMT\r\nContent-Type: text/xml\r\n"
    b"Content-Length: %d\r\nLast-Modified: Mon, 02 Mar 2026 08:00:00 GMT\r\nConnection: keep-alive\r\n\r\n"
)
END = b"<!-- the end of an answer -->"


class HttpConversation(asyncio.Protocol):
    """A server's side of a connection, of so few words that the client is the one that is measured."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        method, path, _ = data.split(b" ", 2)
        body = self._files.get(path.decode().lstrip("/"), b"") + END
        missing = method == b"GET" and len(body) == len(END)
        self._transport.write(HEAD % (b"404 Not Found" if missing else b"200 OK", len(body)) + body)


class TftpConversation(asyncio.DatagramProtocol):
    """A server that reads one file to everybody, from the port on which it is asked."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: object) -> None:
        if data[1] == 1:
            self._transport.sendto(b"\0\6blksize\x001468\0", address)  # type: ignore[arg-type]
            return
        number = int.from_bytes(data[2:4])
        block = FILE[number * 1468 : (number + 1) * 1468]
        if block:
            self._transport.sendto(b"\0\3" + (number + 1).to_bytes(2) + block, address)  # type: ignore[arg-type]


async def serve() -> None:
    """Serve on two free ports, and print them."""
    loop = asyncio.get_running_loop()
    files = {**site_files(), "sip.ld": IMAGE}
    http = await loop.create_server(lambda: HttpConversation(files), "127.0.0.1", 0, backlog=1024)
    tftp, _ = await loop.create_datagram_endpoint(TftpConversation, local_addr=("127.0.0.1", 0))
    print(http.sockets[0].getsockname()[1], tftp.get_extra_info("sockname")[1], flush=True)
    await http.serve_forever()


@contextmanager
def server() -> Iterator[tuple[str, str]]:
    """The URLs of a server in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.transports", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            http, tftp = process.stdout.readline().split()
            yield f"http://127.0.0.1:{http}/", f"tftp://127.0.0.1:{tftp}/"
        finally:
            process.terminate()


def at_once(work: Callable[[], object]) -> Callable[[], None]:
    """The work of all phones, at once."""

    def run() -> None:
        gevent.joinall([gevent.spawn(work) for _ in range(PHONES)], raise_error=True)

    return run


def requests_of_a_boot(url: str) -> list[Fetch | Upload]:
    """What a phone asks of this server when it boots."""
    transport = network_transport()
    try:
        asked = [exchange.request for exchange in booted(url, transport).requests]
        return [request for request in asked if not isinstance(request, Stream)]
    finally:
        transport.close()


def asked(make: Callable[[], Transport], requests: list[Fetch | Upload]) -> None:
    """The requests of a boot, by a transport of its own."""
    transport = make()
    for request in requests:
        reply = transport.fetch(request) if isinstance(request, Fetch) else transport.upload(request)
        assert not isinstance(reply, Refused | TransferFailed), reply
    transport.close()


def boot_over_http(url: str) -> Iterator[Figure]:
    requests = requests_of_a_boot(url)
    messages = [message(request) for request in requests]
    port = urlsplit(url).port

    def bare() -> None:
        connection = gevent.socket.create_connection(("127.0.0.1", port))
        for each in messages:
            connection.sendall(each)
            data = b""
            while not data.endswith(END):
                data += connection.recv(65536)
        connection.close()

    def by_library() -> None:
        client = HTTPClient("127.0.0.1", port)
        for request in requests:
            path = urlsplit(request.location.url).path
            put = isinstance(request, Upload)
            answer = client.put(path, request.body) if isinstance(request, Upload) else client.get(path)
            assert answer.status_code == 200 or not put
            answer.read()
        client.close()

    ways = {
        "the fleet's transport": lambda: asked(lambda: GeventHttpTransport(LIMITS), requests),
        "geventhttpclient": by_library,
    }
    for name, way in ways.items():
        ours, theirs, ratio = compare(at_once(way), at_once(bare), times=TIMES)
        yield Figure(
            name=f"CPU per boot, HTTP, {name}",
            value=f"{1e6 * ours / PHONES:.0f} us",
            against=f"the same {len(requests)} requests on bare sockets of gevent: {1e6 * theirs / PHONES:.0f} us",
            ratio=f"{ratio:.2f}",
        )


def file_over_tftp(url: str) -> Figure:
    request = fetch(f"{url}a.cfg")
    asking = b"\0\1a.cfg\0octet\0blksize\x001468\0"
    server = ("127.0.0.1", urlsplit(url).port)

    def bare() -> None:
        plain = gevent.socket.socket(gevent.socket.AF_INET, gevent.socket.SOCK_DGRAM)
        plain.sendto(asking, server)
        _, peer = plain.recvfrom(1472)
        plain.sendto(b"\0\4\0\0", peer)
        number, block, data = 0, bytes(1468), b""
        while len(block) == 1468:
            packet, peer = plain.recvfrom(1472)
            number, block = number + 1, packet[4:]
            data += block
            plain.sendto(b"\0\4" + number.to_bytes(2), peer)
        plain.close()
        assert len(data) == len(FILE)

    def ours() -> None:
        assert GeventTftpTransport(LIMITS).fetch(request) == Fetched(FILE)

    measured, least, ratio = compare(at_once(ours), at_once(bare), times=4 * TIMES)
    return Figure(
        name=f"CPU per file of {len(FILE)} bytes, TFTP",
        value=f"{1e6 * measured / PHONES:.0f} us",
        against=f"the barest loop on sockets of gevent: {1e6 * least / PHONES:.0f} us",
        ratio=f"{ratio:.2f}",
    )


def image_over_http(url: str) -> Figure:
    location, parts = fetch(f"{url}sip.ld").location, urlsplit(url)
    request = Stream(location=location, header=512, reads_all=True, limit=2 * len(IMAGE), user_agent="bench")

    def bare() -> None:
        plain = gevent.socket.create_connection((parts.hostname, parts.port))
        plain.sendall(b"GET /sip.ld HTTP/1.1\r\nHost: bench\r\n\r\n")
        buffer, missing = memoryview(bytearray(65536)), len(IMAGE)
        while missing > 0:
            missing -= plain.recv_into(buffer)
        plain.close()

    def ours() -> None:
        transport = GeventHttpTransport(LIMITS)
        reply = transport.stream(request)
        assert isinstance(reply, Streamed), reply
        assert reply.size == len(IMAGE) + len(END)
        transport.close()

    measured, least, ratio = compare(at_once(ours), at_once(bare), times=TIMES)
    return Figure(
        name="CPU per MB of an image, HTTP",
        value=f"{1e12 * measured / PHONES / len(IMAGE):.0f} us",
        against=f"the barest loop on sockets of gevent: {1e12 * least / PHONES / len(IMAGE):.0f} us",
        ratio=f"{ratio:.2f}",
    )


def figures() -> Iterator[Figure]:
    """All figures, as they are measured."""
    with server() as (http, tftp):
        yield from boot_over_http(http)
        yield file_over_tftp(tftp)
        yield image_over_http(http)


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        asyncio.run(serve())
    else:
        table(figures())
