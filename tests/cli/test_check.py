"""`phone-sim check`: of sites and configuration files; of activation files see test_verbs."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from phone_sim.cli.main import main
from tests.make import element, master

OWN = "0004f2000001"
SITE = {
    "000000000000.cfg": master(CONFIG_FILES="site.cfg,more.cfg"),
    "site.cfg": b'<s\n feature.corporatedirectory.enabled="1"\n reg.1.label="&#x9b;31m"/>',
    f"{OWN}-phone.cfg": b"<html></html>",
}


def check(*words: str, color: bool = False) -> Result:
    return CliRunner().invoke(main, ["check", *words], prog_name="phone-sim", color=color)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The files as a folder."""
    for name, data in SITE.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_findings_are_lines_and_the_summary_stands_beside(site: Path) -> None:
    done = check(str(site), "--model", "670")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        "000000000000.cfg:1: listed-file-missing more.cfg is not there",
        f"{OWN}-phone.cfg:1: web-page-as-file the file is a web page",
        "site.cfg:2: parameter-misspelled UC Software 4.0.15 has no parameter feature.corporatedirectory.enabled; "
        "the nearest name is feature.corporateDirectory.enabled",
    ]
    assert done.stderr == (
        "1 error, 2 warnings: 3 of 3 files read by 2 phones with firmware 3.3.0, as SPIP_670; phone-sim check "
        "--explain RULE says more\n"
    )


def test_site_without_errors_ends_well_and_says_what_was_looked_at(site: Path) -> None:
    (site / f"{OWN}-phone.cfg").unlink()
    assert check(str(site)).exit_code == 0
    (site / "site.cfg").write_bytes(b"<s/>")
    (site / "more.cfg").write_bytes(b"<s/>")
    done = check(str(site), "--firmware", "3.2.4", "--mac", OWN)
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == (
        "Nothing found: 3 of 3 files read by 1 phone with firmware 3.2.4, as SPIP_320, SPIP_321, SPIP_330 and 12 more "
        "models\n"
    )


def test_json_has_findings_and_what_was_checked(site: Path) -> None:
    done = check(str(site), "--json", "--model", "SPIP_670", "--model", "VVX_1500")
    report = json.loads(done.stdout)
    assert done.exit_code == 1
    assert report["checked"]["models"] == ["SPIP_670", "VVX_1500"]
    assert report["findings"][1] == {
        "rule": "web-page-as-file",
        "severity": "error",
        "file": f"{OWN}-phone.cfg",
        "line": 1,
        "parameter": "",
        "message": "the file is a web page",
        "remedy": "Put the configuration file there, and let the server answer 404 for files that are missing.",
        "basis": "observed on real phones",
        "source": "field notes 10",
    }


def test_file_is_checked_by_itself(tmp_path: Path) -> None:
    (file := tmp_path / "site.cfg").write_bytes(element("s", {"log.render.levle": "1"}))
    done = check(str(file))
    assert done.stdout.startswith(f"{file}:1: parameter-misspelled ")
    assert done.stderr.startswith("1 warning: 1 of 1 file read by 1 phone")


def test_names_and_messages_are_not_obeyed(tmp_path: Path) -> None:
    for name in ("\x9b31m.cfg", "\x1b]0;evil.cfg"):
        (tmp_path / name).write_bytes(b"<a/>")
    (tmp_path / "000000000000.cfg").write_bytes(master(CONFIG_FILES="\x9b32m.cfg"))
    output = check(str(tmp_path), color=True).output
    assert "\x1b]" not in output
    assert "\x9b" not in output
    assert "\\x9b31m.cfg" in output
    assert "\\x9b32m.cfg is not there" in output


def test_link_out_of_the_site_and_a_pipe_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.cfg").write_bytes(b'<a log.render.levle="1"/>')
    (site := tmp_path / "site").mkdir()
    (site / "site.cfg").symlink_to(tmp_path / "secret.cfg")
    (site / "loop").symlink_to(site)
    (site / "000000000000.cfg").write_bytes(SITE["000000000000.cfg"])
    os.mkfifo(site / "more.cfg")
    done = check(str(site))
    assert [line.split()[1] for line in done.stdout.splitlines()] == ["listed-file-missing", "file-not-readable"]
    assert check(str(site / "more.cfg")).exit_code == 2


def test_two_models_are_too_many_for_an_activation_file(tmp_path: Path) -> None:
    (file := tmp_path / f"{OWN}-license.cfg").write_bytes(b"<licenses/>")
    assert check(str(file), "--model", "670", "--model", "650").exit_code == 2


@pytest.mark.parametrize("words", [("--table", "own.tsv"), ()])
def test_own_table_says_which_parameters_there_are(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "own.tsv").write_text("name\tindex\ttype\tmin\tmax\tvalues\tdefault\na.one\t\tinteger\t1\t9\t\t5\n")
    file = tmp_path / "site.cfg"
    file.write_bytes(b'<a a.one="3" a.two="3"/>')
    if words:
        words = ("--table", f"{tmp_path / words[1]}")
    else:
        (tmp_path / "phone-sim.toml").write_text('[check]\ntable = "own.tsv"\n')
    assert check(f"{file}", *words).stdout == (
        f"{file}:1: parameter-unknown UC Software 4.0.15 with own.tsv has no parameter a.two\n"
    )
    file.write_bytes(b'<a a.one="10"/>')
    assert ":1: value-not-usable a.one is '10', not 1 to 9: '5' is used" in check(f"{file}", *words).stdout


def test_one_file_elsewhere_is_one(tmp_path: Path) -> None:
    (tmp_path / "000000000000.cfg").write_bytes(master(CONFIG_FILES="http://192.0.2.1/a.cfg"))
    assert "; 1 on other servers was not read" in check(f"{tmp_path}").stderr
