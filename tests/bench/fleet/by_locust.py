"""The same boots by people who know only Locust: `python -m tests.bench.fleet.by_locust URL FIRST COUNT`.

A hundred users of the class FastHttpUser boot one phone after the other: the same requests, a connection for each
phone, every file parsed with lxml, the signature of the license verified with cryptography. They write no log and know
no feature. What it takes is printed as JSON.
"""

from locust import FastHttpUser, task  # isort: skip - at once: it replaces the sockets of the whole process

import sys
from collections.abc import Callable
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from gevent.event import Event
from locust.env import Environment
from lxml import etree

from phone_sim.firmware.effects import Upload
from phone_sim.fleet.on_locust.users import AT_ONCE
from phone_sim.fleet.population.phones import Population
from phone_sim.licensing.license_key import LicenseKey, read_key
from phone_sim.licensing.signature import DIGEST, PADDING
from phone_sim.runtime.trust_file import load_anchor
from tests.bench.fleet.measured import tell_when_asked
from tests.bench.fleet.over_http import requests_of_a_boot

_PATTERN = "<MAC>"
_ACTIVATION_FILE = f"{_PATTERN}-license.cfg"


class Phone(FastHttpUser):
    """A phone after the other, as long as there are any."""

    waiting: ClassVar[list[str]] = []
    """MAC addresses of those that have not booted."""
    files: ClassVar[list[str]] = []
    """The paths that one asks for, with a pattern for its own address."""
    log: ClassVar[tuple[str, str]] = ("", "")
    """Where it puts its log, and what."""
    booted: ClassVar[Callable[[], None]]
    key: ClassVar[RSAPublicKey]

    @task
    def boot(self) -> None:
        """Boot the next phone."""
        if not self.waiting:
            Event().wait()
        mac = self.waiting.pop()
        for pattern in self.files:
            with self.client.get(pattern.replace(_PATTERN, mac), name=pattern, catch_response=True) as answer:
                if answer.status_code == 404:
                    answer.success()
                    continue
                root = etree.fromstring(answer.content)
            if pattern.endswith(_ACTIVATION_FILE):
                for element in root.iter("licenseKey"):
                    self.verify(dict(element.attrib))
        path, body = self.log
        self.client.put(path.replace(_PATTERN, mac), name=path, data=body)
        self.client.client.clientpool.close()  # the next phone has a connection of its own
        type(self).booted()

    def verify(self, attributes: dict[Any, Any]) -> None:
        """Verify the signature of a license key."""
        found = read_key(attributes)
        assert isinstance(found, LicenseKey)
        self.key.verify(found.validation, found.signed_bytes(), PADDING, DIGEST)


class Boots:
    """Users of Locust that wait for phones to boot."""

    def __init__(self, url: str, first: int) -> None:
        mac, requests = requests_of_a_boot(url, first)
        paths = ["/" + each.location.url.removeprefix(url).replace(mac, _PATTERN) for each in requests]
        key = load_pem_public_key(load_anchor().pem())
        assert isinstance(key, RSAPublicKey)
        assert isinstance(requests[-1], Upload)
        Phone.files, Phone.log, Phone.key = paths[:-1], (paths[-1], requests[-1].body.decode()), key
        Phone.booted = self._count
        self._environment = Environment(user_classes=[Phone], host=url.rstrip("/"))
        self._runner = self._environment.create_local_runner()
        self._left = 0
        self._ended = Event()

    def boot(self, numbers: range) -> None:
        """Let phones boot, and wait until they have."""
        population = Population(count=numbers.stop)
        self._left = len(numbers)
        self._ended.clear()
        Phone.waiting = [population.phone(number).mac.digits for number in numbers]
        self._runner.start(AT_ONCE, spawn_rate=AT_ONCE)
        self._ended.wait()
        self._runner.stop()
        assert not self._environment.stats.errors, self._environment.stats.errors

    def _count(self) -> None:
        self._left -= 1
        if not self._left:
            self._ended.set()


def main(url: str, first: int, count: int) -> None:
    """Boot a tenth of the phones, then measure the others."""
    boots, warm = Boots(url, first), first + count // 10
    boots.boot(range(first, warm))
    tell_when_asked(lambda: boots.boot(range(warm, first + count)), first + count - warm)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
