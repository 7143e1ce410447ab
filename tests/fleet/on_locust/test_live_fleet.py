"""A fleet on greenlets: with one phone one thing goes on at a time."""

import heapq
from collections import Counter
from datetime import UTC, datetime, timedelta

import gevent
import pytest

from phone_sim.errors import LifecycleError
from phone_sim.firmware.effects import Fetch, FetchReply, LogContents, Stream, StreamReply, Upload, UploadReply
from phone_sim.firmware.lifecycle import State
from phone_sim.fleet.fleet import Fleet, Listeners
from phone_sim.fleet.on_locust.live_fleet import LiveFleet
from phone_sim.fleet.population.phones import PlannedPhone, Population
from phone_sim.fleet.population.population_file import FleetFile
from phone_sim.fleet.virtual_run import FleetFileServer
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.clock import ManualClock
from phone_sim.runtime.transport.streamed_file import streamed_from
from phone_sim.runtime.trust_file import load_anchor
from tests.fleet.test_fleet import FILES, OWN_LICENSE

BEFORE_THE_CHECK = datetime(2026, 3, 1, 1, 59, tzinfo=UTC)


class SlowServer(FleetFileServer):
    """A boot server that takes its time; `at_once` are the most requests of a phone at the same time."""

    def __init__(self, found: FleetFile) -> None:
        super().__init__(found)
        self.at_once: Counter[str] = Counter()

    def for_phone(self, planned: PlannedPhone) -> "SlowConnection":
        return SlowConnection(self, planned.mac)


class SlowConnection:
    def __init__(self, server: SlowServer, mac: MacAddress) -> None:
        self._server = server
        self._mac = mac.digits
        self._open: Counter[str] = server.__dict__.setdefault("open", Counter())

    def fetch(self, request: Fetch) -> FetchReply:
        self._enter()
        return self._server.fetch(request)

    def stream(self, request: Stream) -> StreamReply:
        return streamed_from(request, self.fetch)

    def upload(self, request: Upload) -> UploadReply:
        self._enter()
        return self._server.upload(request)

    def close(self) -> None:
        """Nothing is held open."""

    def _enter(self) -> None:
        self._open[self._mac] += 1
        self._server.at_once[self._mac] = max(self._server.at_once[self._mac], self._open[self._mac])
        gevent.sleep(0.002)
        self._open[self._mac] -= 1


class Scene:
    """Phones on greenlets, at a slow boot server and a clock that is moved by hand."""

    def __init__(self, count: int, at_once: int) -> None:
        found = FleetFile(population=Population(count=count), files=FILES, licenses=(OWN_LICENSE,))
        self.server = SlowServer(found)
        self.clock = ManualClock(BEFORE_THE_CHECK)
        self.boots: list[MacAddress] = []
        self.fleet = Fleet(
            found.population,
            boot_server="http://boot.example/",
            clock=self.clock,
            transport=self.server.for_phone,
            anchor=load_anchor(),
            listeners=Listeners(on_boot=lambda boot: self.boots.append(boot.mac)),
        )
        self.live = LiveFleet(self.fleet, self.clock, at_once=at_once)

    def settle(self) -> None:
        """Until nothing goes on any more."""
        with gevent.Timeout(30):
            while self.live.waiting or self.live.busy or len(self.fleet.switched_on) < self.fleet.population.count:
                gevent.sleep(0.005)


def test_reboots_of_one_phone_take_turns() -> None:
    scene = Scene(count=1, at_once=10)
    scene.live.run_due(0)
    gevent.joinall([gevent.spawn(scene.live.reboot, 0) for _ in range(3)], raise_error=True)
    assert scene.server.at_once.total() == 1
    assert len(scene.boots) == 4
    assert scene.fleet.switched_on[0].state is State.IDLE
    scene.live.stop()


def test_reboot_waits_for_an_upload_and_others_for_it() -> None:
    scene = Scene(count=6, at_once=20)
    scene.live.switch_on(range(6))
    scene.settle()
    for phone in scene.fleet.switched_on.values():
        phone.log = LogContents(pending=b"unsent\n", on_server=b"")
        phone.due = phone.upload = 0.0  # as if its period were over
        heapq.heappush(scene.fleet._schedule, (0.0, phone.number))
    scene.live.switch_on(())
    gevent.sleep(0.001)
    assert scene.live.busy == 6, "no upload is under way"
    gevent.joinall([gevent.spawn(scene.live.reboot, number) for number in range(6)], raise_error=True)
    scene.settle()
    assert set(scene.server.at_once.values()) == {1}
    assert len(scene.boots) == 12
    assert {phone.state for phone in scene.fleet.switched_on.values()} == {State.IDLE}
    scene.live.stop()


def test_what_did_happen_meanwhile_does_not_happen_again() -> None:
    scene = Scene(count=1, at_once=2)
    gevent.joinall([gevent.spawn(scene.live.run_due, 0) for _ in range(2)], raise_error=True)
    assert len(scene.boots) == 1
    scene.live.stop()


def test_failure_leaves_the_phone_to_others() -> None:
    scene = Scene(count=1, at_once=2)
    scene.live.run_due(0)
    scene.fleet.switched_on[0].firmware.state = State.REBOOTING
    with pytest.raises(LifecycleError):
        scene.live.reboot(0)
    scene.fleet.switched_on[0].firmware.state = State.IDLE
    scene.clock.pass_to(BEFORE_THE_CHECK + timedelta(seconds=1))
    scene.live.reboot(0)
    assert len(scene.boots) == 2
    scene.live.stop()
