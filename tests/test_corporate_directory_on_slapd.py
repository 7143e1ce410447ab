"""The corporate directory on a real LDAP server, whose own log tells who connected, bound, and searched for what."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from phone_sim.firmware.corporate_directory_settings import LdapServer
from phone_sim.firmware.log_line import parse_line
from phone_sim.firmware.network_effects import AskDirectory, DirectoryAnswered
from phone_sim.licensing.expiry import NEVER
from phone_sim.licensing.license_file import write
from phone_sim.licensing.license_key import LicenseKey
from phone_sim.runtime.network import Network
from phone_sim.runtime.network.ldap import make_corporate_directory
from phone_sim.runtime.transport import Tls
from phone_sim.runtime.transport.memory import serve
from phone_sim.runtime.virtual_phone import VirtualPhone
from phone_sim.runtime.virtual_time import VirtualTime
from tests.make import LDAP, MAC, PHONE_FILE, SITE_FILE, SITE_SERIAL, element, master, signed_key, until
from tests.real_servers.certificates import Certificates
from tests.real_servers.programs import require
from tests.real_servers.slapd import PASSWORD, SUFFIX, USER, Slapd
from tests.runtime.phones import PATIENT

pytestmark = [pytest.mark.real, pytest.mark.server("slapd", "LDAP")]

PEOPLE = f"ou=people,{SUFFIX}"
NAMES = [("Alice", "Smith", "1001"), ("Bob", "Smythe", "1002"), ("Carol", "Jones", "1003"), ("*", "(Star)", "1004")]
NAMES += [(f"Guest {number}", "Visitor", f"20{number:02}") for number in range(9)]
PERMANENT = signed_key({LDAP: NEVER})
FIRST_CONNECTION = 1000
"""What slapd counts its connections from."""
SMITHS = ("Smith, Alice: Phone 1001", "Smythe, Bob: Phone 1002")
LDIF = f"dn: {PEOPLE}\nobjectClass: organizationalUnit\nou: people\n\n" + "\n".join(
    f"dn: telephoneNumber={number},{PEOPLE}\nobjectClass: inetOrgPerson\ncn: {first}\nsn: {last}\ngivenName: {first}\n"
    f"telephoneNumber: {number}\n"
    for first, last, number in NAMES
)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates.make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Slapd]:
    require("slapd")
    with Slapd(LDIF, tmp_path / "slapd") as running:
        yield running


@contextmanager
def booted(
    server: Slapd,
    changes: Mapping[str, str] | None = None,
    *,
    key: LicenseKey | None = PERMANENT,
    tls: Tls | None = None,
    time: VirtualTime | None = None,
) -> Iterator[VirtualPhone]:
    """A phone that has booted with this server as its corporate directory; `changes` are to its `dir.corp`."""
    parameters = {
        "address": "127.0.0.1",
        "port": str(server.port),
        "baseDN": SUFFIX,
        "user": USER,
        "password": PASSWORD,
        "attribute.1.name": "sn",
        "attribute.1.searchable": "1",
        "attribute.2.name": "givenName",
        "attribute.2.type": "first_name",
        "attribute.3.name": "telephoneNumber",
        "attribute.3.type": "phone_number",
        "attribute.3.label": "Phone",
    } | dict(changes or {})
    dotted = {f"dir.corp.{name}": value for name, value in parameters.items()}
    files = {
        "000000000000.cfg": master(CONFIG_FILES="site.cfg"),
        "site.cfg": element("site", {"feature.corporateDirectory.enabled": "1"} | dotted),
    }
    if key is not None:
        files[SITE_FILE if key.serial == SITE_SERIAL else PHONE_FILE] = write([key])
    network = Network(corporate_directory=make_corporate_directory(PATIENT, tls))
    with VirtualPhone("http://boot.example/", mac=MAC, time=time, transport=serve(files), network=network) as phone:
        phone.boot()
        yield phone


def said(phone: VirtualPhone) -> list[str]:
    """What the directory has logged since it started."""
    lines = [line for line in map(parse_line, phone.log.splitlines()) if line is not None and line.component == "ldap"]
    return [line.text for line in lines[1:]]


def done(server: Slapd, *beginnings: str, connections: int) -> list[str]:
    """What the server has done that begins with one of these, times left out, when so many connections are over."""
    operations = server.operations(connections=connections)
    return [one.what.partition(" qtime=")[0] for one in operations if one.what.startswith(beginnings)]


def connect(server: Slapd) -> None:
    """Leave a connection in the server's log, after all that was there before."""
    place = LdapServer(host="127.0.0.1", port=server.port)
    assert make_corporate_directory(PATIENT)(AskDirectory(server=place, credentials=None)) == DirectoryAnswered()


@pytest.mark.shows("corporate directory")
def test_licensed_phone_binds_and_finds_people(server: Slapd) -> None:
    with booted(server) as phone:
        assert said(phone) == [f"ldap: Bound to ldap://127.0.0.1:{server.port}"]
        assert done(server, "BIND", "RESULT", "SRCH", "UNBIND", connections=1) == [
            f'BIND dn="{USER}" method=128',
            f'BIND dn="{USER}" mech=SIMPLE bind_ssf=0 ssf=0',
            "RESULT tag=97 err=0",
            "UNBIND",
        ]
        found = phone.search_corporate_directory("sm")
        assert (found.title, found.lines) == ("Corporate Directory", SMITHS)
        assert phone.screen == found
    assert done(server, "SRCH", connections=2) == [
        f'SRCH base="{SUFFIX}" scope=2 deref=0 filter="(&(objectClass=person)(|(sn=sm*)))"',
        "SRCH attr=sn givenName telephoneNumber",
    ]


@pytest.mark.shows("corporate directory")
def test_phone_without_a_license_makes_no_connection(server: Slapd) -> None:
    with booted(server, key=None) as phone:
        assert said(phone) == ["ldap: Not Licensed", "cDynamicData::cDynamicData:cDynamicData:Failed"]
        assert phone.search_corporate_directory("sm").lines == ("Not Licensed",)
    connect(server)
    assert {one.connection for one in server.operations(connections=1)} == {FIRST_CONNECTION}
    assert done(server, "BIND", connections=1) == ['BIND dn="" method=128']


def test_license_that_runs_out_ends_the_connections(server: Slapd) -> None:
    time = VirtualTime("2026-03-10T12:00")
    with booted(server, key=signed_key({LDAP: until("2026-03-10")}), time=time) as phone:
        assert phone.search_corporate_directory("sm").lines == SMITHS
        time.run(timedelta(days=1))
        assert phone.reboots == ("a license has expired",)
        assert phone.search_corporate_directory("sm").lines == ("Not Licensed",)
    connect(server)
    assert [one.partition(" method")[0] for one in done(server, "BIND", connections=3) if "method" in one] == [
        f'BIND dn="{USER}"',
        f'BIND dn="{USER}"',
        'BIND dn=""',
    ]


def test_wrong_password_is_logged_and_grants_nothing(server: Slapd) -> None:
    with booted(server, {"password": "a guess"}) as phone:
        assert said(phone) == [f"ldap: Bind to ldap://127.0.0.1:{server.port} failed: LDAP 49 invalidCredentials"]
        assert phone.search_corporate_directory("sm").lines == ("Search failed: LDAP 49 invalidCredentials",)
        assert "a guess" not in phone.log
    assert done(server, "RESULT", "SRCH", connections=2) == ["RESULT tag=97 err=49"] * 2


@pytest.mark.parametrize(
    ("scope", "base", "lines"),
    [
        ("sub", SUFFIX, SMITHS),
        ("one", PEOPLE, SMITHS),
        ("one", SUFFIX, ("No match.",)),
        ("base", PEOPLE, ("No match.",)),
        ("base", f"telephoneNumber=1001,{PEOPLE}", SMITHS[:1]),
        ("sub", "ou=nobody,dc=test", ("Search failed: LDAP 32 noSuchObject",)),
    ],
)
def test_scope_says_how_far_a_search_goes(server: Slapd, scope: str, base: str, lines: tuple[str, ...]) -> None:
    with booted(server, {"scope": scope, "baseDN": base}) as phone:
        assert phone.search_corporate_directory("sm").lines == lines


@pytest.mark.parametrize(
    "text", ["*", "sm*", "x)(objectclass=*", "*)(|(sn=*", "\\2a", "sm\0", ")", "((", "&", "sm)(&", "\ud800", "é" * 500]
)
def test_nothing_that_is_typed_gets_out_of_the_filter(server: Slapd, text: str) -> None:
    with booted(server) as phone:
        assert phone.search_corporate_directory(text).lines == ("No match.",)
        assert phone.search_corporate_directory("sm").lines == SMITHS
    assert len(done(server, "SRCH base", connections=3)) == 2


def test_what_is_special_in_a_filter_can_be_searched_for(server: Slapd) -> None:
    with booted(server, {"attribute.2.searchable": "1"}) as phone:
        assert phone.search_corporate_directory("(st").lines == ("(Star), *: Phone 1004",)
        assert phone.search_corporate_directory("*").lines == ("(Star), *: Phone 1004",)
        assert len(phone.search_corporate_directory("").lines) == len(NAMES)


def test_filter_prefix_and_attribute_filter_narrow_the_search(server: Slapd) -> None:
    with booted(server, {"filterPrefix": "(!(sn=Smythe))"}) as phone:
        assert phone.search_corporate_directory("sm").lines == SMITHS[:1]
    with booted(server, {"attribute.3.filter": "1002"}) as phone:
        assert phone.search_corporate_directory("sm").lines == SMITHS[1:]


def test_page_size_limits_what_is_asked_for(server: Slapd) -> None:
    with booted(server, {"pageSize": "8"}) as phone:
        lines = phone.search_corporate_directory("vis").lines
    assert [line.partition(",")[0] for line in lines] == [*["Visitor"] * 8, "More match."]


def test_limit_of_the_server_leaves_a_partial_page(tmp_path: Path) -> None:
    require("slapd")
    with (
        Slapd(LDIF, tmp_path / "slapd", size_limit=3) as server,
        booted(server, {"user": "", "password": ""}) as phone,
    ):
        lines = phone.search_corporate_directory("").lines
        assert len(lines) == 4
        assert lines[-1] == "More match."
        assert done(server, "BIND", connections=2) == ['BIND dn="" method=128'] * 2


def test_ldaps_needs_the_authority_of_the_server(tmp_path: Path, certificates: Certificates) -> None:
    require("slapd")
    trusted = Tls(ca_file=certificates.ca_file)
    with Slapd(LDIF, tmp_path / "slapd", tls=certificates) as server:
        with booted(server, {"transport": "TLS"}, tls=trusted) as phone:
            assert said(phone) == [f"ldap: Bound to ldaps://127.0.0.1:{server.port}"]
            assert phone.search_corporate_directory("sm").lines == SMITHS
        assert len(done(server, "TLS established", "UNBIND", connections=2)) == 4
        with booted(server, {"transport": "TLS"}) as stranger:
            (complaint,) = said(stranger)
            assert "failed: the certificate is not accepted" in complaint
        assert len(done(server, "TLS established", "UNBIND", connections=3)) == 4


def test_server_that_goes_away_leaves_the_phone_in_service(server: Slapd) -> None:
    with booted(server) as phone:
        server.stop()
        assert phone.search_corporate_directory("sm").lines == ("Search failed: Connection refused",)
        assert phone.feature("LDAP").is_enabled
