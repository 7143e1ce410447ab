"""What an audit is reported as: JSON, JUnit, one HTML page, a table and lines; and the exit codes of the verb."""

import json
import re
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import etree
from rich.console import Console

from phone_sim.audit.audit_report import AuditReport, summary
from phone_sim.audit.checks import CHECKS
from phone_sim.audit.finding import AuditFinding, Check, Judgment, bad, good, not_applicable, unknown
from phone_sim.audit.gate import AcceptedFinding, Gate
from phone_sim.audit.html_page import as_html
from phone_sim.audit.judging import audit
from phone_sim.audit.junit import as_junit
from phone_sim.audit.observations import Observations
from phone_sim.audit.observe import observe
from phone_sim.audit.terminal import print_table, tab_separated
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.main import main
from phone_sim.findings.finding import Place, Severity
from tests.audit.audited import LICENSED, SITE, plan
from tests.make import MAC
from tests.runtime.hostile_http import refusing_port

HOSTILE = "<script>alert(1)</script>\x00\x1b[31m\ud800 [red]&amp; ]]> \"'"
VOID = {"meta", "br"}


@pytest.fixture(scope="module")
def seen() -> Observations:
    with BootServer(MemorySite(SITE)) as server:
        return observe(plan(server.url))


def finding(judgment: Judgment) -> AuditFinding:
    check = Check(name="a-check", meaning="It matters.", remedy="Mend it.", severity=Severity.ERROR)
    return AuditFinding(check=check, judgment=judgment, place=Place(file=HOSTILE, line=3), message=HOSTILE)


FINDINGS = tuple(finding(make(HOSTILE)) for make in (good, bad, unknown, not_applicable))
FAILS = Gate().fails


class Page(HTMLParser):
    """Checks that each element that is opened is closed, and keeps names and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.slow
@pytest.mark.parametrize("hostile", [False, True])
def test_html_is_well_formed_and_self_contained(seen: Observations, hostile: bool) -> None:
    gone = (AcceptedFinding(check="a-check", severity="error", message=HOSTILE),)
    report = AuditReport(seen=seen, findings=FINDINGS if hostile else audit(seen), gone=gone)
    text = as_html(report, FAILS)
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == []
    assert not page.seen & {"link", "img", "iframe", "object", "base"}
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name.startswith("on")} | names & {"src", "style", "action"}
    assert all(str(value).startswith("#") for name, value in page.attributes if name == "href")
    assert not re.search(r"url\(|@import|\x00|\x1b", text)
    assert text.count("<script>") == text.count("</script>") == 1
    assert "prefers-color-scheme: dark" in text
    etree.fromstring(text.removeprefix("<!DOCTYPE html>\n"))
    text.encode()


@pytest.mark.parametrize("hostile", [False, True])
def test_junit_is_well_formed(seen: Observations, hostile: bool) -> None:
    findings = FINDINGS if hostile else audit(seen)
    [suite] = etree.fromstring(as_junit(seen, findings, FAILS))
    assert suite.tag == "testsuite"
    assert int(suite.get("tests", "")) == len(suite.findall("testcase")) == len(findings)
    assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure"))
    assert int(suite.get("skipped", "")) == len(suite.findall("testcase/skipped"))


def test_a_table_holds_what_the_server_said() -> None:
    console = Console(file=StringIO(), width=200, no_color=True)
    print_table(FINDINGS, console)
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert "[red]" in text
    assert "\x1b" not in text


def test_lines_have_five_cells() -> None:
    assert {line.count("\t") for line in tab_separated(FINDINGS)} == {4}
    assert not any("\n" in line for line in tab_separated(FINDINGS))


def test_names_of_checks_are_unique() -> None:
    names = [check.name for check in CHECKS]
    assert len(set(names)) == len(names)
    assert all(check.meaning.endswith(".") and check.remedy.endswith(".") for check in CHECKS)


def test_summary_says_how_much_is_bad_and_not_reported(seen: Observations) -> None:
    told = summary(AuditReport(seen=seen, findings=FINDINGS, unreported=2))
    assert told.startswith(f"{seen.url}: 1 error, 2 bad and not reported, 1 good, 1 unknown, 1 not applicable; 4 boots")
    nothing = summary(AuditReport(seen=seen, findings=()))
    assert nothing.startswith(f"{seen.url}: nothing found; 4 boots, ")


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["audit", *arguments, "--mac", MAC.digits])
    return result.exit_code, result.stdout


@pytest.mark.slow
def test_a_good_server_ends_with_0_and_reports(tmp_path: Path) -> None:
    with BootServer(MemorySite(SITE)) as server:
        files = ["--html", str(tmp_path / "a.html"), "--junit", str(tmp_path / "a.xml")]
        code, output = run(server.url, "--json", *files)
        journal = server.journal.requests
    report = json.loads(output)
    assert code == report["bad"] == 0
    assert [one["name"] for one in report["checks"]] == [check.name for check in CHECKS]
    assert len(report["requests"]) == len(journal)
    assert "Audit of" in (tmp_path / "a.html").read_text()
    assert etree.parse(tmp_path / "a.xml").getroot().get("failures") == "0"


@pytest.mark.slow
def test_a_bad_server_ends_with_1() -> None:
    with BootServer(MemorySite({**LICENSED, "site.cfg": b"<a log.render.level='x'/>"})) as server:
        assert run(server.url, "--model", "SPIP_670")[0] == 0
        code, output = run(server.url, "--model", "SPIP_670", "--fail-on", "warning")
    assert code == 1
    (bad,) = [line for line in output.splitlines() if "\tbad\t" in line]
    assert bad.startswith("value-not-usable\tbad\twarning\tsite.cfg:1: log.render.level is 'x', not 0 to 6")


@pytest.mark.slow
def test_baseline_lets_only_new_findings_fail(tmp_path: Path) -> None:
    known, junit = str(tmp_path / "known.json"), tmp_path / "a.xml"
    site = MemorySite({**LICENSED, "site.cfg": b"<a b.c='&'/>"})
    with BootServer(site) as server:
        options = (server.url, "--model", "SPIP_670", "--fail-on", "info")
        assert run(*options, "--write-baseline", known)[0] == 0
        code, output = run(*options, "--baseline", known, "--json")
        assert (code, json.loads(output)["known"]) == (0, 1)
        site.write("0004f2aabbcc-phone.cfg", b"<a")
        code, _ = run(*options, "--baseline", known, "--junit", str(junit))
    assert code == 1
    (failure,) = etree.parse(junit).iterfind(".//failure")
    assert str(failure.get("message")).startswith("error: not well-formed XML")
    (case,) = etree.parse(junit).iterfind(".//testcase[failure]")
    assert case.get("name") == "config-not-well-formed 0004f2aabbcc-phone.cfg:1"


@pytest.mark.slow
def test_file_in_the_working_directory_says_what_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    (tmp_path / "phone-sim.toml").write_text('[audit]\nselect = ["value-*", "log-*"]\nfail-on = "warning"\n')
    monkeypatch.chdir(folder)
    with BootServer(MemorySite({**LICENSED, "site.cfg": b"<a log.render.level='x'/>"})) as server:
        words = (server.url, "--model", "SPIP_670")
        code, output = run(*words)
        assert (code, [line.split("\t")[:2] for line in output.splitlines()]) == (
            1,
            [["value-not-usable", "bad"], ["log-upload", "good"], ["log-unaltered", "good"]],
        )
        assert run(*words, "--fail-on", "error")[0] == 0
        code, output = run(*words, "--select", "redirects", "--json")
    report = json.loads(output)
    assert (code, [one["name"] for one in report["checks"]], report["unreported"]) == (0, ["redirects"], 1)


@pytest.mark.parametrize("option", ["--html", "--junit", "--write-baseline"])
def test_report_that_cannot_be_written_ends_with_2_before_a_request(tmp_path: Path, option: str) -> None:
    with BootServer(MemorySite(SITE)) as server:
        code, _ = run(server.url, option, str(tmp_path / "none/out"))
        assert not server.journal.requests
    assert code == 2


def test_nobody_there_ends_with_3() -> None:
    with refusing_port() as port:
        assert run(f"http://127.0.0.1:{port}/") == (3, "")


HERE = "http://127.0.0.1/"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["gopher://127.0.0.1/"],
        [HERE, "--timeout", "0"],
        [HERE, "--source-address", "192.0.2.1"],
        [HERE, "--source-address", "here"],
        [HERE, "--model", "teapot"],
        [HERE, "--firmware", "9"],
        [HERE, "--ignore", "tea-*"],
        [HERE, "--select", "tea-*"],
    ],
)
def test_wrong_arguments_end_with_2(arguments: list[str]) -> None:
    assert run(*arguments) == (2, "")
