"""Recordings for tests: made by hand, and made by phones that boot through the proxy."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.http_headers import Headers
from phone_sim.boot_server.journal import Journal
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import Site
from phone_sim.firmware.location import BootServerAddress
from phone_sim.recording.dialogue import Body, RecordedExchange, Recording
from phone_sim.recording.files import BODY_LIMIT, FILE_LIMIT, IfThere, Recorder, load_recording
from phone_sim.recording.proxy import ProxySite, Transports
from phone_sim.recording.replay import ReplaySite
from phone_sim.runtime.transport import Limits, network_transport
from phone_sim.runtime.transport.http_passing import PassingHttp
from phone_sim.runtime.virtual_phone import VirtualPhone
from tests.runtime.phones import PATIENT, within

BEGAN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
VERSION_1 = Path(__file__).with_name("version_1.jsonl")
"""A recording that the first release made: a boot over HTTP, `site.cfg` by TFTP, `tone.wav`, and a missing file."""
FILES = {
    "000000000000.cfg": b'<APPLICATION CONFIG_FILES="site.cfg" LICENSE_DIRECTORY="licenses"/>',
    "site.cfg": b'<site feature.corporateDirectory.enabled="1" log.level.change.copy="0"/>',
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The two addresses at which a site is served."""

    http: str
    tftp: str


@contextmanager
def served(site: Site, journal: Journal | None = None, faults: FaultPlan | None = None) -> Iterator[Front]:
    """A site over HTTP and TFTP."""
    with BootServer(site, journal=journal, faults=faults) as server:
        yield Front(http=server.url, tftp=server.tftp_url)


@contextmanager
def proxied(
    url: str,
    out: Path,
    *rules: str,
    limits: Limits = PATIENT,
    body_limit: int = BODY_LIMIT,
    file_limit: int = FILE_LIMIT,
    if_there: IfThere = IfThere.REFUSE,
    ended: list[str] | None = None,
) -> Iterator[Front]:
    """The server at a URL, asked through the proxy, which records into a file."""
    server = BootServerAddress.parse(url)
    on_end = ([] if ended is None else ended).append
    with (
        closing(Transports(lambda: network_transport(limits=limits))) as transports,
        closing(Transports(lambda: PassingHttp(limits))) as passing,
        Recorder(
            out,
            server.root,
            BEGAN,
            body_limit=body_limit,
            file_limit=file_limit,
            if_there=if_there,
            on_end=on_end,
        ) as recorder,
        served(
            ProxySite(server=server, transports=transports, passing=passing),
            Journal(on_exchange=recorder.record),
            FaultPlan(rules),
        ) as front,
    ):
        yield front


@contextmanager
def replayed(out: Path, unknown: list[str] | None = None) -> Iterator[Front]:
    """A recording, served."""
    with served(ReplaySite(load_recording(out), ([] if unknown is None else unknown).append)) as front:
        yield front


def boot_log(url: str, *, mac: str = "0004f2000001", firmware: str = "3.3.0", boots: int = 1) -> str:
    """The log of a phone with blank flash that boots from the server at a URL."""
    with VirtualPhone(url, mac=mac, firmware=firmware, transport=network_transport(limits=PATIENT)) as phone:
        for _ in range(boots):
            within(phone.boot)
        return phone.log


def exchange(
    path: str,
    *,
    method: str = "GET",
    status: int = 200,
    reason: str = "OK",
    sent: bytes | None = b"file",
    received: bytes | None = None,
    user_agent: str = "FileTransport PolycomSoundPointIP-SPIP_670-UA/3.3.0.0000",
    fault: str = "",
    answer_headers: Headers | None = None,
) -> RecordedExchange:
    """An exchange of the first moment."""
    return RecordedExchange(
        at=0.0,
        client="127.0.0.1:40000",
        protocol="tftp" if method in ("RRQ", "WRQ") else "http",
        method=method,
        path=path,
        user_agent=user_agent,
        status=status,
        reason=reason,
        received=None if received is None else Body.of(received, BODY_LIMIT),
        sent=None if sent is None else Body.of(sent, BODY_LIMIT),
        fault=fault,
        answer_headers=answer_headers,
    )


def upload(path: str, body: bytes) -> RecordedExchange:
    """An upload that was taken."""
    return exchange(path, method="PUT", status=201, reason="Created", sent=None, received=body)


def recording(*exchanges: RecordedExchange) -> Recording:
    """A recording of these."""
    return Recording(server="http://boot.example/", began=BEGAN, exchanges=exchanges)
