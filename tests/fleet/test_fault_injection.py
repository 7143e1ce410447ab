"""Faults on the way: what is drawn, what a phone sees of each, and a storm of phones against a plain model."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from phone_sim.boot_server.fault_kind import Method
from phone_sim.boot_server.fault_kinds import parse_kind
from phone_sim.boot_server.faults import Fault, FaultPlan
from phone_sim.boot_server.folder_site import FolderSite
from phone_sim.boot_server.server import BootServer
from phone_sim.firmware.effects import Fetch, Stream, Streamed, TransferFailed
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.fleet.fault_injection import FaultInjector, FaultyTransport
from phone_sim.fleet.fleet import Fleet, Listeners
from phone_sim.fleet.population.fault_share import FaultShare
from phone_sim.fleet.population.population_file import FleetFile, read_fleet_file
from phone_sim.fleet.virtual_run import run_until
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.clock import ManualClock
from phone_sim.runtime.transport import Limits, network_transport
from phone_sim.runtime.transport.memory import serve
from phone_sim.runtime.trust_file import load_anchor
from tests.fleet import storm
from tests.fleet.plain_model import Fate
from tests.real_servers.by_kind import server_by_kind
from tests.runtime.phones import PATIENT, fetch, upload, within

MAC = MacAddress("0004f2aabbcc")
KINDS = ("503", "404", "tftp-error=1", "tftp-error=2", "down", "reset", "stall", "truncate=100", "corrupt")
SHORT = Limits(answer=0.2, transfer=3)
FILE = bytes(range(256)) * 3


def share(part: float, **kinds: float) -> FaultShare:
    found = [(parse_kind(word.replace("_", "=")), weight) for word, weight in kinds.items()]
    return FaultShare(share=part, kinds=tuple((kind, weight) for kind, weight in found if kind is not None))


def drawn(faults: FaultShare, seed: int, method: Method = "GET") -> list[str]:
    found = [faults.drawn(seed, MAC, count, method) for count in range(4000)]
    return ["" if fault is None else str(fault.kind) for fault in found]


def test_shares_are_met() -> None:
    found = Counter(drawn(share(0.25, down=3, stall=1), 7))
    assert found["down"] + found["stall"] == pytest.approx(1000, rel=0.1)
    assert found["down"] == pytest.approx(750, rel=0.1)


def test_seed_and_phone_decide_what_fails() -> None:
    faults = share(0.02, down=1, corrupt=1)
    assert drawn(faults, 7) == drawn(faults, 7) != drawn(faults, 8)
    other = [faults.drawn(7, MacAddress("0004f2aabbcd"), count, "GET") for count in range(4000)]
    assert drawn(faults, 7) != ["" if fault is None else str(fault.kind) for fault in other]
    assert set(drawn(share(0, down=1), 7)) == {""}


def test_uploads_fail_by_what_can_happen_to_them() -> None:
    assert set(drawn(share(1, corrupt=9, truncate_5=1, reset=1), 7, "PUT")) == {"reset"}
    assert set(drawn(share(1, corrupt=1), 7, "WRQ")) == {""}


def test_requests_are_counted_from_one_life_to_the_next() -> None:
    faults = share(0.5, down=1)
    ways, expected = FaultInjector(faults, 7), [kind != "" for kind in drawn(faults, 7)[:20]]
    failed = []
    for _ in range(10):
        way = ways.wrap(MAC, serve({"a.cfg": b"a"}))
        failed += [not hasattr(way.fetch(fetch("http://boot.example/a.cfg")), "data") for _ in range(2)]
    assert failed == expected


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["http", "tftp"])
@pytest.mark.parametrize("kind", KINDS)
def test_phone_sees_what_a_faulty_server_shows(kind: str, scheme: str, tmp_path: Path) -> None:
    (tmp_path / "a.cfg").write_bytes(FILE)
    site, plan = FolderSite(tmp_path), FaultPlan([kind], seed=3)
    rule = plan.rules[0]
    counts: Counter[str] = Counter()

    def same_fault(method: Method) -> Fault | None:
        counts["asked"] += 1
        acts = method in rule.kind.acts_on
        return Fault(kind=rule.kind, rule=kind, draw=f"3 0 {kind} {counts['asked']}") if acts else None

    with ExitStack() as stack:
        faulty, good = (
            server.url if scheme == "http" else server.tftp_url
            for server in map(stack.enter_context, (BootServer(site, faults=plan), BootServer(site)))
        )
        transport = network_transport(limits=SHORT if kind in ("down", "stall") else PATIENT)
        stack.callback(transport.close)
        way = FaultyTransport(network_transport(limits=PATIENT), same_fault)
        stack.callback(way.close)
        for name in ("a.cfg", "none.cfg"):
            asked, asked_of_good = fetch(faulty + name), fetch(good + name)
            seen = within(partial(transport.fetch, asked))
            assert told(within(partial(way.fetch, asked_of_good))) == told(seen)
            seen_of_stream = within(partial(transport.stream, streaming(asked)))
            if kind != "corrupt":  # which byte is wrong is drawn from the whole file there, and from its header here
                assert told(within(partial(way.stream, streaming(asked_of_good)))) == told(seen_of_stream)
        seen_of_upload = within(lambda: transport.upload(upload(faulty + "app.log", b"x" * 700)))
        (tmp_path / "app.log").unlink(missing_ok=True)
        assert told(within(lambda: way.upload(upload(good + "app.log", b"x" * 700)))) == told(seen_of_upload)
        assert (tmp_path / "app.log").exists() == ("PUT" not in rule.kind.acts_on)


def streaming(request: Fetch) -> Stream:
    """The request for the same file, without keeping it."""
    location, user_agent = request.location, request.user_agent
    return Stream(location=location, header=200, reads_all=True, limit=request.limit, user_agent=user_agent)


def test_header_of_a_corrupt_image_is_corrupt() -> None:
    way = FaultInjector(share(1, corrupt=1), 7).wrap(MAC, serve({"a.ld": FILE}))
    reply = way.stream(streaming(fetch("http://boot.example/a.ld")))
    assert isinstance(reply, Streamed)
    assert (reply.size, reply.is_all, len(reply.header)) == (len(FILE), True, 200)
    assert reply.header != FILE[:200]


def told(reply: object) -> object:
    """The reply; whether a reset is seen as one or as an end is a matter of moments."""
    ends = ("Connection reset by peer", "the server closed the connection without an answer")
    return (
        TransferFailed(FailureKind.BROKEN_OFF, "an end", unanswered=True)
        if getattr(reply, "reason", "") in ends
        else reply
    )


REBOOTS = "[boot]\npattern = 'rolling'\ngroup = 60\nevery = 43200"


@pytest.mark.slow
@pytest.mark.parametrize(("count", "part", "boot"), [(800, 0.02, ""), (500, 0.02, REBOOTS), (300, 0.3, REBOOTS)])
def test_storm_ends_as_the_model_predicts(count: int, part: float, boot: str, tmp_path: Path) -> None:
    found = read_fleet_file(storm.population(tmp_path, count=count, seed=11, share=part, boot=boot))
    held, lived = storm.files(found), Lived(found)
    for days in (1, 3, 40):
        end = storm.START + timedelta(days=days)
        assert lived.until(end) == list(storm.predicted(found, held, storm.START, end, "http"))
    fates = lived.until(end)
    assert len({fate.directory for fate in fates}) == 5
    assert len({fate.problem for fate in fates}) >= 4
    assert {fate.boots for fate in fates} == ({2, 3} if boot else {1, 2})


@pytest.mark.slow
def test_order_of_phones_changes_no_fate(tmp_path: Path) -> None:
    found = read_fleet_file(storm.population(tmp_path, count=40, seed=3, share=0.2))
    end = storm.START + timedelta(days=1)
    together = Lived(found).until(end)
    backwards = [Lived(found, [number]).until(end)[0] for number in reversed(range(40))]
    assert together == backwards[::-1]
    assert together != Lived(replace(found, population=replace(found.population, seed=4))).until(end)


class Lived:
    """A population on virtual time, or some of its phones, before a server that holds the files of the storm."""

    def __init__(self, found: FleetFile, numbers: Iterable[int] | None = None) -> None:
        self.clock = ManualClock(storm.START)
        self.asked: Counter[str] = Counter()
        server = serve(storm.files(found))
        self.fleet = Fleet(
            found.population,
            boot_server="http://boot.example/",
            clock=self.clock,
            transport=lambda _: server,
            anchor=load_anchor(),
            listeners=Listeners(on_exchange=lambda mac, _: self.asked.update((mac.digits,))),
        )
        self.fleet.plan(range(found.population.count) if numbers is None else numbers)

    def until(self, end: datetime) -> list[Fate]:
        """What became of the phones until then."""
        run_until(self.fleet, self.clock, end)
        return list(storm.found_fates(self.fleet, self.asked))


@pytest.mark.real
@pytest.mark.parametrize(("kind", "count"), [("nginx", 400), ("tftpd-hpa", 400)])
def test_storm_on_a_real_server_ends_as_predicted(kind: str, count: int, tmp_path: Path) -> None:
    file = storm.population(tmp_path, count=count, seed=5, share=0.02)
    found = read_fleet_file(file)
    now = datetime.now(tz=storm.START.tzinfo)
    root = tmp_path / "root"
    root.mkdir(mode=0o777)
    held = storm.files(found)
    for name, data in held.items():
        (root / name).write_bytes(data)
    with server_by_kind(kind, root, tmp_path / "work", None) as server:
        command = [sys.executable, "-m", "tests.fleet.storm", server.url, str(file)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    fates = [Fate(**each) for each in json.loads(ended.stdout)]
    assert fates == list(storm.predicted(found, held, now, now, "tftp" if kind == "tftpd-hpa" else "http"))
    assert len({fate.problem for fate in fates}) >= 3
