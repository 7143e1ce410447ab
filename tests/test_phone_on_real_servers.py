"""Whole boots against real boot servers; what a server logged is held against what the phone says it did."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from fixtures.make_fixtures import MACS
from phone_sim.casebook.activation_files import edited, phone_key, site_key
from phone_sim.firmware.effects import Fetched, NotFound, Uploaded
from phone_sim.firmware.features import Enabled, NotLicensed
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.log_line import parse_line
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.profile import profile_for
from phone_sim.firmware.screen import RECONFIGURING
from phone_sim.firmware.session import Identity
from phone_sim.licensing.license_file import write
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.agenda import HeapAgenda
from phone_sim.runtime.clock import ManualClock
from phone_sim.runtime.driver import PhoneDriver
from phone_sim.runtime.flash_file import FlashFile
from phone_sim.runtime.log_sink import LogSink
from phone_sim.runtime.model_files import load_features, load_model
from phone_sim.runtime.transport import TransportByScheme, network_transport
from phone_sim.runtime.trust_file import load_anchor
from tests.real_servers import Certificates, LoggedRequest, RealServer
from tests.real_servers.by_kind import PASSWORD, USER, server_by_kind
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


class Bench:
    """A phone at a real server.

    `root` is the server's folder, `user` what the server is to know the phone as, `lines` the phone's log.
    """

    def __init__(self, root: Path, server: RealServer, address: str, transport: TransportByScheme, flash: Path) -> None:
        self.root = root
        self.server = server
        self.lines: list[str] = []
        self._address = address
        self._flash = flash
        self.transport = transport
        self.user = ""
        self.seen = 0

    def take_phone(self, now: datetime | None = NOW) -> PhoneDriver:
        """A phone with blank flash and a clock at `now`, or never set."""
        self._flash.unlink(missing_ok=True)
        clock = ManualClock(now)
        self.agenda = HeapAgenda(clock)
        identity = Identity(
            model=load_model("SPIP_670"),
            features=load_features(),
            mac=MacAddress.parse(MAC),
            profile=profile_for("3.3.0"),
            anchor=load_anchor(),
            boot_server=self._address,
        )
        self.phone = PhoneDriver(
            Phone(identity),
            clock=clock,
            agenda=self.agenda,
            transport=self.transport,
            flash=FlashFile(self._flash),
            log=LogSink(self.lines.append),
        )
        return self.phone

    def put(self, name: str, data: bytes) -> None:
        """Put a file where the server finds it, for everybody to read."""
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o666)
        path.parent.chmod(0o777)

    def asked(self, act: Callable[[], object]) -> list[str]:
        """What the phone asks for while something happens; the server's own log must say the same."""
        before = len(self.phone.exchanges)
        act()
        exchanges = list(self.phone.exchanges)[before:]
        said = [(one.method, one.request.location.url.removeprefix(self.server.url)) for one in exchanges]
        logged = self._logged(len(exchanges))
        assert [(one.method, one.path) for one in logged] == said
        assert {one.user for one in logged} <= {self.user}
        for exchange, request in zip(exchanges, logged, strict=True):
            if request.status is not None:
                served = isinstance(exchange.reply, Fetched | Uploaded)
                assert served == (request.status in (0, 200, 201, 204, 226)), (exchange, request)
                assert isinstance(exchange.reply, NotFound) == (request.status in (1, 404, 550)), (exchange, request)
            if request.method in ("GET", "PUT"):
                assert request.user_agent == "FileTransport PolycomSoundPointIP-SPIP_670-UA/3.3.0"
        return [path for _, path in said]

    def _logged(self, count: int) -> list[LoggedRequest]:
        """The next requests in the server's log; the challenge that comes before a password is not one of them."""
        challenges = 0
        while True:
            new = self.server.requests(at_least=self.seen + count + challenges)[self.seen :]
            if challenges == (challenges := sum(one.status == 401 for one in new)):
                self.seen += len(new)
                return [one for one in new if one.status != 401]

    def directory_is(self, kind: type) -> bool:
        """Whether the Corporate Directory's gate is of this kind."""
        service = self.phone.phone.service
        assert service is not None
        return any(isinstance(gate, kind) and gate.feature.key == "LDAP" for gate in service.gates)


KINDS = (
    "nginx",
    "nginx-basic",
    "nginx-tls",
    "nginx-mtls",
    "apache-digest",
    "vsftpd",
    "vsftpd-tls",
    "pyftpdlib",
    "tftpd-hpa",
    "atftpd",
)
WITH_TLS = ("nginx-tls", "nginx-mtls", "vsftpd-tls")
WITH_PASSWORD = ("nginx-basic", "apache-digest", "vsftpd", "vsftpd-tls", "pyftpdlib")


@pytest.fixture(params=KINDS)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    root, work = tmp_path / "site", tmp_path / "server"
    for folder in (root, root / "logs", root / "licenses"):
        folder.mkdir()
        folder.chmod(0o777)
    certificates = Certificates.make(tmp_path / "ca") if request.param in WITH_TLS else None
    server = server_by_kind(request.param, root, work, certificates)
    with server:
        address = server.url
        if request.param in WITH_PASSWORD:
            address = address.replace("://", f"://{USER}:{quote(PASSWORD)}@")
        transport = network_transport(
            ca_file=certificates.ca_file if certificates is not None else None,
            client_cert=certificates.for_phone(MAC) if certificates is not None else None,
        )
        bench = Bench(root, server, address, transport, tmp_path / "state" / f"{MAC}.flash")
        if request.param in WITH_PASSWORD:
            bench.user = USER
        elif request.param == "nginx-mtls":
            bench.user = f"CN={MAC}"
        bench.put("000000000000.cfg", MASTER)
        bench.put("site.cfg", SITE)
        bench.put("features.cfg", DIRECTORY_WANTED)
        yield bench
        bench.transport.close()


def test_nothing_unlicensed_configured_asks_for_no_license(bench: Bench) -> None:
    bench.put("features.cfg", NOTHING_WANTED)
    bench.put(LICENSES[1], write([phone_key(MAC)]))
    asked = bench.asked(bench.take_phone().power_on)
    assert not any("license" in path for path in asked)
    assert asked[:4] == [f"{MAC}.cfg", "000000000000.cfg", "features.cfg", "site.cfg"]


def test_site_file_then_own_file_are_asked_in_the_license_directory(bench: Bench) -> None:
    asked = bench.asked(bench.take_phone().power_on)
    assert [path for path in asked if "license" in path] == list(LICENSES)
    assert bench.directory_is(NotLicensed)
    assert bench.phone.phone.state is State.IDLE


def test_log_arrives_in_the_log_directory(bench: Bench) -> None:
    asked = bench.asked(bench.take_phone().power_on)
    assert asked[-1] == f"logs/{MAC}-app.log"
    assert (bench.root / asked[-1]).read_text() == "".join(f"{line}\n" for line in bench.lines)


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


def test_site_license_that_runs_out_in_a_call_waits_and_reboots(bench: Bench) -> None:
    last_day = date(2026, 3, 4)
    bench.put(LICENSES[0], write([site_key(last_day)]))
    phone = bench.take_phone()
    bench.asked(phone.power_on)
    assert bench.directory_is(Enabled)
    polling_time = datetime.combine(last_day + timedelta(days=1), time(2, 0), UTC) - timedelta(hours=7)
    bench.agenda.run_until(polling_time - timedelta(minutes=5))
    phone.start_call()
    assert bench.asked(lambda: bench.agenda.run(timedelta(hours=2))) == []
    assert bench.directory_is(Enabled)
    phone.end_call()
    assert phone.frame.lines == (RECONFIGURING,)
    assert [path for path in bench.asked(lambda: bench.agenda.run(timedelta(minutes=1))) if "license" in path] == list(
        LICENSES
    )
    assert bench.directory_is(NotLicensed)
    assert len(phone.reboots) == 1


def test_altered_license_is_not_taken(bench: Bench) -> None:
    bench.put(LICENSES[1], edited(write([phone_key(MAC, (0,))]), "'00000001'", "'00000005'"))
    bench.asked(bench.take_phone().power_on)
    assert bench.directory_is(NotLicensed)
