"""Whole audits of embedded and of scripted servers: a good one, and one for each defect."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from phone_sim.audit.checks import audit
from phone_sim.audit.finding import Verdict
from phone_sim.audit.gather import AuditPlan, following, observe
from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.http import HttpBootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.boot_server.tftp import TftpBootServer
from phone_sim.errors import BootServerUnreachableError
from phone_sim.licensing.license_file import write
from phone_sim.mac_address import MacAddress
from tests.audit.audited import LICENSED, NOW, OTHER, OWN_LICENSE, SITE, audited, bad_ones, plan, verdict
from tests.make import MAC, configured, forged, master, signed_key
from tests.real_servers.certificates import Certificates
from tests.runtime.hostile_http import (
    Conversation,
    HostileHttpServer,
    Request,
    Script,
    answering,
    refusing_port,
    tls_context,
)

SERVERS = [HttpBootServer, TftpBootServer]


@pytest.mark.parametrize("kind", SERVERS)
def test_nothing_is_bad_on_a_good_server(kind: type[HttpBootServer] | type[TftpBootServer]) -> None:
    with kind(MemorySite(LICENSED)) as server:
        seen, findings = audited(server.url)
        asked = [(one.method, one.path) for one in server.journal.requests]
    assert bad_ones(findings) == set()
    assert verdict(findings, "activation-files") is Verdict.GOOD
    assert verdict(findings, "path-traversal") is Verdict.GOOD
    made = [(one.method, one.url.removeprefix(server.url)) for one in seen.requests]
    assert [(method, unquote(path)) for method, path in made] == [(method, unquote(path)) for method, path in asked]


@pytest.mark.parametrize("kind", SERVERS)
def test_only_the_own_log_is_uploaded(kind: type[HttpBootServer] | type[TftpBootServer]) -> None:
    site = MemorySite(SITE)
    with kind(site) as server:
        audited(server.url)
    assert site.files.keys() - SITE.keys() == {f"logs/{MAC}-app.log"}


FAULTS = {
    "content-type": "type=text/html file=000000000000.cfg",
    "missing-licenses": "403 file=*-license.cfg",
    "log-upload": "403 method=PUT",
    "log-unaltered": "corrupt file=*-app.log method=GET",
    "files-unaltered": "corrupt file=000000000000.cfg nth=32-",
    "configuration-files": "404 file=site.cfg",
    "every-model-boots": "503 file=000000000000.cfg",
    "master-configuration": "404 file=000000000000.cfg",
    "redirects": "redirect-loop file=000000000000.cfg",
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found(name: str) -> None:
    with HttpBootServer(MemorySite(SITE), faults=FaultPlan([FAULTS[name]], seed=5)) as server:
        _, findings = audited(server.url)
    assert verdict(findings, name) is Verdict.BAD


def test_without_faults_it_is_good() -> None:
    with HttpBootServer(MemorySite(SITE)) as server:
        _, findings = audited(server.url)
    assert {verdict(findings, name) for name in FAULTS} == {Verdict.GOOD}


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({**SITE, f"{OTHER}.cfg": SITE["000000000000.cfg"]}, "other-configuration"),
        ({**SITE, f"licenses/{OTHER}-license.cfg": write([signed_key()])}, "other-license"),
        ({**SITE, OWN_LICENSE: write([forged(signed_key())])}, "activation-files"),
        ({**SITE, OWN_LICENSE: write([signed_key(serial=OTHER.serial)])}, "own-license-key"),
        ({**SITE, OWN_LICENSE.replace(MAC.digits, MAC.serial): write([signed_key()])}, "lower-case-names"),
        ({**SITE, "site.cfg": configured("LDAP", log_render_level="nine")}, "parameter-values"),
        ({"000000000000.cfg": master(CONFIG_FILES="a.cfg, b.cfg"), "a.cfg": b"<a/>"}, "configuration-files"),
        ({**SITE, "000000000000.cfg": b"<html><body>no</body></html>"}, "master-configuration"),
    ],
)
@pytest.mark.parametrize("kind", SERVERS)
def test_a_bad_site_is_found(
    kind: type[HttpBootServer] | type[TftpBootServer], files: Mapping[str, bytes], name: str
) -> None:
    with kind(MemorySite(files)) as server:
        _, findings = audited(server.url)
    assert name in bad_ones(findings)


def test_signatures_are_unknown_without_the_key() -> None:

    with HttpBootServer(MemorySite({**SITE, OWN_LICENSE: write([forged(signed_key())])})) as server:
        findings = {one.check.name: one for one in audit(observe(plan(server.url, trusts=False)))}
    assert verdict(findings, "activation-files") is Verdict.UNKNOWN


def test_suffix_of_a_model_is_good() -> None:
    fit = SITE["000000000000.cfg"].replace(b"/>", b' CONFIG_FILES_SPIP670="site.cfg"/>')
    with HttpBootServer(MemorySite({**SITE, "000000000000.cfg": fit})) as server:
        _, findings = audited(server.url)
    assert verdict(findings, "model-suffixes") is Verdict.GOOD
    assert findings["model-suffixes"].judgment.evidence == ("CONFIG_FILES_SPIP670 is for SPIP670",)


def test_suffix_of_no_model_is_told() -> None:
    odd = SITE["000000000000.cfg"].replace(b"/>", b' CONFIG_FILES_SPIP999="site.cfg"/>')
    with HttpBootServer(MemorySite({**SITE, "000000000000.cfg": odd})) as server:
        _, findings = audited(server.url)
    assert verdict(findings, "model-suffixes") is Verdict.UNKNOWN
    assert any("SPIP999" in line for line in findings["model-suffixes"].judgment.evidence)


def serving(
    *headers: str,
    files: Mapping[str, bytes] = LICENSED,
    kind: str = "text/xml",
    other: Callable[[Request], Script | None] = lambda _: None,
) -> Script:
    """A script for a well-behaved server; files have this type and these headers, `other` may have another script."""
    uploads: dict[str, bytes] = {}

    def script(conversation: Conversation, request: Request) -> None:
        name = request.path.lstrip("/")
        data = uploads.get(name, files.get(name))
        if (special := other(request)) is not None:
            special(conversation, request)
        elif request.method == "PUT":
            uploads[name] = request.body
            answering("201 Created", b"")(conversation, request)
        elif data is None:
            answering("404 Not Found", b"" if request.method == "HEAD" else b"no")(conversation, request)
        else:
            body = b"" if request.method == "HEAD" else data
            answering("200 OK", body, *headers, kind=kind, length=len(data))(conversation, request)

    return script


def for_path(end: str, special: Script, method: str = "GET") -> Callable[[Request], Script | None]:
    """The special script for what ends so."""
    return lambda request: special if request.path.endswith(end) and request.method == method else None


def soft(request: Request) -> Script | None:
    """A page with 200 for all that is no file."""
    known = request.path.lstrip("/") in LICENSED or request.method == "PUT"
    return None if known else answering("200 OK", b"<html>welcome</html>")


LISTING = answering("200 OK", b"<html><title>Index of /</title><a href='000000000000.cfg'>000000000000.cfg</a></html>")


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("missing-files", serving(other=soft)),
        ("missing-licenses", serving(other=soft)),
        ("directory-listing", serving(other=lambda one: LISTING if one.path.endswith("/") else None)),
        ("directory-listing", serving(other=for_path("/licenses/", LISTING))),
        ("directory-listing", serving(other=for_path("/licenses/", answering("200 OK", b"<h1>Index of /x</h1>")))),
        ("directory-listing", serving(other=for_path("/licenses/", answering("200 OK", b"<a href='a.cfg'>a</a>")))),
        ("files-unaltered", serving("Content-Encoding: gzip")),
        ("license-not-cached", serving("Age: 12")),
        ("license-not-cached", serving("Cache-Control: public, max-age=3600")),
        ("license-not-cached", serving("X-Cache: HIT from proxy")),
        ("head", serving(other=lambda one: answering("405 No", b"") if one.method == "HEAD" else None)),
        ("head", serving(other=for_path("0.cfg", answering("200 OK", b"", length=7), "HEAD"))),
        ("redirects", serving(other=for_path("0.cfg", answering("302 Found", b"", "Location: http://x.invalid/")))),
        ("keep-alive", serving()),
    ],
)
def test_a_bad_answer_is_found(name: str, script: Script) -> None:
    with HostileHttpServer(script) as server:
        _, findings = audited(server.url)
    assert verdict(findings, name) is Verdict.BAD


@pytest.mark.parametrize(
    "header",
    [
        "Cache-Control: no-cache, max-age=3600",
        "Cache-Control: max-age=0",
        'Cache-Control: max-age=0, community="UCI"',  # a word of somebody's own (RFC 9111 5.2.3)
        "ETag: x",
    ],
)
def test_checked_caches_are_good(header: str) -> None:
    with HostileHttpServer(serving(header)) as server:
        _, findings = audited(server.url)
    assert verdict(findings, "license-not-cached") is Verdict.GOOD
    assert header.partition(": ")[2] in findings["license-not-cached"].judgment.evidence[0]
    assert bad_ones(findings) == {"keep-alive"}


def test_error_page_that_looks_like_a_listing_is_none() -> None:
    page = answering("404 Not Found", b"<html><title>Index of /</title><a href='home.xml'>home</a></html>")
    with HostileHttpServer(serving(other=lambda one: page if one.path.endswith("/") else None)) as server:
        _, findings = audited(server.url)
    assert verdict(findings, "directory-listing") is Verdict.GOOD


def test_wrong_type_hides_nothing_else() -> None:
    with HostileHttpServer(serving("Cache-Control: max-age=86400", kind="text/html")) as server:
        _, findings = audited(server.url)
    assert bad_ones(findings) == {"keep-alive", "content-type", "license-not-cached"}
    assert verdict(findings, "activation-files") is Verdict.GOOD


def test_a_named_file_outside_is_found() -> None:
    leak = for_path("%2E%2E/secret.txt", answering("200 OK", b"a secret", kind="text/plain"))
    with HostileHttpServer(serving(other=leak)) as server:
        _, leaking = audited(server.url, outside="secret.txt")
    with HostileHttpServer(serving()) as server:
        _, tight = audited(server.url, outside="secret.txt")
        _, undecided = audited(server.url)
    assert verdict(leaking, "path-traversal") is Verdict.BAD
    assert verdict(tight, "path-traversal") is Verdict.GOOD
    assert verdict(undecided, "path-traversal") is Verdict.UNKNOWN


def test_page_for_every_name_says_nothing_of_the_root() -> None:
    with HostileHttpServer(serving(other=soft)) as server:
        _, findings = audited(server.url)
    assert verdict(findings, "path-traversal") is Verdict.UNKNOWN


def test_names_above_the_root_that_are_refused_are_good() -> None:
    refused = answering("403 Forbidden", b"no")
    with HostileHttpServer(serving(other=lambda one: refused if "%2E%2E" in one.path else None)) as server:
        _, findings = audited(server.url)
    assert verdict(findings, "path-traversal") is Verdict.GOOD


@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_a_password_over_plain_http_is_found(scheme: str) -> None:
    with HttpBootServer(MemorySite(SITE), faults=FaultPlan([f"challenge={scheme}"])) as server:
        seen, findings = audited(server.url.replace("://", "://user:a-secret@"))
    assert verdict(findings, "password-in-clear") is Verdict.BAD
    assert ("Digest" in findings["password-in-clear"].judgment.evidence[0]) == (scheme == "digest")
    assert "a-secret" not in repr(findings) + seen.url


def test_tls_is_looked_at(tmp_path: Path) -> None:
    certificates = Certificates.make(tmp_path)
    with HostileHttpServer(serving(), tls=tls_context(certificates)) as server:
        seen, findings = audited(server.url, ca_file=certificates.ca_file)
        _, untrusted = audited(server.url)
    assert seen.tls is not None
    assert seen.tls.accepted == ("1.2", "1.3")
    assert bad_ones(findings) == {"keep-alive"}
    assert verdict(untrusted, "tls-certificate") is Verdict.BAD
    assert verdict(untrusted, "every-model-boots") is Verdict.BAD
    for name in ("license-rules", "redirects", "keep-alive", "answer-time"):
        assert verdict(untrusted, name) is Verdict.UNKNOWN


def test_refusing_everything_says_nothing_of_connections() -> None:
    with HostileHttpServer(answering("400 Bad Request", b"")) as server:
        _, findings = audited(server.url)
    assert verdict(findings, "keep-alive") is Verdict.UNKNOWN
    assert verdict(findings, "license-rules") is Verdict.UNKNOWN
    assert verdict(findings, "redirects") is Verdict.GOOD


def test_the_same_again_is_counted() -> None:
    with HttpBootServer(MemorySite(SITE), faults=FaultPlan(["403 method=PUT"])) as server:
        _, findings = audited(server.url)
        where = f"PUT {server.url}logs/{MAC}-app.log: HTTP 403 Forbidden"
    assert findings["log-upload"].judgment.evidence == (f"{where} (30 times)",)


def test_a_slow_server_is_found() -> None:
    slow = AuditPlan(url="", now=NOW, mac=MAC, other_mac=OTHER, timeout=0.2)
    rules = ["delay=0.15 file=site.cfg nth=1"]
    with HttpBootServer(MemorySite(SITE), faults=FaultPlan(rules)) as server:
        findings = {one.check.name: one for one in audit(observe(replace(slow, url=server.url)))}
    assert verdict(findings, "answer-time") is Verdict.BAD


def test_no_answer_at_all_is_an_error() -> None:
    with refusing_port() as port, pytest.raises(BootServerUnreachableError, match="refused"):
        observe(plan(f"http://127.0.0.1:{port}/"))


@contextmanager
def silent_http() -> Iterator[str]:
    with HttpBootServer(MemorySite(SITE), faults=FaultPlan(["stall method=GET"])) as server:
        yield server.url


def test_the_audit_ends_in_its_time() -> None:

    with silent_http() as url:
        seen = observe(replace(plan(url), timeout=0.3, time_limit=1.0))
    assert seen.cut_short
    findings = {one.check.name: one for one in audit(seen)}
    assert "every-model-boots" in bad_ones(findings)
    for name in ("other-license", "other-configuration", "path-traversal"):
        assert verdict(findings, name) is Verdict.UNKNOWN


def test_the_other_phone_is_the_next_one() -> None:
    assert following(MAC) == OTHER
    assert following(MacAddress("f" * 12)) == MacAddress("fffffffffffe")
