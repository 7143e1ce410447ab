"""`phone-sim parameters`: what a phone goes by, which file set it, and what the dictionary says."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.main import main
from tests.make import master

MAC = "0004f2000001"
SWITCH = "feature.corporateDirectory.enabled"
FILES = {
    "000000000000.cfg": master(CONFIG_FILES="site.cfg"),
    "site.cfg": f"<site\n  {SWITCH}='1'\n  license.polling.time='03:00' dir.corp.password='s3cret'\n"
    "  log.render.file.size='999' reg.1.label='' voice.unknown='\x9b' />".encode(),
    f"{MAC}-web.cfg": f"<web {SWITCH}='0' dir.corp.password='0ther'/>".encode(),
}
ALL = [
    f"{SWITCH}\t0\t{MAC}-web.cfg\t1\toverride\t\tsite.cfg, line 2=1",
    f"dir.corp.password\t****\t{MAC}-web.cfg\t1\toverride\t\tsite.cfg, line 3=****",
    "license.polling.time\t03:00\tsite.cfg\t3\tconfiguration file\t",
    "log.render.file.size\t32\t\t\tdefault\tnot 1 to 180\tsite.cfg, line 4=999",
    "reg.1.label\t\tsite.cfg\t4\tconfiguration file\t",
    "voice.unknown\t\\x9b\tsite.cfg\t4\tconfiguration file\t",
]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The files as a folder."""
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def parameters(*words: str) -> Result:
    return CliRunner().invoke(main, ["parameters", *words], prog_name="phone-sim")


def test_each_parameter_has_its_file_and_line_and_what_it_masks(site: Path) -> None:
    found = parameters("--site", str(site), "--mac", MAC)
    assert (found.exit_code, found.stdout.splitlines(), found.stderr) == (0, ALL, "")


def test_server_says_the_same_as_a_folder() -> None:
    with BootServer(MemorySite(FILES)) as server:
        found = parameters("--server", server.url, "--mac", MAC)
    assert found.stdout.splitlines() == ALL


def test_folder_is_left_as_it_is(site: Path) -> None:
    parameters("--site", str(site), "--mac", MAC)
    assert {path.name: path.read_bytes() for path in site.iterdir()} == FILES


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["--conflicts"], ALL[:2]),
        (["--changed"], [ALL[1], ALL[2], ALL[5]]),
        (["reg.*", "license.polling.time"], [ALL[4], ALL[2]]),
        (["tcpIpApp.sntp.gmtOffset"], ["tcpIpApp.sntp.gmtOffset\t0\t\t\tdefault\t"]),
        (["reg.34.label"], ["reg.34.label\t\t\t\tdefault\t"]),
    ],
)
def test_what_is_shown_can_be_chosen(site: Path, words: list[str], lines: list[str]) -> None:
    found = parameters("--site", str(site), "--mac", MAC, *words)
    assert set(lines) <= set(found.stdout.splitlines())
    if words[0] != "reg.*":
        assert found.stdout.splitlines() == lines


def test_json_has_places_as_values(site: Path) -> None:
    (found,) = json.loads(parameters("--site", str(site), "--mac", MAC, "--json", SWITCH).stdout)
    assert found == {
        "name": SWITCH,
        "value": "0",
        "source": {"file": f"{MAC}-web.cfg", "line": 1, "kind": "override"},
        "masked": [{"value": "1", "source": {"file": "site.cfg", "line": 2, "kind": "configuration file"}}],
        "objection": "",
    }


def test_dictionary_is_described() -> None:
    found = parameters("--describe", "dir.corp.attribute.2.t*", "license.polling.time")
    assert found.stdout.splitlines() == [
        "dir.corp.attribute.#.type\t1-8\tenum\tfirst_name, last_name, phone_number, SIP_address, H323_address, URL, "
        "OCS_address, commURI or other\tlast_name",
        "license.polling.time\t\tstring\ta text of at most 256 characters\t02:00",
    ]
    stock = parameters("--describe", "log.render.file.size", "--firmware", "3.2.4")
    assert stock.stdout == "log.render.file.size\t\tinteger\t1 to 180\t16\n"


def test_own_table_is_added(site: Path) -> None:
    table = site / "own.tsv"
    table.write_text("name\tindex\ttype\tmin\tmax\tvalues\tdefault\nvoice.unknown\t\tinteger\t1\t9\t\t5\n")
    words = ("--site", str(site), "--mac", MAC, "--table", str(table), "voice.unknown")
    assert parameters(*words).stdout == "voice.unknown\t5\t\t\tdefault\tnot 1 to 9\tsite.cfg, line 4=\\x9b\n"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--site", ".", "--server", "http://127.0.0.1:9/"], "--site reads the files that --server would give"),
        (["--site", ".", "no.such.name"], "no file sets 'no.such.name', and UC Software 4.0.15 has no such parameter"),
        (["--describe", "no.such.*"], "UC Software 4.0.15 has no parameter 'no.such.*'"),
    ],
)
def test_what_cannot_be_shown_is_an_error(
    site: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], complaint: str
) -> None:
    monkeypatch.chdir(site)
    found = parameters(*words)
    assert found.exit_code == 2
    assert complaint in found.stderr


def test_folder_without_a_configuration_ends_with_1(tmp_path: Path) -> None:
    found = parameters("--site", str(tmp_path))
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == f"Error: {tmp_path}: it has no master configuration file that can be used\n"


def test_value_that_the_phone_does_not_use_is_not_said_to_be_in_force(site: Path) -> None:
    (site / f"{MAC}-phone.cfg").write_text("<a license.polling.time='4:00' dir.corp.scope='all'/>")
    lines = parameters("--site", str(site), "--mac", MAC, "license.polling.time", "dir.corp.scope").stdout.splitlines()
    assert lines == [
        f"license.polling.time\t02:00\t\t\tdefault\tnot 00:00 to 23:59\t{MAC}-phone.cfg, line 1=4:00\t"
        "site.cfg, line 3=03:00",
        f"dir.corp.scope\tsub\t\t\tdefault\tnot sub, one or base\t{MAC}-phone.cfg, line 1=all",
    ]
