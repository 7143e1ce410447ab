"""Every check of the audit finds some server bad: embedded ones with faults or bad sites, and scripted ones."""

import gzip
import ssl
import warnings
from collections.abc import Mapping
from pathlib import Path

import pytest

from phone_sim.audit.checks import CHECKS
from phone_sim.audit.complaint_owners import OTHER_COMPLAINTS
from phone_sim.audit.finding import Verdict
from phone_sim.audit.observations import TftpSeen, TlsSeen
from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.findings.rules import RULES
from phone_sim.licensing.license_file import write
from tests.audit.audited import (
    LICENSED,
    MODELS,
    OTHER,
    OWN_LICENSE,
    SITE,
    audited,
    bad_ones,
    for_path,
    probed,
    serving,
    soft,
    verdict,
)
from tests.make import MAC, configured, forged, master, signed_key
from tests.real_servers.certificates import Certificates
from tests.runtime.hostile_http import HostileHttpServer, Script, answering, tls_context

BOOTS = 2 * len(MODELS)
"""Each model boots with both license rules."""

BY_FAULT = {
    "content-type": "type=text/html file=000000000000.cfg",
    "missing-licenses": "403 file=*-license.cfg",
    "log-upload": "403 method=PUT",
    "overrides-stored": "403 file=*-phone.cfg method=PUT",
    "log-unaltered": "corrupt file=*-app.log method=GET",
    # After the boots the audit asks for it twice.
    "files-unaltered": f"corrupt file=000000000000.cfg nth={BOOTS + 2}-",
    "configuration-files": "404 file=site.cfg",
    "contact-directory": "503 file=*-directory.xml",
    "every-model-boots": "503 file=000000000000.cfg",
    "master-configuration": "404 file=000000000000.cfg",
    "redirects": "redirect-loop file=000000000000.cfg",
}

_CUT = {**SITE, "site.cfg": b"<site a.b='1'"}
BY_SITE: tuple[tuple[str, Mapping[str, bytes]], ...] = (
    ("other-configuration", {**SITE, f"{OTHER}.cfg": SITE["000000000000.cfg"]}),
    ("other-license", {**SITE, f"licenses/{OTHER}-license.cfg": write([signed_key()])}),
    ("license-signature-not-valid", {**SITE, OWN_LICENSE: write([forged(signed_key())])}),
    ("license-not-an-activation-file", {**SITE, OWN_LICENSE: gzip.compress(write([signed_key()]), mtime=0)}),
    ("files-unaltered", {**SITE, OWN_LICENSE: gzip.compress(write([signed_key()]), mtime=0)}),
    ("config-not-well-formed", _CUT),
    ("overrides", {**SITE, f"{MAC}-phone.cfg": configured("LDAP").replace(b"1", b"0")}),
    ("features-licensed", {**SITE, OWN_LICENSE: write([forged(signed_key())])}),
    ("license-for-other-phone", {**SITE, OWN_LICENSE: write([signed_key(serial=OTHER.serial)])}),
    ("lower-case-names", {**SITE, OWN_LICENSE.replace(MAC.digits, MAC.serial): write([signed_key()])}),
    ("configuration-files", {"000000000000.cfg": master(CONFIG_FILES="a.cfg, b.cfg"), "a.cfg": b"<a/>"}),
    ("master-configuration", {**SITE, "000000000000.cfg": b"<html><body>no</body></html>"}),
)
BY_RULES = ("activation-files", "file-contents")
"""The checks in whose place the rules about files find what is bad."""

_LISTING = answering("200 OK", b"<html><title>Index of /</title><a href='000000000000.cfg'>000000000000.cfg</a></html>")
BY_ANSWER: tuple[tuple[str, Script], ...] = (
    ("missing-files", serving(other=soft)),
    ("missing-licenses", serving(other=soft)),
    ("directory-listing", serving(other=lambda one: _LISTING if one.path.endswith("/") else None)),
    ("directory-listing", serving(other=for_path("/licenses/", _LISTING))),
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
    ("overrides-stored", serving(other=for_path("-phone.cfg", answering("201 Created", b""), "PUT"))),
)


def changing(_: Path) -> Verdict:
    """The activation files are missing for the first boot alone."""
    with BootServer(MemorySite(LICENSED), faults=FaultPlan(["404 file=*-license.cfg nth=1-2"])) as server:
        return verdict(audited(server.url)[1], "license-rules")


def slow(_: Path) -> Verdict:
    with BootServer(MemorySite(SITE), faults=FaultPlan(["delay=2.6 file=site.cfg nth=1"])) as server:
        return verdict(audited(server.url, timeout=5.0)[1], "answer-time")


def asking_for_a_password(_: Path) -> Verdict:
    with BootServer(MemorySite(SITE), faults=FaultPlan(["challenge=basic"])) as server:
        return verdict(audited(server.url.replace("://", "://user:secret@"))[1], "password-in-clear")


def wanting_a_password(_: Path) -> Verdict:
    with BootServer(MemorySite(SITE), faults=FaultPlan(["challenge=digest"])) as server:
        return verdict(audited(server.url)[1], "login")


def leaking(_: Path) -> Verdict:
    leak = for_path("%2E%2E/secret.txt", answering("200 OK", b"a secret", kind="text/plain"))
    with HostileHttpServer(serving(other=leak)) as server:
        return verdict(audited(server.url, outside="secret.txt")[1], "path-traversal")


def with_old_tls(folder: Path) -> Verdict:
    certificates = Certificates.make(folder)
    context = tls_context(certificates)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    with HostileHttpServer(serving(), tls=context) as server:
        return verdict(audited(server.url, ca_file=certificates.ca_file)[1], "tls-version")


def without_the_image(_: Path) -> Verdict:
    with BootServer(MemorySite({"000000000000.cfg": master(APP_FILE_PATH="sip.ld")})) as server:
        return verdict(audited(server.url, boot_rom=True)[1], "firmware-images")


OTHERS = {
    "firmware-images": without_the_image,
    "license-rules": changing,
    "answer-time": slow,
    "password-in-clear": asking_for_a_password,
    "path-traversal": leaking,
    "login": wanting_a_password,
    "tls-version": with_old_tls,
}

BY_PROBE = {
    "tftp-block-size": probed("tftp", tftp=TftpSeen(asked=1024, undisturbed=True)),
    "tftp-transfer-id": probed("tftp", tftp=TftpSeen(asked=1024, block_size=1024)),
    "tls-certificate": probed("https", tls=TlsSeen(accepted=("1.3",), trouble="self-signed certificate")),
}
"""What probes see of bad servers in `test_tftp_probe` and `test_audit`."""


def test_every_check_is_found_bad_here() -> None:
    bad = {*BY_FAULT, *(name for name, _ in (*BY_SITE, *BY_ANSWER)), *OTHERS, *BY_PROBE, *BY_RULES, OTHER_COMPLAINTS}
    assert bad - RULES.keys() == {check.name for check in CHECKS}


@pytest.mark.slow
@pytest.mark.parametrize("name", BY_FAULT)
def test_a_fault_is_found_bad(name: str) -> None:
    with BootServer(MemorySite(SITE), faults=FaultPlan([BY_FAULT[name]], seed=5)) as server:
        _, findings = audited(server.url)
    assert verdict(findings, name) is Verdict.BAD


@pytest.mark.slow
def test_images_are_good_where_each_boot_rom_has_one() -> None:
    files = {"000000000000.cfg": master(APP_FILE_PATH="sip.ld"), "sip.ld": bytes(600)}
    with BootServer(MemorySite(files)) as server:
        _, findings = audited(server.url, boot_rom=True)
    assert verdict(findings, "firmware-images") is Verdict.GOOD


@pytest.mark.slow
def test_a_page_in_the_place_of_an_image_is_found_bad() -> None:
    files = {"000000000000.cfg": master(APP_FILE_PATH="sip.ld"), "sip.ld": b"<html>" + bytes(600)}
    with BootServer(MemorySite(files)) as server:
        _, findings = audited(server.url, boot_rom=True)
    assert verdict(findings, "firmware-images") is Verdict.BAD


@pytest.mark.slow
def test_without_faults_it_is_good() -> None:
    with BootServer(MemorySite({**SITE, f"{MAC}-directory.xml": b"<directory/>"})) as server:
        _, findings = audited(server.url)
    assert {verdict(findings, name) for name in BY_FAULT} == {Verdict.GOOD}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "files"), BY_SITE)
@pytest.mark.parametrize("address", ["url", "tftp_url"])
def test_a_bad_site_is_found_bad(address: str, files: Mapping[str, bytes], name: str) -> None:
    with BootServer(MemorySite(files)) as server:
        _, findings = audited(getattr(server, address))
    assert name in bad_ones(findings)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "script"), BY_ANSWER)
def test_a_bad_answer_is_found_bad(name: str, script: Script) -> None:
    with HostileHttpServer(script) as server:
        _, findings = audited(server.url)
    assert verdict(findings, name) is Verdict.BAD


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_a_bad_server_is_found_bad(name: str, tmp_path: Path) -> None:
    assert OTHERS[name](tmp_path) is Verdict.BAD


@pytest.mark.parametrize("name", BY_PROBE)
def test_a_bad_probe_is_found_bad(name: str) -> None:
    (check,) = (check for check in CHECKS if check.name == name)
    assert check.judge(BY_PROBE[name]).verdict is Verdict.BAD


def test_version_of_tls_that_no_phone_is_known_to_speak_is_not_called_good() -> None:
    (check,) = (check for check in CHECKS if check.name == "tls-version")
    judged = check.judge(probed("https", tls=TlsSeen(accepted=("1.3",), trouble="")))
    assert judged.verdict is Verdict.UNKNOWN
    assert "no phone is known to speak it: the vendor's schema of 4.0.15 ends with 1.2" in judged.evidence
    both = check.judge(probed("https", tls=TlsSeen(accepted=("1.2", "1.3"), trouble="")))
    assert both.verdict is Verdict.GOOD
