"""Whole audits of embedded and of scripted servers: a good one, and one for each defect."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest

from phone_sim.audit.finding import Verdict
from phone_sim.audit.judging import audit
from phone_sim.audit.observations import AuditQuestion, Observations
from phone_sim.audit.observe import observe
from phone_sim.audit.plan import following
from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.errors import BootServerUnreachableError
from phone_sim.licensing.license_file import write
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.model_files import load_model, load_models
from phone_sim.runtime.transport import TLS_VERSIONS
from tests.audit.audited import (
    LICENSED,
    MODELS,
    OTHER,
    OWN_LICENSE,
    SITE,
    audited,
    bad_ones,
    plan,
    serving,
    soft,
    verdict,
)
from tests.make import MAC, forged, signed_key
from tests.real_servers.certificates import Certificates
from tests.runtime.hostile_ftp import HostileFtpServer
from tests.runtime.hostile_http import (
    HostileHttpServer,
    answering,
    refusing_port,
    tls_context,
)

pytestmark = pytest.mark.slow

ADDRESSES = pytest.mark.parametrize("address", ["url", "tftp_url"])
"""How phones reach the server."""


@ADDRESSES
def test_nothing_is_bad_on_a_good_server(address: str) -> None:
    with BootServer(MemorySite(LICENSED)) as server:
        url = getattr(server, address)
        seen, findings = audited(url, models=load_models())
        asked = [(one.method, one.path) for one in server.journal.requests]
    assert len(seen.boots) == 2 * len(load_models())
    assert bad_ones(findings) == set()
    assert verdict(findings, "activation-files") is Verdict.GOOD
    assert verdict(findings, "path-traversal") is Verdict.GOOD
    made = [(one.method, one.url.removeprefix(url)) for one in seen.requests]
    assert [(method, unquote(path)) for method, path in made] == [(method, unquote(path)) for method, path in asked]


def of_software_5(site: MemorySite) -> Observations:
    """What an audit of a server with this site sees by a phone that appends to its log."""
    with BootServer(site) as server:
        return observe(replace(plan(server.url, models=(load_model("VVX_500"),)), firmware="5.9.7"))


def test_later_software_is_audited_by_what_it_asks() -> None:
    """It appends to its log, and whether a model beyond the bulletin needs a license for a feature is not known."""
    seen = of_software_5(MemorySite(LICENSED))
    findings = {one.check.name: one for one in audit(seen)}
    assert {one.method for one in seen.exchanges} == {"GET", "HEAD", "PUT"}
    assert bad_ones(findings) == set()
    assert verdict(findings, "log-unaltered") is Verdict.GOOD
    assert verdict(findings, "features-licensed") is Verdict.UNKNOWN


def test_piece_of_a_log_that_is_stored_as_the_whole_is_bad() -> None:
    seen = of_software_5(MemorySite(SITE))
    piece = [boot.stored for boot in seen.boots if boot.stored is not None][-1]
    assert piece.offset is not None
    answer = replace(seen.answers[AuditQuestion.UPLOADED_LOG], body=piece.body)
    spoiled = replace(seen, answers={**seen.answers, AuditQuestion.UPLOADED_LOG: answer})
    findings = {one.check.name: one for one in audit(spoiled)}
    assert verdict(findings, "log-unaltered") is Verdict.BAD


@ADDRESSES
def test_only_the_own_log_and_overrides_are_uploaded(address: str) -> None:
    site = MemorySite(SITE)
    with BootServer(site) as server:
        audited(getattr(server, address))
    assert site.files.keys() - SITE.keys() == {f"logs/{MAC}-app.log", f"{MAC}-phone.cfg"}


def test_signatures_are_unknown_without_the_key() -> None:

    with BootServer(MemorySite({**SITE, OWN_LICENSE: write([forged(signed_key())])})) as server:
        findings = {one.check.name: one for one in audit(observe(plan(server.url, trusts=False)))}
    assert verdict(findings, "activation-files") is Verdict.UNKNOWN


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


def test_a_named_file_outside_that_is_not_served_is_good() -> None:
    with HostileHttpServer(serving()) as server:
        _, tight = audited(server.url, outside="secret.txt")
        _, undecided = audited(server.url)
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
    with BootServer(MemorySite(SITE), faults=FaultPlan([f"challenge={scheme}"])) as server:
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
    assert bad_ones(untrusted) == {"tls-certificate"}
    assert verdict(untrusted, "every-model-boots") is Verdict.NOT_APPLICABLE
    for name in ("license-rules", "redirects", "keep-alive", "answer-time"):
        assert verdict(untrusted, name) is Verdict.UNKNOWN


def test_port_that_speaks_no_tls_is_told_apart_from_one_with_other_versions() -> None:
    with BootServer(MemorySite(SITE)) as server:
        _, findings = audited(server.url.replace("http:", "https:"), models=MODELS[:1])
    assert bad_ones(findings) == {"tls-version"}
    assert findings["tls-version"].judgment.evidence[0] == "no version was accepted"
    assert findings["tls-version"].remedy == "Check that the server speaks TLS at this port, and which versions."


def test_refusing_everything_says_nothing_of_connections() -> None:
    with HostileHttpServer(answering("400 Bad Request", b"")) as server:
        _, findings = audited(server.url)
    assert verdict(findings, "keep-alive") is Verdict.UNKNOWN
    assert verdict(findings, "license-rules") is Verdict.UNKNOWN
    assert verdict(findings, "redirects") is Verdict.GOOD


def test_the_same_again_is_counted() -> None:
    with BootServer(MemorySite(SITE), faults=FaultPlan(["403 method=PUT"])) as server:
        _, findings = audited(server.url)
        where = f"PUT {server.url}logs/{MAC}-app.log: HTTP 403 Forbidden"
    assert findings["log-upload"].judgment.evidence == (
        f"{where} ({2 * len(MODELS)} times)",
        "logged in 4 boots: log 4: UtilLogServerC::uploadFifoLog: upload error. protocol 0 result = -1",
    )


def test_no_answer_at_all_is_an_error() -> None:
    with refusing_port() as port, pytest.raises(BootServerUnreachableError, match="refused"):
        observe(plan(f"http://127.0.0.1:{port}/"))


@contextmanager
def silent_http() -> Iterator[str]:
    with BootServer(MemorySite(SITE), faults=FaultPlan(["stall method=GET"])) as server:
        yield server.url


SOURCES = ("127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5")
"""For the two boots of a model, then for what the audit asks by itself, and one that is not needed."""


@pytest.mark.parametrize("address", ["url", "https_url", "tftp_url"])
def test_boots_and_then_the_audit_ask_from_the_next_address(address: str) -> None:
    with BootServer(MemorySite(LICENSED), https_port=0) as server:
        asked = plan(getattr(server, address), models=MODELS[:1], ca_file=server.ca_file)
        seen = observe(replace(asked, source_addresses=SOURCES))
        peers = [one.client.partition(":")[0] for one in server.journal.requests]
    boots = [len(boot.exchanges) for boot in seen.boots]
    own = len(seen.requests) - sum(boots)
    assert peers == [SOURCES[0]] * boots[0] + [SOURCES[1]] * boots[1] + [SOURCES[2]] * own
    assert own >= len(seen.answers)


def test_connections_of_ftp_and_of_the_look_at_tls_come_from_the_address_too(tmp_path: Path) -> None:
    certificates = Certificates.make(tmp_path)
    with HostileFtpServer(tls=tls_context(certificates), file=SITE["000000000000.cfg"]) as server:
        asked = plan(server.url, models=MODELS[:1], ca_file=certificates.ca_file)
        seen = observe(replace(asked, source_addresses=SOURCES))
    assert set(server.control_peers) == set(server.data_peers) == set(SOURCES[:3])
    assert seen.tls is not None
    assert seen.overrides is not None
    assert seen.overrides.upload is None  # the server has a file of that name, so that one connection is enough
    assert server.control_peers.count(SOURCES[2]) == 1 + len(seen.answers) + len(TLS_VERSIONS) + 1


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
