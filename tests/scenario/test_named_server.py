"""Scenarios on a boot server that is named: which one it is, what is refused, and what phones ask there.

The server is an embedded one that stands for the user's own.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from phone_sim.authority.license_authority import LicenseAuthority
from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.errors import UsageError
from phone_sim.firmware.effects import Fetch
from phone_sim.firmware.location import Location
from phone_sim.licensing.expiry import NEVER
from phone_sim.licensing.license_file import write as license_file
from phone_sim.runtime.transport import Limits
from phone_sim.scenario.read import read_scenario
from phone_sim.scenario.remote_server import RemoteServer
from phone_sim.scenario.run import ScenarioOutcome, run_scenario
from phone_sim.scenario.scenario import NamedServer, Scenario
from phone_sim.scenario.scenario_report import as_json, failure_text
from phone_sim.scenario.steps import SERVER_ACTIONS
from phone_sim.scenario.target_server import NAMED_KEYS, ServerOptions, with_server
from tests.make import LDAP, signed_key
from tests.readme import PAGE
from tests.real_servers.certificates import Certificates
from tests.scenario.write import HEAD, SITE, write

PHONE = "[phones.desk]\n"
BOOT = "\n[[steps]]\nboot = true\n"
BELOW = "north/wind/"
MASTER = b'<APPLICATION CONFIG_FILES="site.cfg, /outside.cfg" LICENSE_DIRECTORY="licenses"/>'
FILES = {
    f"{BELOW}000000000000.cfg": MASTER,
    "outside.cfg": b"<site/>",
    f"{BELOW}site.cfg": b'<site feature.corporateDirectory.enabled="1"/>',
    f"{BELOW}licenses/0004f2000001-license.cfg": license_file([signed_key({LDAP: NEVER}, serial="0004F2000001")]),
}
README = PAGE.read_text()
CERTIFICATE = "-----BEGIN CERTIFICATE-----\n"


@pytest.fixture
def server() -> Iterator[BootServer]:
    """A boot server whose phones are below a folder."""
    with BootServer(MemorySite(FILES)) as running:
        yield running


def read(folder: Path, steps: str = BOOT, *, keys: str = "", head: str = HEAD) -> Scenario:
    """A scenario with one phone, and these keys in its `[server]` table."""
    return read_scenario(write(folder, steps, head=head, site=f"{PHONE}[server]\n{keys}\n"))


def refused(folder: Path, steps: str = BOOT, *, keys: str = "", head: str = HEAD) -> str:
    """What is said of a file that is refused, without its name."""
    with pytest.raises(UsageError) as caught:
        read(folder, steps, keys=keys, head=head)
    return str(caught.value).removeprefix(f"{folder}/a.phone.toml:")


def played(scenario: Scenario, url: str) -> ScenarioOutcome:
    """A scenario that was run on the server that an option names."""
    return run_scenario(with_server(scenario, ServerOptions(option="--server", url=url)))


@pytest.mark.parametrize("place", ["file", "option"])
def test_phones_boot_from_the_named_server(tmp_path: Path, server: BootServer, place: str) -> None:
    expect = """expect.requests = [
    "0004f2000001.cfg", "000000000000.cfg", "site.cfg", "/outside.cfg", "0004f2000001-phone.cfg",
    "0004f2000001-web.cfg", "licenses/000000000000-license.cfg", "licenses/0004f2000001-license.cfg",
    "0004f2000001-directory.xml", "000000000000-directory.xml",
]
expect.features = { LDAP = "on" }
expect.state = "idle"
"""
    url = f"{server.url}{BELOW}"
    if place == "file":
        outcome = run_scenario(read(tmp_path, BOOT + expect, keys=f'url = "{url}"'))
    else:
        outcome = played(read(tmp_path, BOOT + expect), url)
    assert failure_text(outcome) == ""
    assert {path for path in FILES if path.endswith(".cfg")} <= {one.path for one in server.journal.requests}


def test_option_goes_before_the_file_key_by_key(tmp_path: Path) -> None:
    (tmp_path / "anchor.pem").write_bytes(LicenseAuthority().anchor.pem())
    scenario = read(tmp_path, keys='url = "http://a.example/"\ntls_min = "1.3"\ntrust = "anchor.pem"')
    assert scenario.server == NamedServer(url="http://a.example/", tls_min="1.3", trust=tmp_path / "anchor.pem")
    said = ServerOptions(option="--server", url="http://b.example/", trust=Path("mine.pem"))
    assert with_server(scenario, said).server == NamedServer(
        url="http://b.example/", tls_min="1.3", trust=Path("mine.pem")
    )
    assert with_server(scenario, ServerOptions(option="--server", tls_min="1.1")).server == replace(
        scenario.server, tls_min="1.1"
    )
    assert with_server(scenario, ServerOptions(option="--server")) is scenario


def test_second_server_is_asked_when_the_first_is_down(tmp_path: Path, server: BootServer) -> None:
    with BootServer(MemorySite({})) as gone:
        down = gone.url
    steps = BOOT + "expect.requests = { contains = ['0004f2000001.cfg', '0004f2000001.cfg', 'site.cfg'] }\n"
    assert played(read(tmp_path, steps), f"{down} {server.url}{BELOW}").failures == ()


@pytest.mark.slow
def test_keys_are_verified_with_the_authority_that_is_trusted(tmp_path: Path) -> None:
    authority = LicenseAuthority()
    (tmp_path / "anchor.pem").write_bytes(authority.anchor.pem())
    files = FILES | {f"{BELOW}licenses/0004f2000001-license.cfg": authority.license("0004f2000001", "LDAP")}
    steps = BOOT + "expect.features = { LDAP = 'on' }\n"
    with BootServer(MemorySite(files)) as theirs:
        trusted = read(tmp_path, steps, keys=f'url = "{theirs.url}{BELOW}"\ntrust = "anchor.pem"')
        assert run_scenario(trusted).failures == ()
        (failure,) = played(read(tmp_path, steps), f"{theirs.url}{BELOW}").failures
    assert failure.unmet.found == "off: no license"


@pytest.mark.parametrize(
    ("head", "keys", "steps", "place"),
    [
        ("protocol = 'http'\n", "", "", "3: protocol"),
        ("protocol = 'http'\nfaults = ['503']\n", "", "", "3: protocol"),
        ("", "files = { a = 'b' }\n", "", "5: server.files"),
        ("", "files = { a = 'b' }\n[[server.licenses]]\n", "", "5: server.files"),
        ("", "[[server.licenses]]\n", "", "5: server.licenses"),
        ("", "", "put = { a = 'b' }\n", "12: steps[2].put"),
        ("", "", "license = { features = 'LDAP' }\n", "12: steps[2].license"),
        ("", "", "remove = 'a'\n", "12: steps[2].remove"),
        ("", "", "server_down = true\n", "12: steps[2].server_down"),
        ("", "", "server_up = true\n", "12: steps[2].server_up"),
        ("", "", "clear_faults = true\n", "12: steps[2].clear_faults"),
    ],
)
def test_what_only_the_embedded_server_can_do_is_refused(
    tmp_path: Path, head: str, keys: str, steps: str, place: str
) -> None:
    steps = BOOT + "\n[[steps]]\n\n" + steps if steps else BOOT
    with pytest.raises(UsageError) as caught:
        with_server(
            read(tmp_path, steps, keys=keys, head=HEAD + head),
            ServerOptions(option="--server", url="http://b.example/"),
        )
    said = str(caught.value)
    assert said.startswith(f"{tmp_path}/a.phone.toml:{place}: only the embedded boot server can do this")
    assert said.endswith("--server names another: take this out, or run the file without --server")
    number, _, key = place.partition(": ")
    below = f"{int(number) + (not head)}: {key}"  # the url is a line of its own
    in_file = refused(tmp_path, steps, keys=f"url = 'http://b.example/'\n{keys}", head=HEAD + head)
    url_line = 5 + head.count("\n")
    assert in_file == (
        f"{below}: only the embedded boot server can do this, and {tmp_path}/a.phone.toml:{url_line}: server.url "
        "names another"
    )


def test_fault_in_a_step_is_refused_for_the_named_server(tmp_path: Path) -> None:
    steps = BOOT + "\n[[steps]]\nadd_fault = '503'\n"
    assert "add_fault: only the embedded boot server" in refused(tmp_path, steps, keys="url = 'http://b.example/'")
    assert {"put", "license", "remove", "add_fault", "server_down", "server_up", "clear_faults"} == set(SERVER_ACTIONS)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("url = 'boot.example'", "5: server.url: 'boot.example' is not a boot server address"),
        ("url = 'gopher://boot.example/'", "5: server.url: gopher://boot.example/: http, https, ftp, ftps, tftp can"),
        ("url = ''", "5: server.url: the text is empty"),
        ("url = 'http://a/'\ntls_min = '1.4'", "6: server.tls_min: '1.4' is not one of: 1.0, 1.1, 1.2, 1.3"),
        ("url = 'http://a/'\ntrust = 'no.pem'", "6: server.trust: {folder}/no.pem: No such file"),
        (
            "url = 'http://a/'\nca_file = 'bad.pem'",
            "6: server.ca_file: {folder}/bad.pem: certificate 1, from line 1 on, has no end",
        ),
        ("url = 'http://a/'\nclient_cert = 'bad.pem'", "6: server.client_cert: {folder}/bad.pem: there is no certif"),
        ("uri = 'http://a/'", "5: server.uri: unknown key; expected one of: files, licenses, url, trust, ca"),
    ],
)
def test_named_server_is_read_strictly(tmp_path: Path, keys: str, message: str) -> None:
    (tmp_path / "bad.pem").write_text(CERTIFICATE)
    assert refused(tmp_path, keys=keys).startswith(message.format(folder=tmp_path))


@pytest.mark.parametrize("key", [key for key in NAMED_KEYS if key != "url"])
def test_what_is_for_a_named_server_needs_one(tmp_path: Path, key: str) -> None:
    said = refused(tmp_path, keys=f"{key} = '1.2'")
    assert said == f"5: server.{key}: it is for a boot server that is named, and there is no url"
    option = "--" + key.replace("_", "-")
    options = ServerOptions(option="--server", **{key: Path("a")})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=f"a.phone.toml: {option} is for a boot server that is named, and this"):
        with_server(read_scenario(write(tmp_path, BOOT, site=SITE)), options)


def test_failure_names_the_server_without_its_password(tmp_path: Path, server: BootServer) -> None:
    url = server.url.replace("http://", "http://PlcmSpIp:secret@")
    outcome = played(read(tmp_path, BOOT + "expect.state = 'off'\n"), url)
    assert f"\nboot server: {server.url}\n" in failure_text(outcome)
    assert as_json(outcome)["server"] == server.url
    assert "secret" not in failure_text(outcome)
    embedded = run_scenario(read(tmp_path, BOOT + "expect.state = 'off'\n"))
    assert "\nboot server: the embedded one\n" in failure_text(embedded)
    assert as_json(embedded)["server"] is None


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("http://a.example/north/site.cfg", "site.cfg"),
        ("http://a.example/north/a%20b/1:2.cfg", "a b/1:2.cfg"),
        ("http://a.example/south/site.cfg", "/south/site.cfg"),
        ("tftp://b.example/site.cfg", "site.cfg"),
        ("http://c.example/site.cfg", "http://c.example/site.cfg"),
    ],
)
def test_path_of_a_request_is_below_the_root(url: str, path: str) -> None:
    server = RemoteServer(NamedServer(url="http://a.example/north tftp://b.example"), limits=Limits())
    assert server.path_of(Fetch(location=Location(url=url, credentials=None), limit=9, user_agent="phone")) == path


def test_named_server_is_not_changed(tmp_path: Path) -> None:
    scenario = read(tmp_path, "\n[[steps]]\nremove = 'a.cfg'\n")
    (failure,) = run_scenario(replace(scenario, server=NamedServer(url="http://a.example/"))).failures
    assert failure.unmet.found == "only the embedded boot server can be changed, and this is http://a.example/"


@pytest.mark.slow
def test_readme_has_every_key_of_a_named_server(tmp_path: Path) -> None:
    (keys,) = re.findall(r"(?s)```toml\n\[server\]\n(url = .*?)```", README)
    assert set(tomllib.loads(keys)) == set(NAMED_KEYS)
    certificates = Certificates.make(tmp_path)
    (tmp_path / "0004f2000001.pem").write_bytes(certificates.for_phone("0004f2000001").read_bytes())
    (tmp_path / "trust_anchor.pem").write_bytes(LicenseAuthority().anchor.pem())
    assert isinstance(read(tmp_path, keys=keys).server, NamedServer)
    rules = README.partition("### Scenarios on your boot server")[2].partition("\n## ")[0]
    assert {action for action in SERVER_ACTIONS if f"`{action}`" in rules} == set(SERVER_ACTIONS)


@pytest.mark.slow
@pytest.mark.parametrize(("timeout", "word"), [("0.1", "log"), ("30.0", "not_log")])
def test_phones_wait_as_long_as_the_file_says(tmp_path: Path, timeout: str, word: str) -> None:
    expect = f"expect.boot = 'booted'\nexpect.{word} = 'Failed to download file site.cfg: no answer'\n"
    with BootServer(MemorySite(FILES), faults=FaultPlan(["delay=1 file=*site.cfg"])) as slow:
        outcome = played(read(tmp_path, BOOT + expect, head=f"{HEAD}timeout = {timeout}\n"), f"{slow.url}{BELOW}")
    assert failure_text(outcome) == ""
