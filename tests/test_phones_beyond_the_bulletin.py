"""Phones that the bulletin does not list, booted over HTTP: what they ask for, in which order, and who they say they
are, held against what was observed of real ones (field notes 1.1 and 3.1)."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.fault_catalog.activation_files import site_key
from phone_sim.firmware.features import NotCovered
from phone_sim.licensing.license_file import SITE_FILE, write
from phone_sim.runtime.model_files import load_features
from phone_sim.runtime.virtual_phone import VirtualPhone
from tests.real_servers import Apache, Lighttpd, Nginx, RealServer

MAC = "0004f2aabbcc"
MASTERS = (f"GET {MAC}.cfg", "GET 000000000000.cfg", "GET site.cfg")
LICENSES = ("GET 000000000000-license.cfg", f"GET {MAC}-license.cfg")
DIRECTORIES = (f"GET {MAC}-directory.xml", "GET 000000000000-directory.xml")
SIP_3 = (*MASTERS, f"GET {MAC}-phone.cfg", *DIRECTORIES, f"PUT {MAC}-app.log")
UCS = (*MASTERS, f"GET {MAC}-phone.cfg", f"GET {MAC}-web.cfg", *LICENSES)
UCS_4 = (*UCS, *DIRECTORIES, f"PUT {MAC}-app.log")
UCS_5 = (*UCS, f"GET {MAC}-calls.xml", *DIRECTORIES, f"HEAD {MAC}-app.log", f"PUT {MAC}-app.log")
BOOTS = [
    ("SPIP_600", "3.1.3.0439", "PolycomSoundPointIP-SPIP_600-UA/3.1.3.0439", SIP_3),
    ("SPIP_601", "3.1.2.0392", "PolycomSoundPointIP-SPIP_601-UA/3.1.2.0392", SIP_3),
    ("VVX_101", "5.4.3.1014", "PolycomVVX-VVX_101-UA/5.4.3.1014 Type/Application", UCS_5),
    ("VVX_310", "5.1.1.2986", "PolycomVVX-VVX_310-UA/5.1.1.2986 Type/Application", UCS_5),
    ("VVX_400", "4.1.4.7430", "PolycomVVX-VVX_400-UA/4.1.4.7430 Type/Application", UCS_4),
    ("VVX_500", "5.9.7", r"PolycomVVX-VVX_500-UA/5\.9\.7\.\d+ Type/Application", UCS_5),
]


@pytest.fixture
def site() -> MemorySite:
    """A site on which the Corporate Directory is in use, by parameters of both kinds of firmware."""
    parameters = (
        b'<all feature.1.name="corporate-directory" feature.1.enabled="1" feature.corporateDirectory.enabled="1"/>'
    )
    return MemorySite({"000000000000.cfg": b'<APPLICATION CONFIG_FILES="site.cfg"/>', "site.cfg": parameters})


@pytest.fixture
def server(site: MemorySite) -> Iterator[BootServer]:
    with BootServer(site, tftp_port=None) as server:
        yield server


@pytest.mark.parametrize(("model", "firmware", "user_agent", "requests"), BOOTS)
def test_phone_asks_as_real_ones_did(
    server: BootServer, site: MemorySite, model: str, firmware: str, user_agent: str, requests: tuple[str, ...]
) -> None:
    with VirtualPhone(server.url, model=model, mac=MAC, firmware=firmware) as phone:
        phone.boot()
        assert not phone.identity.firmware_warning
        gate = phone.feature("LDAP")
        assert isinstance(gate, NotCovered)
        assert gate.configured
    asked = server.requests
    assert tuple(f"{one.method} {one.path}" for one in asked) == requests
    for one in asked:
        assert re.fullmatch(f"FileTransport {user_agent}", one.user_agent)
    assert site.files[f"{MAC}-app.log"]


def test_license_makes_no_feature_licensed_that_the_bulletin_does_not_cover(
    server: BootServer, site: MemorySite
) -> None:
    site.write(SITE_FILE, write([site_key(date(2031, 1, 1))]))
    with VirtualPhone(server.url, model="VVX_500", mac=MAC, firmware="5.9.7") as phone:
        phone.boot()
        assert {type(phone.feature(one.key)) for one in load_features()} == {NotCovered}
        assert "new key for LDAP" in phone.log
        assert "is not available" not in phone.log


def nginx(root: Path, work: Path) -> RealServer:
    return Nginx(root, work)


def lighttpd(root: Path, work: Path) -> RealServer:
    return Lighttpd(root, work)


def apache(root: Path, work: Path) -> RealServer:
    return Apache(root, work, user="PlcmSpIp", password="secret")


@pytest.mark.real
@pytest.mark.parametrize(("made", "status"), [(nginx, 501), (lighttpd, 400), (apache, 204)])
def test_servers_differ_in_what_they_make_of_a_piece(
    tmp_path: Path, made: Callable[[Path, Path], RealServer], status: int
) -> None:
    root = tmp_path / "site"
    root.mkdir()
    (root / "000000000000.cfg").write_bytes(b"<APPLICATION/>")
    with ExitStack() as stack:
        server = stack.enter_context(made(root, tmp_path / "work"))
        url = server.url.replace("://", "://PlcmSpIp:secret@") if made is apache else server.url
        phone = stack.enter_context(VirtualPhone(url, model="VVX_500", mac=MAC))
        phone.boot()
        first = (root / f"{MAC}-app.log").read_bytes()
        phone.boot()
        second = (root / f"{MAC}-app.log").read_bytes()
    appends = status == 204
    logs = [(one.method, one.status) for one in phone.asked("*-app.log")]
    assert logs[1:] == [("PUT", 201), ("HEAD", 200), ("PUT", status)]
    assert second.startswith(first)
    assert (len(second) > len(first)) is appends
    assert ("UtilLogServerC::uploadFifoLog: upload error" in phone.log) is not appends


def test_log_of_later_software_grows_on_the_server_boot_by_boot(server: BootServer, site: MemorySite) -> None:
    name = f"{MAC}-app.log"
    with VirtualPhone(server.url, model="VVX_500", mac=MAC, firmware="5.9.7") as phone:
        phone.boot()
        first = site.files[name]
        phone.boot()
        second = site.files[name]
        assert second.startswith(first)
        assert len(second) > len(first)
        site.write(name, b"of another day")  # the server cut it, and the phone goes by what the server says
        phone.boot()
        assert site.files[name].startswith(b"of another day0")
