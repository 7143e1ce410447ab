"""`phone-sim check` and its findings: which are reported, in which forms, and the exit code."""

import json
import shutil
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from lxml import etree

from fixtures.make_fixtures import HERE
from phone_sim.cli.check import command
from phone_sim.cli.main import main
from phone_sim.findings.rules import RULES
from phone_sim.findings.selection import FAIL_ON

LICENSE = "site/000000000000-license.cfg"
DIRECTORY = "site/000000000000-directory.xml"
EXPIRED = f"{LICENSE.removeprefix('site/')}:2: license-expired key 1 (Site 104500017731) has expired"
NO_NUMBER = f"{DIRECTORY.removeprefix('site/')}:1: directory-entry-without-number"


def check(*words: str) -> Result:
    """Check on the day after the last one of the site license."""
    return CliRunner().invoke(main, ["check", *words, "--date", "2026-03-02"], prog_name="phone-sim")


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site in the working directory: an error in one file, a warning in another."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "000000000000.cfg").write_text('<APPLICATION CONFIG_FILES="a.cfg"/>')
    (folder / "a.cfg").write_text('<a log.level.change.sip="3"/>')
    shutil.copy(HERE / "licenses/bad/site-expired.cfg", LICENSE)
    Path(DIRECTORY).write_text("<directory><item_list><item/></item_list></directory>")
    return folder


def test_findings_are_on_stdout_and_the_summary_says_how_to_read_more() -> None:
    done = check("site")
    assert done.exit_code == 1
    first, second = done.stdout.splitlines()
    assert first.startswith(NO_NUMBER)
    assert second.startswith(EXPIRED)
    assert done.stderr.startswith("1 error, 1 warning: 4 of 4 files read")
    assert "phone-sim check --explain RULE" in done.stderr


@pytest.mark.parametrize(
    ("options", "lines", "code"),
    [
        (("--select", "directory-*"), 1, 0),
        (("--select", "directory-*", "--fail-on", "warning"), 1, 1),
        (("--ignore", "license-expired,directory-wrong-root"), 1, 0),
        (("--ignore", "license-*", "--ignore", "directory-*", "--fail-on", "info"), 0, 0),
        (("--fail-on", "never"), 2, 0),
        (("--select", "licences"), 0, 2),
    ],
)
def test_options_say_what_is_reported_and_what_fails(options: tuple[str, ...], lines: int, code: int) -> None:
    done = check("site", *options)
    assert done.exit_code == code
    assert len(done.stdout.splitlines()) == lines


def test_file_beside_the_site_is_read_and_options_beat_it(tmp_path: Path) -> None:
    file = tmp_path / "phone-sim.toml"
    file.write_text('[check]\nfail-on = "never"\n[check.per-file-ignores]\n"*-directory.xml" = ["directory-*"]\n')
    assert check("site").stdout.startswith(EXPIRED)
    assert check("site").exit_code == 0
    assert check("site", "--fail-on", "error").exit_code == 1
    file.write_text('[check]\nignore = ["license-expird"]\n')
    done = check("site")
    assert done.exit_code == 2
    assert done.stderr == (
        f"Error: {file}:2: check.ignore: unknown rule 'license-expird'; did you mean license-expired; "
        "phone-sim check --rules lists all\n"
    )


def test_reports_name_files_from_the_working_directory(tmp_path: Path) -> None:
    done = check("site", "--github", "--sarif", "a.sarif", "--junit", "a.xml")
    assert done.exit_code == 1
    first, second = done.stdout.splitlines()
    assert first.startswith(f"::warning file={DIRECTORY},line=1,title=directory-entry-without-number::")
    assert second.startswith(f"::error file={LICENSE},line=2,title=license-expired::key 1 (Site")
    (run,) = json.loads(Path("a.sarif").read_text())["runs"]
    uris = [one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in run["results"]]
    assert uris == [DIRECTORY, LICENSE]
    suite = etree.fromstring(Path("a.xml").read_bytes())[0]
    assert [(case.get("classname"), case[0].tag) for case in suite] == [
        (DIRECTORY, "system-out"),
        (LICENSE, "failure"),
    ]
    assert check(f"{tmp_path}/site", "--github").stdout == done.stdout
    assert check("site", "--github", "--json").exit_code == 2


def test_name_of_a_file_starts_no_command_and_steers_no_terminal(site: Path) -> None:
    (site / "a\n::error::\x1b[2J-license.cfg").write_text("<licenses/>")
    for words in (("site",), ("site", "--github")):
        done = check(*words)
        assert "\x1b" not in done.stdout
        assert not any(line.startswith("::error::") for line in done.stdout.splitlines())


def test_rules_are_listed_and_explained() -> None:
    listed = check("--rules").stdout.splitlines()
    assert [line.split("\t")[:2] for line in listed] == [[rule.code, rule.severity.value] for rule in RULES.values()]
    explained = check("--explain", "license-vendor-key").stdout
    assert explained.startswith("license-vendor-key (warning)\n\nA license key that looks like")
    assert "What to do: To test with these phones, use keys from an authority of your own" in explained
    assert check("--explain", "directory-*").stdout.count("What to do:") == 7
    done = check("--explain", "license-vender-key")
    assert done.exit_code == 2
    assert "did you mean license-vendor-key" in done.stderr


def test_severities_are_those_of_the_option() -> None:
    (choice,) = (option.type for option in command.params if option.name == "fail_on")
    assert isinstance(choice, click.Choice)
    assert tuple(choice.choices) == FAIL_ON


@pytest.mark.parametrize(
    ("file", "options", "code"),
    [
        ("several-phones.cfg", ("--mac", "0004f2000001"), 0),
        ("bad/site-expired.cfg", (), 4),
        ("bad/site-expired.cfg", ("--fail-on", "never"), 4),
        ("bad/no-keys.cfg", ("--fail-on", "never"), 4),
        ("bad/web-page.cfg", ("--mac", "0004f2000001"), 4),
        ("site-renewed.cfg", (), 0),
    ],
)
def test_license_that_is_not_valid_ends_with_4_whatever_is_found(
    file: str, options: tuple[str, ...], code: int
) -> None:
    assert check(str(HERE / "licenses" / file), *options).exit_code == code


def test_activation_file_has_its_findings_beside_the_verdicts() -> None:
    done = check(LICENSE)
    assert done.stdout.startswith("key 1: expired (Site 104500017731)")
    assert done.stdout.splitlines()[-1].startswith(f"site/{EXPIRED}")
    report = json.loads(check(LICENSE, "--json").stdout)
    assert [one["rule"] for one in report["findings"]] == ["license-expired"]
    damaged = json.loads(check(str(HERE / "licenses/bad/not-well-formed.cfg"), "--json").stdout)
    assert (damaged["keys"], damaged["findings"][0]["rule"]) == ([], "license-not-an-activation-file")


def test_valid_license_with_a_finding_that_fails_ends_with_1() -> None:
    file = "0004f2000001-license.cfg"
    shutil.copy(HERE / "licenses/site-renewed.cfg", file)
    assert check(file).exit_code == 0
    assert check(file, "--fail-on", "info").exit_code == 1
