"""Faults over TFTP: what tftpy and a raw socket see, what the journal says, and what a phone makes of them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import tftpy

from phone_sim.boot_server.faults import FaultPlan
from phone_sim.boot_server.journal import BROKEN_OFF, Request
from phone_sim.boot_server.site import MemorySite
from phone_sim.boot_server.tftp import TftpEndpoint
from phone_sim.runtime.transport import Limits
from tests.boot_server.faulty_boot import LICENSE, assert_licensed, assert_unlicensed, booted, licensed_site
from tests.boot_server.test_tftp import RawClient, ack, data, download, rrq, upload, wrq
from tests.make import PHONE_FILE
from tests.runtime.phones import PATIENT

pytestmark = pytest.mark.slow

FILE = bytes(range(256)) * 5
PATIENCE = 60.0


@contextmanager
def serving(
    *rules: str, site: MemorySite | None = None, timeout: float = PATIENCE, time_limit: float = 600
) -> Iterator[TftpEndpoint]:
    """A boot server with faults; none of its threads outlives it."""
    before = threading.active_count()
    plan = FaultPlan(rules, seed=5)
    shown = site or MemorySite({"a.cfg": FILE})
    with TftpEndpoint(shown, faults=plan, timeout=timeout, time_limit=time_limit) as server:
        yield server
    assert threading.active_count() == before


@contextmanager
def asking(*rules: str, timeout: float = PATIENCE, options: tuple[str, ...] = ()) -> Iterator[RawClient]:
    """A client that has asked for the file."""
    with serving(*rules, timeout=timeout) as server, RawClient(server) as client:
        client.request(rrq("a.cfg", *options))
        yield client


def journaled(server: TftpEndpoint) -> Request:
    """The one request of the journal."""
    assert server.journal.wait_for(1, PATIENCE)
    (request,) = server.journal.requests
    return request


@pytest.mark.parametrize(
    ("rule", "code"),
    [("404", 1), ("401", 2), ("403", 2), ("507", 3), ("503", 0), ("418", 0), ("tftp-error=6", 6), ("tftp-error=0", 0)],
)
def test_error_is_answered_and_in_the_journal(rule: str, code: int) -> None:
    with serving(f"{rule} nth=1") as server, RawClient(server) as raw:
        raw.request(rrq("a.cfg"))
        assert raw.receive()[:4] == b"\0\5\0" + bytes([code])
        request = journaled(server)
        assert (request.status, request.fault) == (code or BROKEN_OFF, f"{rule} nth=1")
        assert download(server, "a.cfg") == FILE
        assert server.journal.requests[-1].fault == ""


@pytest.mark.parametrize("rule", ["503", "tftp-error=3", "reset"])
def test_upload_with_a_fault_is_not_stored(rule: str) -> None:
    site = MemorySite()
    with serving(f"{rule} method=WRQ", site=site) as server:
        with pytest.raises(tftpy.TftpException):
            upload(server, "a.log", b"log")
        assert journaled(server).fault == f"{rule} method=WRQ"
    assert site.files == {}


@pytest.mark.parametrize("rule", ["stall", "down"])
def test_upload_without_an_answer_is_not_stored(rule: str) -> None:
    site = MemorySite()
    with serving(rule, site=site, timeout=0.05) as server, RawClient(server) as raw:
        raw.request(wrq("a.log"))
        if rule == "stall":
            assert raw.receive() == ack(0)
            raw.send(data(1, b"log"))
        assert journaled(server).status == BROKEN_OFF
        assert raw.hears_nothing()
    assert site.files == {}


def test_late_answer_is_whole() -> None:
    with serving("delay=0.1") as server:
        assert download(server, "a.cfg") == FILE
        assert journaled(server).seconds >= 0.1


def test_request_that_is_repeated_meanwhile_is_one() -> None:
    with asking("delay=0.2") as raw:
        raw.request(rrq("a.cfg"))
        assert raw.receive() == data(1, FILE[:512])
        assert raw.hears_nothing()


def test_last_block_is_stalled() -> None:
    with serving("stall", timeout=0.05) as server, RawClient(server) as raw:
        raw.request(rrq("a.cfg"))
        for number in (1, 2):
            while raw.receive() != data(number, FILE[512 * (number - 1) : 512 * number]):
                pass
            raw.send(ack(number))
        assert (journaled(server).status, journaled(server).size) == (BROKEN_OFF, 1024)
        while not raw.hears_nothing():
            pass


def test_blocks_drip() -> None:
    with serving("drip=1/0.1") as server:
        assert download(server, "a.cfg") == FILE
        # The journal has it before the last block and its pause.
        assert journaled(server).seconds >= 0.2


def test_reset_is_an_error_in_place_of_the_last_block() -> None:
    with asking("reset=100") as raw:
        for number in (1, 2):
            assert raw.receive()[:4] == data(number, b"")
            raw.send(ack(number))
        assert raw.receive()[:4] == b"\0\5\0\0"


def test_truncated_file_looks_whole() -> None:
    with serving("truncate=100") as server:
        assert download(server, "a.cfg", tsize=0) == FILE[:100]
        assert (journaled(server).status, journaled(server).size) == (0, 100)


def test_file_is_corrupted_by_the_seed() -> None:
    seen = []
    for _ in range(2):
        with serving("corrupt") as server:
            seen.append((download(server, "a.cfg"), download(server, "a.cfg")))
    assert seen[0] == seen[1]
    assert seen[0][0] != seen[0][1]
    assert all(len(content) == len(FILE) and content != FILE for content in seen[0])


@pytest.mark.parametrize(("offset", "length"), [("+10", b"1290"), ("-10", b"1270"), ("-5000", b"0")])
def test_announced_size_is_wrong(offset: str, length: bytes) -> None:
    with asking(f"length={offset}", options=("tsize", "0")) as raw:
        assert raw.receive() == b"\0\6tsize\0" + length + b"\0"


def test_block_is_lost_once() -> None:
    with asking("lose=2", timeout=0.1) as raw:
        while raw.receive() != data(1, FILE[:512]):
            pass
        raw.send(ack(1))
        while (packet := raw.receive()) == data(1, FILE[:512]):
            pass
        assert packet == data(2, FILE[512:1024])


@pytest.mark.parametrize("lost", [0, 1])
def test_acknowledgment_is_lost_once(lost: int) -> None:
    site = MemorySite()
    with serving(f"lose={lost}", site=site, timeout=0.1) as server, RawClient(server) as raw:
        raw.request(wrq("a.log"))
        for number in (0, 1):
            while raw.receive() != ack(number):
                pass
            raw.send(data(number + 1, bytes(512 if number == 0 else 3)))
        assert journaled(server).status == 0
    assert site.files == {"a.log": bytes(515)}


def test_block_is_sent_twice() -> None:
    with asking("duplicate=2") as raw:
        assert raw.receive() == data(1, FILE[:512])
        raw.send(ack(1))
        assert [raw.receive(), raw.receive()] == [data(2, FILE[512:1024])] * 2
        assert raw.hears_nothing()


def test_block_is_late() -> None:
    with serving("late=2/0.1") as server:
        assert download(server, "a.cfg") == FILE
        assert journaled(server).seconds >= 0.1


def test_forged_block_comes_from_another_port() -> None:
    with asking("forge=2") as raw:
        assert raw.receive() == data(1, FILE[:512])
        server = raw.peer
        raw.send(ack(1))
        forged = raw.receive()
        assert raw.peer[0] == server[0]
        assert raw.peer != server
        assert forged[:4] == data(2, b"")
        assert len(forged) == 516
        assert raw.receive() == data(2, FILE[512:1024]) != forged
        assert raw.peer == server


@pytest.mark.parametrize("rule", ["lose=0", "lose=1", "lose=3", "duplicate=3", "late=3/0.05", "lose=9"])
def test_file_is_whole_after_all(rule: str) -> None:
    with serving(rule, timeout=0.2) as server:
        assert download(server, "a.cfg", blksize=600) == FILE
        assert journaled(server).fault == rule


def test_server_is_down_and_up_again() -> None:
    plan = FaultPlan(["down"])
    with TftpEndpoint(MemorySite({"a.cfg": FILE}), faults=plan) as server, RawClient(server) as raw:
        raw.request(rrq("a.cfg"))
        assert (journaled(server).status, journaled(server).fault) == (BROKEN_OFF, "down")
        assert raw.hears_nothing()
        plan.clear()
        assert download(server, "a.cfg") == FILE


@pytest.mark.parametrize("rule", ["type=text/html", "redirect-loop", "challenge=digest"])
def test_fault_of_http_does_nothing(rule: str) -> None:
    with serving(rule) as server:
        assert download(server, "a.cfg") == FILE
        assert journaled(server).fault == ""


@pytest.mark.parametrize("rule", ["delay=99999", "drip=1/99999", "late=1/99999"])
def test_fault_ends_with_the_time_for_a_transfer(rule: str) -> None:
    with serving(rule, time_limit=0.2) as server, RawClient(server) as raw:
        raw.request(rrq("a.cfg"))
        assert raw.receive()[:4] == b"\0\5\0\0"
        assert journaled(server).fault == rule


@pytest.mark.parametrize("rule", ["delay=99999", "drip=1/99999", "late=1/99999", "stall"])
def test_fault_ends_with_the_server(rule: str) -> None:
    site = MemorySite({"a.cfg": b"short"})
    with serving(rule, site=site) as server, RawClient(server) as raw:
        raw.request(rrq("a.cfg", "blksize", "600"))
        if rule.startswith(("late", "stall")):
            assert raw.receive()[:2] == b"\0\6"
            raw.send(ack(0))
        # Answered by the thread that takes requests: the one before this is taken.
        raw.request(b"\0\1")
        raw.receive()
    assert sorted(request.fault for request in server.journal.requests) == ["", rule]


DOWNLOAD_FAILED = f"Failed to download file {PHONE_FILE}: "
NOT_A_LICENSE = f"cfgCfsKeysUpdate: {PHONE_FILE} is not an activation file: "
HASTY = Limits(answer=0.3, transfer=20)
ENDINGS = {
    "404": (f"{DOWNLOAD_FAILED}TFTP error 1 ", PATIENT),
    "403": (f"{DOWNLOAD_FAILED}TFTP error 2 ", PATIENT),
    "503": (f"{DOWNLOAD_FAILED}TFTP error 0 ", PATIENT),
    "tftp-error=6": (f"{DOWNLOAD_FAILED}TFTP error 6 ", PATIENT),
    "delay=60": (f"{DOWNLOAD_FAILED}no answer", HASTY),
    "stall": (f"{DOWNLOAD_FAILED}no answer", HASTY),
    "drip=1/60": (f"{DOWNLOAD_FAILED}no answer", HASTY),
    "late=1/60": (f"{DOWNLOAD_FAILED}no answer", HASTY),
    "reset": (f"{DOWNLOAD_FAILED}TFTP error 0 ", PATIENT),
    "reset=100": (f"{DOWNLOAD_FAILED}TFTP error 0 ", PATIENT),
    "truncate=100": (NOT_A_LICENSE, PATIENT),
    "truncate=0": (NOT_A_LICENSE, PATIENT),
    "corrupt": (NOT_A_LICENSE, PATIENT),
    "down": (f"{DOWNLOAD_FAILED}no answer", HASTY),
}
HARMLESS = (
    "delay=0.1",
    "drip=1/0.1",
    "length=+10",
    "lose=0",
    "lose=1",
    "duplicate=0",
    "duplicate=1",
    "late=1/0.1",
    "forge=1",
    "down nth=1",
    "type=text/html",
    "redirect-loop",
    "challenge=basic",
    f"truncate={len(LICENSE)}",
)


@pytest.mark.parametrize("rule", ENDINGS)
def test_phone_goes_on_without_the_license(rule: str) -> None:
    why, limits = ENDINGS[rule]
    with serving(f"{rule} file={PHONE_FILE}", site=licensed_site()) as server:
        assert_unlicensed(booted(server.url, limits), why)


@pytest.mark.parametrize("rule", HARMLESS)
def test_phone_takes_a_license_that_arrives_whole(rule: str) -> None:
    limits = Limits(answer=0.5, transfer=60) if rule.startswith("down") else PATIENT
    with serving(f"{rule} file={PHONE_FILE}", site=licensed_site(), timeout=0.5) as server:
        assert_licensed(booted(server.url, limits))


def test_forged_license_is_not_taken_from_a_stranger() -> None:
    with serving(f"forge=1 file={PHONE_FILE}", site=licensed_site()) as server:
        phone = booted(server.url, PATIENT)
        assert_licensed(phone)
        assert phone.texts(PHONE_FILE) == []
        assert [one.fault for one in server.journal.requests if one.fault] == [f"forge=1 file={PHONE_FILE}"]
