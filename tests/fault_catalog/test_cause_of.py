"""Each kind of failure of each role of file: the log, and the phone itself, lead to the same cause."""

import gzip
from collections.abc import Iterator
from functools import cache

import pytest

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.fault_catalog import causes
from phone_sim.fault_catalog.cause import Cause
from phone_sim.fault_catalog.cause_of import cause_of
from phone_sim.fault_catalog.causes import CAUSES
from phone_sim.fault_catalog.conclusion import KnownPhone
from phone_sim.fault_catalog.explain import explain
from phone_sim.fault_catalog.facts import (
    Condition,
    FeatureSwitchedOff,
    FileRole,
    FileTrouble,
    LicenseRefused,
    Objection,
    Trouble,
    role_of,
)
from phone_sim.fault_catalog.known_lines import KNOWN_LINES
from phone_sim.fault_catalog.known_phone import known_phone
from phone_sim.firmware.effects import Fetch, Fetched, FetchReply, Refused, TransferFailed, Uploaded
from phone_sim.firmware.transfer_facts import FailureKind, FileProtocol
from phone_sim.runtime.transport.memory import NOT_FOUND, MemoryTransport
from phone_sim.runtime.virtual_phone import VirtualPhone
from tests.make import configured, master, path_of

SITE = {
    "000000000000.cfg": master(CONFIG_FILES="site.cfg", LOG_FILE_DIRECTORY="http://0.0.0.0"),
    "site.cfg": configured("LDAP"),
}
ROLES = {
    "master": (FileRole.MASTER,),
    "listed": (FileRole.CONFIGURATION,),
    "license": (FileRole.SITE_LICENSE, FileRole.OWN_LICENSE),
}


def failed(kind: FailureKind, reason: str, *, unanswered: bool = False) -> TransferFailed:
    return TransferFailed(kind, reason, unanswered=unanswered)


# What the server says, as phone_sim's transports word it, and the cause.
FAILURES: dict[str, tuple[FetchReply, Cause]] = {
    "401": (Refused("Unauthorized", 401), causes.LOGIN),
    "403": (Refused("Forbidden", 403), causes.PERMISSIONS),
    "500": (Refused("Internal Server Error", 500), causes.SERVER_ERROR),
    "503": (Refused("Service Unavailable", 503), causes.SERVER_ERROR),
    "418": (Refused("I'm a teapot", 418), causes.REJECTED),
    "FTP 530": (Refused("Login incorrect", 530, FileProtocol.FTP), causes.LOGIN),
    "TFTP error 2": (Refused("Access violation", 2, FileProtocol.TFTP), causes.PERMISSIONS),
    "refused": (
        failed(FailureKind.CONNECTION_REFUSED, "Connection refused", unanswered=True),
        causes.CONNECTION_REFUSED,
    ),
    "no answer": (failed(FailureKind.TIMED_OUT, "no answer", unanswered=True), causes.NO_ANSWER),
    "name": (
        failed(FailureKind.NAME_NOT_FOUND, "the address of boot.example is not known: no answer", unanswered=True),
        causes.SERVER_NAME,
    ),
    "certificate": (
        failed(FailureKind.CERTIFICATE, "the certificate is not accepted: self-signed certificate"),
        causes.CERTIFICATE,
    ),
    "TLS": (failed(FailureKind.TLS, "TLS: wrong version number"), causes.TLS),
    "not whole": (failed(FailureKind.BROKEN_OFF, "the answer breaks off"), causes.BROKEN_OFF),
    "redirects": (failed(FailureKind.TOO_MANY_REDIRECTS, "more than 5 redirects"), causes.REDIRECTS),
    "web page": (Fetched(b"<!DOCTYPE html>\n<html><body>Log in</body></html>\n", 200), causes.WEB_PAGE),
    "gzip": (Fetched(gzip.compress(b"<site/>", mtime=0), 200), causes.PACKED),
    "404": (NOT_FOUND, causes.NO_FILE),
}
MISSING = {"master": causes.NO_MASTER, "listed": causes.CONFIGURATION_MISSING, "license": causes.NO_FILE}


@cache
def booted(failure: str, role: str) -> tuple[str, KnownPhone]:
    """The log of a phone whose boot server fails so for files of this role, and what is known of the phone."""

    def fetch(request: Fetch) -> FetchReply:
        path = path_of(request)
        if role_of(path) in ROLES[role]:
            return FAILURES[failure][0]
        return Fetched(SITE[path], 200) if path in SITE else NOT_FOUND

    transport = MemoryTransport(fetch, lambda _: Uploaded(201))
    with VirtualPhone("http://boot.example/", transport=transport) as phone:
        phone.boot()
        return phone.log, known_phone(phone, wrote_log=True)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("failure", FAILURES)
def test_failure_of_a_file_is_the_cause(failure: str, role: str) -> None:
    log, known = booted(failure, role)
    expected = MISSING[role] if failure == "404" else FAILURES[failure][1]
    for conclusion in (explain(log).conclusion, explain(log, known).conclusion, explain("", known).conclusion):
        assert conclusion.causes == (expected,)
        assert ("no configuration" in conclusion.state) is (role == "master")
        assert ("Off for lack of a license: LDAP." in conclusion.state) is (role == "license")


@pytest.fixture(scope="module")
def server() -> Iterator[BootServer]:
    """A boot server on real sockets whose faults change."""
    with BootServer(MemorySite(SITE), https_port=0) as started:
        yield started


@pytest.mark.slow
def test_words_of_the_real_transports_are_known(server: BootServer) -> None:
    """What the log says gives the trouble that the phone's own reply has."""
    wrong = {
        "challenge=digest": Trouble.LOGIN,
        "403": Trouble.FORBIDDEN,
        "503": Trouble.SERVER_ERROR,
        "down": Trouble.BROKEN_OFF,
        "reset": Trouble.BROKEN_OFF,
        "length=+10": Trouble.BROKEN_OFF,
        "redirect-loop": Trouble.REDIRECTS,
        server.url.replace("http:", "https:"): Trouble.TLS,
        server.https_url: Trouble.CERTIFICATE,
        "http://127.0.0.1:1/": Trouble.CONNECTION_REFUSED,
        "http://no-such-host.invalid/": Trouble.NAME_NOT_FOUND,
        "tftp-error=2": Trouble.FORBIDDEN,
    }
    for fault, trouble in wrong.items():
        is_address = "://" in fault
        server.faults.clear()
        if not is_address:
            server.faults.add(f"{fault} file=000000000000.cfg")
        url = fault if is_address else server.tftp_url if fault.startswith("tftp") else server.url
        with VirtualPhone(url) as phone:
            phone.boot()
            known = known_phone(phone, wrote_log=False)
            lines = explain(phone.log).lines
        of_log = {fact.trouble for line in lines if isinstance(fact := line.fact, FileTrouble)}
        of_phone = {fact.trouble for fact in known.facts if isinstance(fact, FileTrouble)} - {Trouble.MISSING}
        assert (fault, of_log, of_phone) == (fault, {trouble}, {trouble})


def test_every_cause_comes_of_a_fact_or_is_a_conclusion() -> None:
    files = [cause_of(FileTrouble(file="", role=role, trouble=trouble)) for role in FileRole for trouble in Trouble]
    conditions = [cause_of(condition) for condition in Condition]
    log = "".join(f"0101070000|{known.message.component[:5]}|4|03|{known.message.text}\n" for known in KNOWN_LINES)
    of_lines = [cause for line in explain(log).lines for cause in line.causes]
    of_phone = cause_of(FeatureSwitchedOff(feature="LDAP", setting=""))
    of_key = cause_of(LicenseRefused(objection=Objection.VENDOR_KEY))
    shown = {cause.name for cause in (*files, *conditions, *of_lines, of_phone, of_key) if cause is not None}
    concluded = (
        causes.LACKS_FEATURE,
        causes.REASON_NOT_SHOWN,
        causes.NOT_CONFIGURED,
        causes.ASKED_WITHOUT_NEED,
        causes.CLOCK_UNSET,
        causes.LICENSED,
        causes.NOTHING_SAID,
    )
    assert {cause.name for cause in CAUSES} == shown | {cause.name for cause in concluded}
