"""Whole boots against real boot servers; what a server logged is held against what the phone says it did."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from fixtures.make_fixtures import MACS
from phone_sim.fault_catalog.activation_files import edited, phone_key, site_key
from phone_sim.firmware.contact_directory import Contact
from phone_sim.firmware.effects import Fetched, NotFound, Refused, TransferFailed, Uploaded
from phone_sim.firmware.features import Enabled, NotLicensed
from phone_sim.firmware.kept_change import Origin
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.log_line import parse_line
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.screen import RECONFIGURING
from phone_sim.licensing.license_file import write
from phone_sim.runtime.clock import ManualClock
from phone_sim.runtime.driver import PhoneDriver
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.flash_file import FlashFile
from phone_sim.runtime.identity import make_identity
from phone_sim.runtime.log_sink import LogSink
from phone_sim.runtime.scheduler import HeapScheduler
from phone_sim.runtime.transport import TransportByScheme, network_transport
from tests.real_servers import LoggedRequest, RealServer
from tests.real_servers.by_kind import address_of, certificates_for, parameters, server_by_kind, takes_logs, user_of
from tests.runtime.phones import PATIENT
from tests.sample_log import SAMPLE_LOG

pytestmark = pytest.mark.real

MAC = MACS[0]
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LICENSES = ("licenses/000000000000-license.cfg", f"licenses/{MAC}-license.cfg")
MASTER = (
    b"""<APPLICATION CONFIG_FILES="features.cfg, site.cfg" LOG_FILE_DIRECTORY="logs" LICENSE_DIRECTORY="licenses"/>"""
)
SITE = b"""<site tcpIpApp.sntp.gmtOffset="25200"/>"""
NOTHING_WANTED = b"<features/>"
DIRECTORY_WANTED = b"""<features feature.corporateDirectory.enabled="1"/>"""


class Station:
    """A boot server, and how far its own log has been held against the phone's word.

    `user` is what the server is to know the phone as; `asked` has the paths that were asked for last.
    """

    def __init__(self, server: RealServer, user: str) -> None:
        self.server = server
        self.asked: list[str] = []
        self._user = user
        self._seen = 0

    def hold(self, exchanges: list[Exchange]) -> None:
        """The log must have what the phone says that it asked of this server, and no more; a server that is down has
        answered nothing."""
        exchanges = [one for one in exchanges if one.request.location.url.startswith(self.server.url)]
        if not self.server.is_up:
            assert all(isinstance(one.reply, TransferFailed) and one.reply.unanswered for one in exchanges)
            exchanges = []
        logged = self._logged(len(exchanges))
        self.asked = [one.path for one in logged]
        said = [(one.method, one.request.location.url.removeprefix(self.server.url)) for one in exchanges]
        assert [(one.method, one.path) for one in logged] == said
        assert {one.user for one in logged} <= {self._user}
        for exchange, request in zip(exchanges, logged, strict=True):
            if request.status is not None:
                served = isinstance(exchange.reply, Fetched | Uploaded)
                assert served == (request.status in (0, 200, 201, 204, 226)), (exchange, request)
                assert isinstance(exchange.reply, NotFound) == (request.status in (1, 404, 550)), (exchange, request)
            if request.method in ("GET", "PUT"):
                assert request.user_agent == "FileTransport PolycomSoundPointIP-SPIP_670-UA/3.3.0.0000"

    def _logged(self, count: int) -> list[LoggedRequest]:
        """The next requests in the server's log; the challenge that comes before a password is not one of them."""
        challenges = 0
        while True:
            new = self.server.requests(at_least=self._seen + count + challenges)[self._seen :]
            if challenges == (challenges := sum(one.status == 401 for one in new)):
                self._seen += len(new)
                return [one for one in new if one.status != 401]


class Bench:
    """A phone at real servers, which it tries in order; `root` is their folder, `lines` the phone's log."""

    def __init__(
        self, root: Path, stations: Sequence[Station], addresses: str, transport: TransportByScheme, flash: Path
    ) -> None:
        self.root = root
        self.stations = stations
        self.lines: list[str] = []
        self._addresses = addresses
        self._flash = flash
        self._transport = transport

    def take_phone(self, now: datetime | None = NOW) -> PhoneDriver:
        """A phone with blank flash and a clock at `now`, or never set."""
        self._flash.unlink(missing_ok=True)
        clock = ManualClock(now)
        self.scheduler = HeapScheduler(clock)
        self.phone = PhoneDriver(
            Phone(make_identity(self._addresses, model="SPIP_670", mac=MAC)),
            clock=clock,
            scheduler=self.scheduler,
            transport=self._transport,
            flash=FlashFile(self._flash),
            log=LogSink(self.lines.append),
        )
        return self.phone

    def put(self, name: str, data: bytes) -> None:
        """Put a file where the servers find it, for everybody to read."""
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o666)
        path.parent.chmod(0o777)

    def asked(self, act: Callable[[], object]) -> list[str]:
        """What the phone asks for while something happens; the servers' own logs must say the same."""
        before = len(self.phone.exchanges)
        act()
        exchanges = list(self.phone.exchanges)[before:]
        for station in self.stations:
            station.hold(exchanges)
        return [self._path(exchange) for exchange in exchanges]

    def _path(self, exchange: Exchange) -> str:
        url = exchange.request.location.url
        (root,) = {one.server.url for one in self.stations if url.startswith(one.server.url)}
        return url.removeprefix(root)

    def directory_is(self, kind: type) -> bool:
        """Whether the Corporate Directory's gate is of this kind."""
        service = self.phone.phone.service
        assert service is not None
        return any(isinstance(gate, kind) and gate.feature.key == "LDAP" for gate in service.gates)


@contextmanager
def benches(kind: str, folder: Path, count: int) -> Iterator[Bench]:
    """A bench with so many servers of a kind over one folder."""
    root = folder / "site"
    for one in (root, root / "logs", root / "licenses"):
        one.mkdir()
        one.chmod(0o777)
    certificates = certificates_for(kind, folder / "ca")
    servers = [server_by_kind(kind, root, folder / f"server-{number}", certificates) for number in range(count)]
    with ExitStack() as stack:
        for server in servers:
            stack.enter_context(server)
        transport = network_transport(
            limits=PATIENT,
            ca_file=certificates.ca_file if certificates is not None else None,
            client_cert=certificates.for_phone(MAC) if certificates is not None else None,
        )
        stack.callback(transport.close)
        stations = [Station(server, user_of(kind, MAC)) for server in servers]
        addresses = " ".join(address_of(kind, server) for server in servers)
        bench = Bench(root, stations, addresses, transport, folder / "state" / f"{MAC}.flash")
        bench.put("000000000000.cfg", MASTER)
        bench.put("site.cfg", SITE)
        bench.put("features.cfg", DIRECTORY_WANTED)
        yield bench


@pytest.fixture(params=parameters())
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bench(kind: str, tmp_path: Path) -> Iterator[Bench]:
    with benches(kind, tmp_path, 1) as bench:
        yield bench


@pytest.fixture
def pair(kind: str, tmp_path: Path) -> Iterator[Bench]:
    """A phone with two servers."""
    with benches(kind, tmp_path, 2) as bench:
        yield bench


@pytest.mark.shows("boot")
def test_nothing_unlicensed_configured_asks_for_no_license(bench: Bench) -> None:
    bench.put("features.cfg", NOTHING_WANTED)
    bench.put(LICENSES[1], write([phone_key(MAC)]))
    asked = bench.asked(bench.take_phone().power_on)
    assert not any("license" in path for path in asked)
    assert asked[:4] == [f"{MAC}.cfg", "000000000000.cfg", "features.cfg", "site.cfg"]


@pytest.mark.shows("boot")
def test_site_file_then_own_file_are_asked_in_the_license_directory(bench: Bench) -> None:
    asked = bench.asked(bench.take_phone().power_on)
    assert [path for path in asked if "license" in path] == list(LICENSES)
    assert bench.directory_is(NotLicensed)
    assert bench.phone.phone.state is State.IDLE


@pytest.mark.shows("log upload")
@pytest.mark.parametrize("kind", parameters(takes_logs))
def test_log_arrives_in_the_log_directory(bench: Bench) -> None:
    asked = bench.asked(bench.take_phone().power_on)
    assert asked[-1] == f"logs/{MAC}-app.log"
    assert (bench.root / asked[-1]).read_text() == "".join(f"{line}\n" for line in bench.lines)


@pytest.mark.parametrize("kind", parameters(takes_logs))
def test_changes_are_stored_for_a_phone_with_another_flash(bench: Bench) -> None:
    bench.asked(bench.take_phone().power_on)
    name, contact = "lcl.datetime.time.24HourClock", Contact(last_name="Doe", first_name="", number="1001")
    for origin, value in ((Origin.PHONE, "1"), (Origin.WEB, "0")):
        bench.asked(lambda origin=origin, value=value: bench.phone.change(name, value, origin))  # type: ignore[misc]
    bench.asked(lambda: bench.phone.add_contact(contact))
    asked = bench.asked(bench.take_phone().power_on)
    assert set(asked) > {f"{MAC}-phone.cfg", f"{MAC}-web.cfg", f"{MAC}-directory.xml"}
    service = bench.phone.phone.service
    assert service is not None
    assert str(service.parameters[name]) == f"{name} is 0 in {MAC}-phone.cfg, line 2; {MAC}-web.cfg, line 2, says 0"
    assert service.contacts == (contact,)


@pytest.mark.shows("log upload", "refused")
@pytest.mark.parametrize("kind", parameters(lambda kind: not takes_logs(kind)))
def test_phone_goes_on_when_its_log_is_refused(bench: Bench) -> None:
    asked = bench.asked(bench.take_phone().power_on)
    assert asked[-1] == f"logs/{MAC}-app.log"
    assert isinstance(bench.phone.exchanges[-1].reply, Refused)
    assert not (bench.root / asked[-1]).exists()
    assert any("upload error. protocol" in line for line in bench.lines)
    assert bench.phone.phone.state is State.IDLE


@pytest.mark.shows("license")
def test_new_license_is_fetched_at_the_next_boot_and_kept(bench: Bench) -> None:
    bench.asked(bench.take_phone().power_on)
    bench.put(LICENSES[1], write([phone_key(mac) for mac in MACS]))
    assert bench.directory_is(NotLicensed)
    assert LICENSES[1] in bench.asked(bench.phone.reboot)
    assert bench.directory_is(Enabled)
    assert not any("license" in path for path in bench.asked(bench.phone.reboot))
    assert bench.directory_is(Enabled)


def test_sample_log_comes_out_byte_for_byte(bench: Bench) -> None:
    key = phone_key(MAC, (0, 1, 2, 3, 4))
    bench.put(LICENSES[1], write([key.signed(bytes(reversed(key.validation)))]))
    bench.asked(bench.take_phone(now=None).power_on)
    of_sample = [line for line in bench.lines if (one := parse_line(line)) and one.component in ("lic", "ldap", "efk")]
    assert "".join(f"{line}\n" for line in of_sample) == SAMPLE_LOG


@pytest.mark.shows("expiry in a call")
def test_site_license_that_runs_out_in_a_call_waits_and_reboots(kind: str, bench: Bench) -> None:
    last_day = date(2026, 3, 4)
    bench.put(LICENSES[0], write([site_key(last_day)]))
    phone = bench.take_phone()
    bench.asked(phone.power_on)
    assert bench.directory_is(Enabled)
    polling_time = datetime.combine(last_day + timedelta(days=1), time(2, 0), UTC) - timedelta(hours=7)
    waiting = bench.asked(lambda: bench.scheduler.run_until(polling_time - timedelta(minutes=5)))
    # A log that nobody took is sent again.
    assert set(waiting) == (set() if takes_logs(kind) else {f"logs/{MAC}-app.log"})
    phone.start_call()
    assert bench.asked(lambda: bench.scheduler.run(timedelta(hours=2))) == []
    assert bench.directory_is(Enabled)
    phone.end_call()
    assert phone.frame.lines == (RECONFIGURING,)
    assert [
        path for path in bench.asked(lambda: bench.scheduler.run(timedelta(minutes=1))) if "license" in path
    ] == list(LICENSES)
    assert bench.directory_is(NotLicensed)
    assert len(phone.reboots) == 1


@pytest.mark.shows("forged key")
def test_altered_license_is_not_taken(bench: Bench) -> None:
    bench.put(LICENSES[1], edited(write([phone_key(MAC, (0,))]), "'00000001'", "'00000005'"))
    bench.asked(bench.take_phone().power_on)
    assert bench.directory_is(NotLicensed)


@pytest.mark.shows("fail-over")
def test_second_server_serves_while_the_first_is_down(pair: Bench) -> None:
    first, second = pair.stations
    pair.put(LICENSES[1], write([phone_key(MAC)]))
    assert pair.asked(pair.take_phone().power_on) == first.asked
    first.server.go_down()
    tried, *served = pair.asked(pair.phone.reboot)
    assert tried == served[0] == f"{MAC}.cfg"
    assert served == second.asked
    assert pair.directory_is(Enabled)
    first.server.come_up()
    assert pair.asked(pair.phone.reboot) == first.asked
    assert second.asked == []
