"""Phones that boot over HTTP, in a process of its own: `python -m tests.bench.fleet.over_http SIDE URL FIRST COUNT`.

Sides are `fleet`, which is a whole fleet with Locust's statistics, and `bare`, which sends the same requests over
sockets of gevent and looks at nothing but how much it has received. Both open a connection for each phone, and keep a
hundred phones busy. What it takes is printed as JSON.
"""

from locust.env import Environment  # isort: skip - at once: it replaces the sockets of the whole process

import sys
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

import gevent.pool
import gevent.socket
from gevent.event import Event

from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.firmware.effects import Fetch, Stream, Upload
from phone_sim.fleet.fleet import CompletedBoot, Fleet, Listeners
from phone_sim.fleet.on_locust.live_fleet import LiveFleet
from phone_sim.fleet.on_locust.users import AT_ONCE, reporting, transports
from phone_sim.fleet.population.phones import Population
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.clock import SystemClock
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.transport import Limits, Tls
from phone_sim.runtime.trust_file import load_anchor
from tests.bench.fleet.measured import tell_when_asked
from tests.bench.wire import message

LIMITS = Limits(answer=20, transfer=60)
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length: "


def fleet_of(url: str, count: int, listeners: Listeners) -> tuple[Fleet, SystemClock]:
    """So many phones of one model, so that all boots are alike."""
    clock = SystemClock()
    fleet = Fleet(
        Population(count=count),
        boot_server=url,
        clock=clock,
        transport=transports(LIMITS, Tls()),
        anchor=load_anchor(),
        expectation=BootExpectation.LICENSED,
        listeners=listeners,
    )
    return fleet, clock


def booting(url: str, count: int) -> Callable[[range], None]:
    """What boots phones of these numbers, of a fleet of so many, and waits for them; a boot that fails is an error."""
    left = [0]
    ended = Event()
    environment = Environment(host=url)
    environment.create_local_runner()  # it is what counts requests
    reported = reporting(environment)

    def on_boot(boot: CompletedBoot) -> None:
        reported.on_boot(boot)
        assert not boot.shortcoming, boot
        left[0] -= 1
        if not left[0]:
            ended.set()

    live = LiveFleet(*fleet_of(url, count, replace(reported, on_boot=on_boot)), at_once=AT_ONCE)

    def boot(numbers: range) -> None:
        left[0] = len(numbers)
        ended.clear()
        live.switch_on(numbers)
        ended.wait()

    return boot


def requests_of_a_boot(url: str, number: int) -> tuple[str, list[Fetch | Upload]]:
    """The MAC address of a phone, and what it asks when it boots."""
    requests: list[Fetch | Upload] = []

    def keep(_: MacAddress, exchange: Exchange) -> None:
        if not isinstance(exchange.request, Stream):
            requests.append(exchange.request)

    fleet, _ = fleet_of(url, number + 1, Listeners(on_exchange=keep))
    fleet.run_due(number)
    return fleet.population.phone(number).mac.digits, requests


def answer_size(connection: gevent.socket.socket, asked: bytes) -> int:
    """The bytes of the answer to a request."""
    connection.sendall(asked)
    data = b""
    while _END_OF_HEAD not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(_END_OF_HEAD)
    size = next((int(line[len(_LENGTH) :]) for line in head.lower().split(b"\r\n") if line.startswith(_LENGTH)), 0)
    while len(body) < size:
        body += connection.recv(65536)
    return len(head) + len(_END_OF_HEAD) + size


def asking(url: str, first: int) -> Callable[[range], None]:
    """What makes the requests of phones of these numbers, as barely as sockets of gevent let one."""
    mac, requests = requests_of_a_boot(url, first)
    messages = [message(request) for request in requests]
    server = ("127.0.0.1", urlsplit(url).port)
    connection = gevent.socket.create_connection(server)
    asked = [(each, answer_size(connection, each)) for each in messages]
    connection.close()
    own, pool = mac.encode(), gevent.pool.Pool(AT_ONCE)
    population = Population(count=10**6)

    def ask(number: int) -> None:
        other = population.phone(number).mac.digits.encode()
        connection = gevent.socket.create_connection(server)
        for each, size in asked:
            connection.sendall(each.replace(own, other))
            if each.startswith(b"PUT"):  # its answer is of another length where there was a log already
                connection.recv(65536)
                continue
            while size > 0:
                size -= len(connection.recv(65536))
        connection.close()

    def all_of(numbers: range) -> None:
        for number in numbers:
            pool.spawn(ask, number)
        pool.join(raise_error=True)

    return all_of


def main(side: str, url: str, first: int, count: int) -> None:
    """CompletedBoot a tenth of the phones, then measure the others."""
    boot, warm = booting(url, first + count) if side == "fleet" else asking(url, first), first + count // 10
    boot(range(first, warm))
    tell_when_asked(lambda: boot(range(warm, first + count)), first + count - warm)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
