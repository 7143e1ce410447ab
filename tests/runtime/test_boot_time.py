"""A boot server that drips: each file stays below its own limit, and all of a boot together below another."""

import time
from collections.abc import Mapping
from datetime import timedelta

import pytest

from phone_sim.firmware.effects import Fetch, FetchReply, Stream, StreamReply, Upload, UploadReply
from phone_sim.firmware.lifecycle import State
from phone_sim.fleet.fleet import Fleet
from phone_sim.fleet.population.phones import Population
from phone_sim.runtime.boot_time import BOOT_SECONDS, BootTime
from phone_sim.runtime.clock import ManualClock
from phone_sim.runtime.scheduler import HeapScheduler
from phone_sim.runtime.transport import Transport
from phone_sim.runtime.transport.memory import serve
from phone_sim.runtime.transport.streamed_file import streamed_from
from phone_sim.runtime.trust_file import load_anchor
from tests.runtime.phones import bench

SECONDS_A_FILE = 50.0
NAMES = [f"part{number}.cfg" for number in range(40)]
SITE = {"000000000000.cfg": f'<APPLICATION CONFIG_FILES="{", ".join(NAMES)}"/>'.encode()}
SITE |= dict.fromkeys(NAMES, b"<part/>")


class Dripping:
    """A transport whose every file takes so long, by the clock of the test."""

    def __init__(self, files: Mapping[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
        self._inner: Transport = serve(dict(files))
        self._now = 0.0
        self.seconds_a_file = SECONDS_A_FILE
        self.asked: list[str] = []
        monkeypatch.setattr(time, "perf_counter", lambda: self._now)

    def fetch(self, request: Fetch) -> FetchReply:
        self._now += self.seconds_a_file
        self.asked.append(request.location.name)
        return self._inner.fetch(request)

    def stream(self, request: Stream) -> StreamReply:
        return streamed_from(request, self.fetch)

    def upload(self, request: Upload) -> UploadReply:
        self._now += self.seconds_a_file
        return self._inner.upload(request)

    def close(self) -> None:
        self._inner.close()


def test_boot_gives_up_a_server_that_takes_too_long_in_all(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Dripping(SITE, monkeypatch)
    phone = bench(server)
    phone.driver.power_on()
    assert len(server.asked) == BOOT_SECONDS / SECONDS_A_FILE
    assert phone.phone.state is State.IDLE
    said = phone.texts("of this boot")
    assert said == ["Failed to download file part4.cfg: the boot server took 300 s of this boot, and is given up"]
    left_out = [text for text in phone.texts("or not in time") if "part" not in text]
    assert left_out == [
        "File 0004f2aabbcc-directory.xml is not asked for: the boot server gave no answer, or not in time",
        "The log is not uploaded: the boot server gave no answer, or not in time",
    ]


def test_next_boot_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Dripping(SITE, monkeypatch)
    phone = bench(server)
    phone.driver.power_on()
    server.asked.clear()
    phone.driver.reboot()
    assert len(server.asked) == BOOT_SECONDS / SECONDS_A_FILE
    server.asked.clear()
    server.seconds_a_file = 5.0
    phone.driver.cut_power()
    phone.driver.power_on()
    assert set(NAMES) <= set(server.asked)


@pytest.mark.parametrize(("patience", "asked"), [(5.0, BOOT_SECONDS / SECONDS_A_FILE), (2.0, 3), (0.0, 42)])
def test_phone_of_a_fleet_gives_it_up_too(monkeypatch: pytest.MonkeyPatch, patience: float, asked: int) -> None:
    server = Dripping(SITE, monkeypatch)
    fleet = Fleet(
        Population(count=1),
        boot_server="http://boot.example/",
        clock=ManualClock(),
        transport=lambda _: server,
        anchor=load_anchor(),
        patience=patience,
    )
    fleet.run_due(0)
    configuration = [name for name in server.asked if name in SITE or name.startswith("0004f2")]
    assert len([name for name in configuration if "-" not in name]) == asked


def test_limit_holds_for_a_boot_only() -> None:
    boot_time, refused = BootTime(10), list[bool]()
    for begins, seconds in ((False, 100), (True, 9), (False, 1)):
        if begins:
            boot_time.begin()
        boot_time.spend(seconds)
        refused.append(boot_time.refusal is not None)
    boot_time.end()
    refused.append(boot_time.refusal is not None)
    assert refused == [False, False, True, False]


def test_poll_gives_it_up_as_a_boot_does(monkeypatch: pytest.MonkeyPatch) -> None:
    on = b'<a prov.polling.enabled="1" prov.polling.mode="rel" prov.polling.period="3600"/>'
    server = Dripping(SITE | {"part0.cfg": on}, monkeypatch)
    server.seconds_a_file = 1.0
    clock = ManualClock()
    scheduler = HeapScheduler(clock)
    phone = bench(server, clock=clock, scheduler=scheduler)
    phone.driver.power_on()
    server.seconds_a_file = SECONDS_A_FILE
    server.asked.clear()
    scheduler.run(timedelta(seconds=3600))
    assert len(server.asked) == BOOT_SECONDS / SECONDS_A_FILE
    assert (phone.phone.state, phone.driver.reboots) == (State.IDLE, [])
