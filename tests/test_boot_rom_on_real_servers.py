"""The boot ROM stage on real servers: images of some megabytes, and a site that tells the two stages apart (D28)."""

import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from phone_sim.firmware.boot_rom import HEADER_SIZE, IMAGE_LIMIT
from phone_sim.firmware.effects import Stream, Streamed
from phone_sim.firmware.location import BootServerAddress
from phone_sim.runtime.transport import Transport, network_transport
from phone_sim.runtime.virtual_phone import VirtualPhone
from tests.make import MAC, configured, master
from tests.real_servers import Nginx, RealServer
from tests.real_servers.by_kind import address_of, certificates_for, parameters, server_by_kind
from tests.runtime.by_fleet import fleet_transport
from tests.runtime.phones import PATIENT, within

pytestmark = [pytest.mark.real, pytest.mark.slow]

IMAGE = bytes(range(256)) * 4 * 1024 * 5
MEMORY = 2 * 1024 * 1024
"""Most bytes that a transfer may take of Python's memory; the image has 5 MiB."""
BOOT_ROM = "FileTransport PolycomSoundPointIP-SPIP_670-UA/4.2.3.0003"
APPLICATION = "FileTransport PolycomSoundPointIP-SPIP_670-UA/3.3.0.0000"
STAGES = (
    "set $stage application;",
    'if ($http_user_agent ~ "-UA/4[.]2[.]3[.]0003$") { set $stage boot-rom; }',
    'location ~ "^/[0-9a-f]{12}[.]cfg$" { try_files /$stage$uri =404; }',
    "location ~ [.]ld$ { if ($stage != boot-rom) { return 403; } }",
)
"""What nginx says to tell the stages apart, as provisioning servers do."""


@pytest.fixture(params=parameters(lambda kind: kind in ("nginx", "nginx-tls", "vsftpd", "vsftpd-tls", "tftpd-hpa")))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    root.mkdir(mode=0o777)
    root.chmod(0o777)
    for name, data in {"000000000000.cfg": master(APP_FILE_PATH="sip.ld"), "sip.ld": IMAGE}.items():
        (root / name).write_bytes(data)
    return root


@pytest.fixture
def server(kind: str, site: Path, tmp_path: Path) -> Iterator[RealServer]:
    with server_by_kind(kind, site, tmp_path / "server", certificates_for(kind, tmp_path / "ca")) as running:
        yield running


def streamed(transport: Transport, address: str, *, reads_all: bool) -> tuple[Streamed, int]:
    """The image as it is streamed, and the bytes of memory that this took."""
    location = BootServerAddress.parse(address).locate("", "sip.ld")
    assert location is not None
    request = Stream(location=location, header=HEADER_SIZE, reads_all=reads_all, limit=IMAGE_LIMIT, user_agent=BOOT_ROM)
    tracemalloc.start()
    try:
        reply = within(lambda: transport.stream(request))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(reply, Streamed), reply
    return reply, peak


def test_image_is_streamed_in_little_memory_or_dropped_after_its_header(
    kind: str, server: RealServer, tmp_path: Path
) -> None:
    ca_file = tmp_path / "ca" / "ca.pem" if kind.endswith("tls") else None
    # Over FTP a fleet has the single phone's transport.
    for made in (network_transport, *([] if kind.startswith("vsftpd") else [fleet_transport])):
        with closing(made(limits=PATIENT, ca_file=ca_file)) as transport:
            whole, memory = streamed(transport, address_of(kind, server), reads_all=True)
            assert whole == Streamed(header=IMAGE[:HEADER_SIZE], size=len(IMAGE), is_all=True)
            assert memory < MEMORY
            dropped, _ = streamed(transport, address_of(kind, server), reads_all=False)
            assert dropped == Streamed(header=IMAGE[:HEADER_SIZE], size=HEADER_SIZE, is_all=False)


def test_phone_boots_after_its_boot_rom_and_both_logs_arrive(kind: str, server: RealServer, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca" / "ca.pem" if kind.endswith("tls") else None
    transport = network_transport(limits=PATIENT, ca_file=ca_file)
    options = {"firmware": "3.2.4.0267", "boot_rom": True, "image": "whole", "installed": "3.1.3.0439"}
    with VirtualPhone(address_of(kind, server), mac=MAC, transport=transport, **options) as phone:  # type: ignore[arg-type]
        within(phone.boot)
        assert f"{len(IMAGE)} bytes read: 3.2.4.0267 replaces 3.1.3.0439" in phone.log
        boot_log = "".join(f"{line}\n" for line in phone.log_lines[:2]).encode()  # a missing bootrom.ld is not said
    paths = [unquote(urlsplit(f"/{one.path}").path).lstrip("/") for one in server.requests(at_least=7)]
    masters = [f"{MAC}.cfg", "000000000000.cfg"]
    assert paths[:7] == ["bootrom.ld", *masters, "sip.ld", f"{MAC}-boot.log", *masters]
    assert (server.root / f"{MAC}-boot.log").read_bytes() == boot_log
    assert (server.root / f"{MAC}-app.log").exists()


@pytest.mark.server("nginx", "HTTP")
def test_server_that_branches_on_the_user_agent_sees_both_stages(site: Path, tmp_path: Path) -> None:
    for stage, file in {
        "boot-rom": master(APP_FILE_PATH="sip.ld", LOG_FILE_DIRECTORY="boot-logs"),
        "application": master(CONFIG_FILES="site.cfg", LOG_FILE_DIRECTORY="app-logs"),
    }.items():
        (site / stage).mkdir()
        (site / stage / "000000000000.cfg").write_bytes(file)
    (site / "site.cfg").write_bytes(configured("LDAP"))
    with Nginx(site, tmp_path / "nginx", extras=STAGES) as server:
        with VirtualPhone(server.url, mac=MAC, boot_rom=True, transport=network_transport(limits=PATIENT)) as phone:
            within(phone.boot)
            assert phone.parameter("feature.corporateDirectory.enabled") is not None
        asked = [(one.user_agent, one.method, one.path, one.status) for one in server.requests(at_least=12)]
    assert asked[:7] == [
        (BOOT_ROM, "GET", f"{MAC}.cfg", 404),
        (BOOT_ROM, "GET", "000000000000.cfg", 200),
        (BOOT_ROM, "GET", "2345-12670-001.sip.ld", 404),
        (BOOT_ROM, "GET", "sip.ld", 200),
        (BOOT_ROM, "PUT", f"boot-logs/{MAC}-boot.log", 201),
        (APPLICATION, "GET", f"{MAC}.cfg", 404),
        (APPLICATION, "GET", "000000000000.cfg", 200),
    ]
    assert {agent for agent, *_ in asked[7:]} == {APPLICATION}
    assert (APPLICATION, "GET", "site.cfg", 200) in asked
    assert asked[-1][:3] == (APPLICATION, "PUT", f"app-logs/{MAC}-app.log")
