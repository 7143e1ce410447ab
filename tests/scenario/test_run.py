"""Running scenarios: what fails and how it is said, and that the shipped ones pass the same way each time."""

import re
from contextlib import closing
from pathlib import Path

import pytest

from phone_sim.errors import UsageError
from phone_sim.firmware.effects import Fetch, Fetched, TransferFailed
from phone_sim.firmware.location import Location
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.runtime.transport import Limits, network_transport
from phone_sim.scenario.read import read_scenario
from phone_sim.scenario.run import ScenarioOutcome, run_scenario
from phone_sim.scenario.scenario import EmbeddedServer, Protocol, ScenarioPhone
from phone_sim.scenario.scenario_report import as_junit, failure_text, progress_line
from phone_sim.scenario.server import ScenarioServer
from tests.make import MAC
from tests.scenario.write import HEAD, SITE, write

SHIPPED = sorted((Path(__file__).parents[2] / "fixtures/scenarios").glob("*.phone.toml"))
README = (Path(__file__).parents[2] / "README.md").read_text()
IN_README = re.findall("(?s)```toml\n(phone_sim = .*?)```", README)
HTTP = HEAD + 'protocol = "http"\ntimeout = 1.0\n'
LICENSE = '\n[[server.licenses]]\nfeatures = ["LDAP"]\n'


def played(folder: Path, steps: str, *, head: str = HEAD) -> ScenarioOutcome:
    """A scenario that was run."""
    return run_scenario(read_scenario(write(folder, LICENSE + steps, head=head)))


def test_shipped_scenarios_cover_the_clauses_on_licensing() -> None:
    cited = {int(number) for file in SHIPPED for number in re.findall(r"^b(\d+)-", file.name)}
    assert cited == {9, 10, 11, 12, 13, 14, 15, 16, 17, 18}
    assert all(file.read_text().startswith("# ") for file in SHIPPED)


@pytest.mark.slow
def test_scenarios_of_the_readme_pass(tmp_path: Path) -> None:
    file = tmp_path / "a.phone.toml"
    assert len(IN_README) == 2
    for text in IN_README:
        file.write_text(text)
        assert run_scenario(read_scenario(file)).failures == ()


@pytest.mark.parametrize(("state", "protocol"), [("on", "memory"), ("off", "http")])
def test_feature_that_the_bulletin_does_not_cover_is_neither_on_nor_off(
    tmp_path: Path, state: str, protocol: str
) -> None:
    site = SITE.replace("[phones.desk]", "[phones.desk]\nmodel = 'VVX_500'")
    own = "0004f2000001"
    asked = [f"{own}.cfg", "000000000000.cfg", "site.cfg", f"{own}-phone.cfg", f"{own}-web.cfg"]
    asked += ["000000000000-license.cfg", f"{own}-license.cfg", f"{own}-calls.xml"]
    asked += [f"{own}-directory.xml", "000000000000-directory.xml"]
    steps = (
        f"\n[[steps]]\nboot = true\nexpect.requests = {asked}\n"
        f"\n[[steps]]\nboot = true\nexpect.features.LDAP = '{state}'\n"
    )
    file = write(tmp_path, LICENSE + steps, head=f"{HEAD}protocol = '{protocol}'\n", site=site)
    failures = run_scenario(read_scenario(file)).failures
    assert [(one.number, one.unmet.key, one.unmet.found) for one in failures] == [
        (2, "features.LDAP", "not known: not covered by the bulletin")
    ]


@pytest.mark.parametrize(
    "place",
    [
        "{0}\n{1}",
        "{1}\n[phones.c]\n{0}",
        "{1}\n[[server.licenses]]\n{0}",
        "{1}\n[[steps]]\n{0}",
        "{1}\n[[steps]]\nboot = true\nexpect.{0}",
    ],
)
def test_readme_has_every_key(tmp_path: Path, place: str) -> None:
    file = tmp_path / "a.phone.toml"
    file.write_text(place.format("nonsense = 1", IN_README[-1]))
    with pytest.raises(UsageError, match="unknown key; expected one of: ") as caught:
        read_scenario(file)
    for key in str(caught.value).partition("expected one of: ")[2].split(", "):
        assert re.search(rf"\b{key}\b", IN_README[-1]), key


@pytest.mark.parametrize("protocol", ["memory", "tftp"])
def test_phone_with_a_boot_rom_asks_for_the_image_and_for_the_master_twice(tmp_path: Path, protocol: str) -> None:
    site = """
[phones.desk]
firmware = "3.2.4.0267"
boot_rom = true

[server.files]
"000000000000.cfg" = '<APPLICATION APP_FILE_PATH="sip.ld"/>'
"sip.ld" = "%s"

[[steps]]
boot = true
expect.requests.contains = ["000000000000.cfg", "sip.ld", "0004f2000001.cfg", "000000000000.cfg"]
expect.log = ["Firmware image sip.ld: 512 bytes read, then dropped: 3.2.4.0267 is in flash"]
"""
    head = f'title = "boot ROM"\nstart = "2026-01-10T08:00"\nprotocol = "{protocol}"\n'
    outcome = run_scenario(read_scenario(write(tmp_path, "", head=head, site=site % ("x" * 600))))
    assert outcome.failures == ()


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_same_seed_gives_the_same_log(file: Path) -> None:
    scenario = read_scenario(file)
    first, second = run_scenario(scenario, seed=3), run_scenario(scenario, seed=3)
    assert first.logs == second.logs
    assert "".join(first.logs.values())


@pytest.mark.slow
def test_seed_decides_what_chance_does(tmp_path: Path) -> None:
    boots = '\n[[steps]]\nadd_fault = "503 chance=0.5"\n' + 6 * "\n[[steps]]\nboot = true\n"
    scenario = read_scenario(write(tmp_path, boots, head=HTTP))
    logs = [run_scenario(scenario, seed=seed).logs["desk"] for seed in (1, 1, 2)]
    assert logs[0] == logs[1] != logs[2]


@pytest.mark.parametrize(
    ("expect", "expected", "found"),
    [
        ("requests = ['a.cfg']", "exactly, in this order: a.cfg", "0004f2000001.cfg, 000000000000.cfg, site.cfg"),
        ("requests = { contains = ['site.cfg', '0004f2000001.cfg'] }", "in this order, others between: site.cfg", "00"),
        (
            "no_requests = '*-license.cfg'",
            "none of *-license.cfg",
            "000000000000-license.cfg, 0004f2000001-license.cfg",
        ),
        ("no_requests = true", "none of *", "0004f2000001.cfg"),
        ("uploads = ['*-app.log', '*-web.cfg']", "an upload of *-web.cfg", "0004f2000001-app.log"),
        ("features.LDAP = 'off'", "off", "on: licensed, does not expire"),
        ("features.UsbAudio = 'on'", "on", "off: not configured for use"),
        ("log = 'no such line'", "a line with 'no such line'", "14 lines without it"),
        ("not_log = 'key is blank'", "no line with 'key is blank'", "0110080000|lic |4|03|cfgCfsFlashKeyScratchLoad"),
        ("reboots = 1", "1", "0"),
        ("screen = 'Tea'", "a line with 'Tea'", ", SoundPoint IP 670"),
        ("licenses = 'Tea'", "a line with 'Tea'", "Licenses, Corporate Directory: Does not expire"),
        ("state = 'off'", "off", "idle"),
    ],
)
def test_what_is_not_as_expected_is_said(tmp_path: Path, expect: str, expected: str, found: str) -> None:
    (failure,) = played(tmp_path, f"\n[[steps]]\nboot = true\nexpect.{expect}\n").failures
    assert failure.unmet.expected.startswith(expected)
    assert failure.unmet.found.startswith(found)
    assert failure.phone == "desk"


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("reboot = true", "a phone that is off has no answer to the event: reboot requested"),
        ("call = true", "a phone that is off has no answer to the event: call started"),
        ("hangup = true", "there is no call to end"),
        ("cut_power = true", "a phone that is off has no answer"),
        ("change = { 'log.render.level' = '1' }", "a phone that is off cannot be changed: boot it first"),
        ("boot = true\n\n[[steps]]\nweb_change = { 'a.b' = '1' }", "UC Software 4.0.15 has no parameter 'a.b'"),
        ("server_up = true", "the boot server is up already"),
        ("remove = 'a.cfg'", "'a.cfg' is not on the boot server"),
        ("run_until = '2026-01-01'", "time does not pass from"),
        ("boot = true\n\n[[steps]]\npower_on = true", "a phone that is idle has no answer to the event: power on"),
        ("server_down = true\n\n[[steps]]\nserver_down = true", "the boot server is down already"),
    ],
)
def test_step_that_cannot_be_done_fails(tmp_path: Path, steps: str, message: str) -> None:
    (failure,) = played(tmp_path, f"\n[[steps]]\n{steps}\n").failures
    assert failure.unmet.found.startswith(message)


def test_first_failed_step_is_the_last_one(tmp_path: Path) -> None:
    step = "\n[[steps]]\nboot = true\nexpect = { state = 'off', reboots = 7 }\n"
    outcome = played(tmp_path, step + step)
    assert [(failure.number, failure.unmet.key) for failure in outcome.failures] == [(1, "reboots"), (1, "state")]


def test_override_that_switches_a_feature_off_is_named(tmp_path: Path) -> None:
    name = "feature.corporateDirectory.enabled"
    steps = (
        f"put = {{ '0004f2000001-web.cfg' = \"<web {name}='0'/>\" }}",
        f"boot = true\nexpect = {{ features = {{ LDAP = 'on' }}, parameters = {{ '{name}' = '1', 'no.such' = '1' }} }}",
    )
    failures = played(tmp_path, "".join(f"\n[[steps]]\n{step}\n" for step in steps)).failures
    place = f"{name} is 0 in 0004f2000001-web.cfg, line 1; site.cfg, line 1, says 1"
    assert [(one.unmet.key, one.unmet.found) for one in failures] == [
        ("features.LDAP", f"off: not configured for use ({place})"),
        (f"parameters.{name}", place),
        ("parameters.no.such", "no file sets it, the phone is idle"),
    ]


def test_features_of_a_phone_that_is_off_are_none(tmp_path: Path) -> None:
    (failure,) = played(tmp_path, "\n[[steps]]\nexpect.features = { LDAP = 'off' }\n").failures
    assert failure.unmet.found == "no features, the phone is off"


@pytest.mark.parametrize("protocol", ["memory", "http", "https", "tftp"])
def test_server_that_is_down_and_up_again_is_asked_again(tmp_path: Path, protocol: str) -> None:
    steps = (
        "server_down = true",
        "boot = true\nexpect = { boot = 'any', features = { LDAP = 'off' }, state = 'idle', "
        "requests = ['0004f2000001.cfg'] }",
        "server_up = true",
        "reboot = true\nexpect = { features = { LDAP = 'on' }, reboots = 1 }",
    )
    head = f'{HEAD}protocol = "{protocol}"\ntimeout = 0.2\n'
    assert played(tmp_path, "".join(f"\n[[steps]]\n{step}\n" for step in steps), head=head).failures == ()


def test_phones_alone_trust_the_authority_of_an_embedded_https_server() -> None:
    desk = ScenarioPhone(name="desk", model="SPIP_670", mac=MAC, firmware="3.3.0", always_fetches_license=None)
    case = EmbeddedServer(protocol=Protocol.HTTPS, files={"site.cfg": b"<a/>"}, faults=())
    with ScenarioServer(case, seed=0, limits=Limits()) as server, closing(network_transport()) as stranger:
        assert server.url.startswith("https://")
        request = Fetch(location=Location(url=f"{server.url}site.cfg", credentials=None), limit=100, user_agent="")
        with closing(server.transport(desk)) as phone:
            assert isinstance(phone.fetch(request), Fetched)
        refused = stranger.fetch(request)
    assert isinstance(refused, TransferFailed)
    assert refused.kind is FailureKind.CERTIFICATE


def test_failure_shows_where_what_and_the_end_of_the_log(tmp_path: Path) -> None:
    outcome = played(tmp_path, "\n[[steps]]\nboot = true\nexpect.reboots = 2\n")
    text = failure_text(outcome)
    line = outcome.failures[0].step.line
    assert f"a.phone.toml:{line}: step 1 (boot), phone desk: reboots\n  expected: 2\n  found:    0\n" in text
    assert text.splitlines()[-2].endswith("efk |*|03|Initial log entry. Current logging level 4")
    assert text.splitlines()[-1] == "seed: 0"
    assert progress_line(outcome).startswith("failed ")


def test_junit_has_no_character_that_xml_lacks(tmp_path: Path) -> None:
    head = 'title = "a \\u0001 <b>"\nstart = "unset"\n'
    outcome = played(tmp_path, "\n[[steps]]\nboot = true\nexpect.reboots = 2\n", head=head)
    text = as_junit([outcome]).decode()
    assert "a \ufffd &lt;b&gt;" in text
    assert progress_line(outcome).endswith(": a ? <b>")
    assert 'tests="1" failures="1"' in text


@pytest.mark.parametrize(
    ("head", "expect", "failed"),
    [
        ("", "", ("configured", "site.cfg:1: not well-formed XML: ")),
        ("", "expect.boot = 'booted'", None),
        ("", "expect.boot = 'any'", None),
        ("expect = 'booted'\n", "", None),
        ("expect = 'any'\n", "expect.boot = 'clean'", ("clean", "site.cfg:1: not well-formed XML: ")),
    ],
)
def test_boot_is_judged_unless_the_scenario_says_otherwise(
    tmp_path: Path, head: str, expect: str, failed: tuple[str, str] | None
) -> None:
    broken = "put = { 'site.cfg' = '<s>' }"
    # A step without an action judges no boot again.
    steps = f"\n[[steps]]\n{broken}\n[[steps]]\nboot = true\n{expect}\n[[steps]]\nexpect.state = 'idle'\n"
    failures = played(tmp_path, steps, head=HEAD + head).failures
    assert [(one.number, one.unmet.key, one.unmet.expected) for one in failures] == (
        [(2, "boot", failed[0])] if failed else []
    )
    assert all(one.unmet.found.startswith(failed[1]) for one in failures if failed)
