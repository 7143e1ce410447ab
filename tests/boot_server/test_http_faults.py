"""Faults over HTTP: what requests and a raw socket see, what the journal says, and what a phone makes of them."""

import io
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import tftpy
from click.testing import CliRunner

from phone_sim.boot_server.fault_kinds import FAULTS
from phone_sim.boot_server.faults import CONDITIONS, FaultPlan
from phone_sim.boot_server.http import HttpEndpoint
from phone_sim.boot_server.journal import BROKEN_OFF, Request
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.main import main
from phone_sim.runtime.transport import Limits
from tests.boot_server.faulty_boot import LICENSE, assert_licensed, assert_unlicensed, booted, licensed_site
from tests.make import PHONE_FILE
from tests.runtime.phones import FOR_DRIPS, PATIENT

pytestmark = pytest.mark.slow

FILE = bytes(range(256)) * 4
PATIENCE = 60.0


@contextmanager
def serving(*rules: str, site: MemorySite | None = None, request_limit: float = PATIENCE) -> Iterator[HttpEndpoint]:
    """A boot server with faults; none of its threads outlives it."""
    before = threading.active_count()
    shown = site or MemorySite({"a.cfg": FILE})
    with HttpEndpoint(shown, faults=FaultPlan(rules, seed=5), request_limit=request_limit) as server:
        yield server
    assert threading.active_count() == before


def got(server: HttpEndpoint, *, redirects: bool = False) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(f"{server.url}a.cfg", allow_redirects=redirects, timeout=PATIENCE)


def connect(server: HttpEndpoint) -> socket.socket:
    return socket.create_connection((server.host, server.port), timeout=PATIENCE)


def first_words(connection: socket.socket) -> bytes:
    """What comes first; `RESET` where that is a reset, nothing where it is the end."""
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b"RESET"


def said(server: HttpEndpoint) -> bytes:
    """All that the server answers to one request on a raw socket; ends with `RESET` where it was reset."""
    with connect(server) as connection:
        connection.sendall(b"GET /a.cfg HTTP/1.1\r\nConnection: close\r\n\r\n")
        received = b""
        while data := first_words(connection):
            received += data
            if data == b"RESET":
                break
        return received


def journaled(server: HttpEndpoint) -> Request:
    """The one request of the journal."""
    assert server.journal.wait_for(1, PATIENCE)
    (request,) = server.journal.requests
    return request


@pytest.mark.parametrize(
    ("rule", "status"),
    [("404", 404), ("503", 503), ("tftp-error=0", 500), ("tftp-error=1", 404), ("tftp-error=2", 403)],
)
def test_status_is_answered_and_in_the_journal(rule: str, status: int) -> None:
    with serving(f"{rule} nth=1") as server:
        assert got(server).status_code == status
        request = journaled(server)
        assert (request.status, request.fault) == (status, f"{rule} nth=1")
        assert got(server).content == FILE
        assert server.journal.requests[-1].fault == ""


@pytest.mark.parametrize(
    ("rule", "status", "answer"),
    [
        ("503", 503, b"HTTP/1.1 503 "),
        ("tftp-error=3", 413, b"HTTP/1.1 413 "),
        ("redirect-loop", 307, b"HTTP/1.1 307 "),
        ("challenge=basic", 401, b"HTTP/1.1 401 "),
        ("reset", BROKEN_OFF, b"RESET"),
        ("reset=3", BROKEN_OFF, b"RESET"),
    ],
)
def test_upload_with_a_fault_is_not_stored(rule: str, status: int, answer: bytes) -> None:
    site = MemorySite()
    with serving(f"{rule} method=PUT", site=site) as server, connect(server) as connection:
        # Read from no more than the answer's first line: the server closes when the client does.
        connection.sendall(b"PUT /a.log HTTP/1.1\r\nContent-Length: 3\r\n\r\nlog")
        assert first_words(connection).startswith(answer)
        assert journaled(server).status == status
    assert site.files == {}


@pytest.mark.parametrize("rule", ["stall", "down"])
def test_upload_without_an_answer_is_not_stored(rule: str) -> None:
    site = MemorySite()
    with serving(f"{rule} method=PUT", site=site) as server, connect(server) as connection:
        connection.sendall(b"PUT /a.log HTTP/1.1\r\nContent-Length: 3\r\n\r\nlog")
        assert journaled(server).status == BROKEN_OFF
        connection.shutdown(socket.SHUT_WR)
        assert first_words(connection) in (b"", b"RESET")
    assert site.files == {}


def test_late_upload_is_stored() -> None:
    site = MemorySite()
    with serving("delay=0.1 method=PUT", site=site) as server:
        assert requests.put(f"{server.url}a.log", data=b"log", timeout=PATIENCE).status_code == 201
        assert journaled(server).fault == "delay=0.1 method=PUT"
    assert site.files == {"a.log": b"log"}


def test_late_answer_is_whole() -> None:
    with serving("delay=0.1") as server:
        assert got(server).content == FILE
        assert journaled(server).seconds >= 0.1


def test_stalled_answer_is_half() -> None:
    with serving("stall") as server, connect(server) as connection:
        connection.sendall(b"GET /a.cfg HTTP/1.1\r\n\r\n")
        received = b""
        while not received.endswith(FILE[:512]):
            received += connection.recv(65536)
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert b"Content-Length: 1024" in received
        assert (journaled(server).status, journaled(server).size) == (200, 512)


def test_file_drips() -> None:
    with serving("drip=512/0.1") as server:
        assert got(server).content == FILE
        assert journaled(server).seconds >= 0.2


def test_connection_is_reset_without_an_answer() -> None:
    with serving("reset") as server:
        assert said(server) == b"RESET"
        assert journaled(server).status == BROKEN_OFF


def test_connection_is_reset_in_the_file() -> None:
    with serving("reset=100") as server:
        head, _, body = said(server).partition(b"\r\n\r\n")
        assert b"Content-Length: 1024" in head
        assert body == FILE[:100] + b"RESET"
        assert (journaled(server).status, journaled(server).size) == (200, 100)


def test_truncated_file_looks_whole() -> None:
    with serving("truncate=100") as server:
        answer = got(server)
        assert answer.content == FILE[:100]
        assert answer.headers["Content-Length"] == "100"


def test_file_is_corrupted_by_the_seed() -> None:
    seen = []
    for _ in range(2):
        with serving("corrupt") as server:
            seen.append((got(server).content, got(server).content))
    assert seen[0] == seen[1]
    assert seen[0][0] != seen[0][1]
    assert all(len(content) == len(FILE) and content != FILE for content in seen[0])


@pytest.mark.parametrize(("offset", "length"), [("+10", 1034), ("-10", 1014), ("-5000", 0)])
def test_content_length_is_wrong(offset: str, length: int) -> None:
    with serving(f"length={offset}") as server:
        head, _, body = said(server).partition(b"\r\n\r\n")
        assert f"Content-Length: {length}".encode() in head.splitlines()
        assert body == FILE


def test_content_type_is_another() -> None:
    with serving("type=text/html") as server:
        answer = got(server)
        assert answer.headers["Content-Type"] == "text/html"
        assert answer.content == FILE


def test_redirect_leads_to_itself() -> None:
    with serving("redirect-loop") as server:
        answer = got(server)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/a.cfg")
        with pytest.raises(requests.TooManyRedirects):
            got(server, redirects=True)


def test_redirect_that_ends_leads_to_the_file() -> None:
    with serving("redirect-loop nth=1-2") as server:
        assert got(server, redirects=True).content == FILE


@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_password_is_asked_for_once(scheme: str) -> None:
    auth = requests.auth.HTTPDigestAuth("a", "b") if scheme == "digest" else requests.auth.HTTPBasicAuth("a", "b")
    with serving(f"challenge={scheme} nth=1") as server:
        if scheme == "basic":
            assert got(server).headers["WWW-Authenticate"] == 'Basic realm="phone_sim"'
        assert requests.get(f"{server.url}a.cfg", auth=auth, timeout=PATIENCE).content == FILE


def test_server_is_down_and_up_again() -> None:
    with HttpEndpoint(MemorySite({"a.cfg": FILE}), faults=(plan := FaultPlan(["down"]))) as server:
        assert said(server) == b""
        assert (journaled(server).status, journaled(server).fault) == (BROKEN_OFF, "down")
        plan.clear()
        assert got(server).content == FILE


@pytest.mark.parametrize("rule", ["lose=1", "duplicate=1", "late=1/9", "forge=1"])
def test_fault_of_tftp_does_nothing(rule: str) -> None:
    with serving(rule) as server:
        assert got(server).content == FILE
        assert journaled(server).fault == ""


def test_rules_go_by_the_decoded_path() -> None:
    with serving("503 file=a.cfg") as server:
        assert requests.get(f"{server.url}%61.cfg?x=1", timeout=PATIENCE).status_code == 503


def test_head_has_the_fault_of_a_get() -> None:
    with serving("length=+10") as server:
        assert requests.head(f"{server.url}a.cfg", timeout=PATIENCE).headers["Content-Length"] == "1034"


@pytest.mark.parametrize("rule", ["delay=99999", "stall", "drip=1/99999"])
def test_fault_ends_with_the_time_for_a_request(rule: str) -> None:
    with serving(rule, request_limit=0.2) as server:
        assert FILE not in said(server)
        assert journaled(server).fault == rule


@pytest.mark.parametrize("rule", ["delay=99999", "stall", "drip=1/99999"])
def test_fault_ends_with_the_server(rule: str) -> None:
    with serving(rule) as server, connect(server) as connection:
        connection.sendall(b"GET /a.cfg HTTP/1.1\r\n\r\n")
        if not rule.startswith("delay"):
            assert connection.recv(9) == b"HTTP/1.1 "
    assert server.journal.requests == () or server.journal.requests[0].fault == rule


DOWNLOAD_FAILED = f"Failed to download file {PHONE_FILE}: "
NOT_A_LICENSE = f"cfgCfsKeysUpdate: {PHONE_FILE} is not an activation file: "
HASTY = Limits(answer=1.5, transfer=120)
ENDINGS = {
    "404": (f"{DOWNLOAD_FAILED}HTTP 404 Not Found", PATIENT),
    "503": (f"{DOWNLOAD_FAILED}HTTP 503 Service Unavailable", PATIENT),
    "tftp-error=2": (f"{DOWNLOAD_FAILED}HTTP 403 Forbidden", PATIENT),
    "delay=60": (f"{DOWNLOAD_FAILED}no answer", HASTY),
    "stall": (f"{DOWNLOAD_FAILED}no answer", HASTY),
    "drip=1/0.1": (f"{DOWNLOAD_FAILED}the transfer takes too long", FOR_DRIPS),
    "reset": (f"{DOWNLOAD_FAILED}Connection reset by peer", PATIENT),
    "reset=100": (f"{DOWNLOAD_FAILED}Connection reset by peer", PATIENT),
    "truncate=100": (NOT_A_LICENSE, PATIENT),
    "truncate=0": (NOT_A_LICENSE, PATIENT),
    "corrupt": (NOT_A_LICENSE, PATIENT),
    "length=+10": (f"{DOWNLOAD_FAILED}the answer breaks off", PATIENT),
    "length=-10": (NOT_A_LICENSE, PATIENT),
    "redirect-loop": (f"{DOWNLOAD_FAILED}more than 5 redirects", PATIENT),
    "challenge=basic": (f"{DOWNLOAD_FAILED}HTTP 401 Unauthorized", PATIENT),
    "challenge=digest": (f"{DOWNLOAD_FAILED}HTTP 401 Unauthorized", PATIENT),
    "down": (f"{DOWNLOAD_FAILED}the server closed the connection without an answer", PATIENT),
}


@pytest.mark.parametrize("rule", ENDINGS)
def test_phone_goes_on_without_the_license(rule: str) -> None:
    why, limits = ENDINGS[rule]
    with serving(f"{rule} file={PHONE_FILE}", site=licensed_site()) as server:
        assert_unlicensed(booted(server.url, limits), why)
        assert {request.fault for request in server.journal.requests if request.path == PHONE_FILE} <= {
            f"{rule} file={PHONE_FILE}"
        }


@pytest.mark.parametrize(
    "rule", ["delay=0.1", "drip=200/0.01", "type=text/html", "reset nth=1", f"truncate={len(LICENSE)}"]
)
def test_phone_takes_a_license_that_arrives_whole(rule: str) -> None:
    with serving(f"{rule} file={PHONE_FILE}", site=licensed_site()) as server:
        assert_licensed(booted(server.url, PATIENT))


def test_phone_is_licensed_at_the_boot_after_the_fault() -> None:
    with serving("503 file=*-license.cfg nth=1-2", site=licensed_site()) as server:
        assert booted(server.url, PATIENT).enabled == ()
        assert_licensed(booted(server.url, PATIENT))


def test_serve_takes_faults_for_both_protocols(tmp_path: Path) -> None:
    (tmp_path / "a.cfg").write_bytes(FILE)
    command = [sys.executable, "-m", "phone_sim", "serve", str(tmp_path), "--http", "0", "--tftp", "0", "--seed", "3"]
    faults = ["--fault", "503 file=*.cfg nth=1", "--fault", "corrupt method=RRQ"]
    with subprocess.Popen([*command, *faults], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        http, tftp = (urlsplit(serving.stdout.readline().split()[-1]) for _ in range(2))
        statuses = [requests.get(f"{http.geturl()}a.cfg", timeout=PATIENCE).status_code for _ in range(2)]
        received = io.BytesIO()
        tftpy.TftpClient(tftp.hostname, tftp.port, flock=False).download("a.cfg", received)
        serving.send_signal(signal.SIGINT)
        said, complaints = serving.communicate(timeout=PATIENCE)
    assert statuses == [503, 200]
    assert len(received.getvalue()) == len(FILE)
    assert received.getvalue() != FILE
    lines = said.splitlines()
    assert lines[0].endswith("GET a.cfg 503 0 bytes, fault: 503 file=*.cfg nth=1")
    assert lines[1].endswith(f"GET a.cfg 200 {len(FILE)} bytes")
    assert lines[2].endswith(f"RRQ a.cfg ok {len(FILE)} bytes, fault: corrupt method=RRQ")
    assert (serving.returncode, complaints) == (130, "")


def test_serve_says_what_is_wrong_with_a_fault(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["serve", str(tmp_path), "--fault", "delay=soon"], prog_name="phone-sim")
    assert done.exit_code == 2
    assert done.stderr == "Error: fault 'delay=soon': delay=soon is not of the form delay=SECONDS\n"


@pytest.mark.parametrize("verb", ["serve", "record"])
def test_help_shows_every_fault_and_condition(verb: str) -> None:
    words = CliRunner().invoke(main, [verb, "--help"]).stdout.split()
    assert [example for fault in FAULTS for example in fault.examples if example not in words] == []
    assert [name for name, condition in CONDITIONS.items() if condition.form.split()[0] not in words] == []
