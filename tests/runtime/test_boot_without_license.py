"""Every answer that a boot server without a license can give to the question for one: the phone boots, unlicensed."""

from dataclasses import replace

import pytest

from phone_sim.firmware.features import NotLicensed
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.lifecycle import State
from phone_sim.licensing.expiry import NEVER
from phone_sim.runtime.flash_file import MemoryFlash
from phone_sim.runtime.transport import Limits, network_transport
from tests.make import PHONE_FILE, SITE_FILE, USB_AUDIO, signed_key
from tests.runtime import hostile_tftp
from tests.runtime.hostile_http import (
    HostileHttpServer,
    answering,
    by_path,
    dripping,
    refusing_port,
    resetting,
    saying,
    saying_for_ever,
    stalling,
)
from tests.runtime.hostile_tftp import HostileTftpServer, block, error, serving, silent
from tests.runtime.phones import CONFIGURATION, FOR_DRIPS, FOR_SILENCE, PATIENT, Bench, bench, phone_license, within

pytestmark = pytest.mark.slow

PAGE = b"<!DOCTYPE html><html><body>Welcome to the boot server</body></html>"
BARE = b"<?xml version='1.0' encoding='ISO-8859-1' standalone='yes'?>\n"
EARLIER = FlashContents(
    keys=(signed_key({USB_AUDIO: NEVER}),), boot_server="http://earlier.example/", booted_before=True
)


def booted(url: str, *, limits: Limits = PATIENT) -> Bench:
    """A phone, with a key of an earlier day in flash, that has booted from the server."""
    transport = network_transport(limits=limits)
    phone = bench(transport, boot_server=url, flash=MemoryFlash(EARLIER))
    within(phone.driver.power_on)
    transport.close()
    return phone


def assert_runs_without_license(phone: Bench) -> None:
    """The phone is in service, what is unlicensed is off, and flash has nothing but the new configuration."""
    assert phone.phone.state is State.IDLE
    assert isinstance(phone.gate("LDAP"), NotLicensed)
    assert phone.texts("ldap: Not Licensed") == ["ldap: Not Licensed"]
    assert phone.texts("License: feature LDAP is not available") == ["License: feature LDAP is not available"]
    kept = phone.kept()
    assert replace(kept, parameters=EARLIER.parameters, boot_server=EARLIER.boot_server) == EARLIER
    assert kept.parameters.get("feature.corporateDirectory.enabled") == "1"


LEFT_OUT = "is not asked for: the boot server gave no answer, or not in time"

HTTP = {
    "404 with a page": (answering("404 Not Found", PAGE), "HTTP 404 Not Found"),
    "404": (answering("404 Not Found", b""), "HTTP 404 Not Found"),
    "410": (answering("410 Gone", b""), "HTTP 410 Gone"),
    "401": (answering("401 Unauthorized", PAGE, "WWW-Authenticate: Basic realm=x"), "HTTP 401 Unauthorized"),
    "403": (answering("403 Forbidden", PAGE), "HTTP 403 Forbidden"),
    "500": (answering("500 Internal Server Error", PAGE), "HTTP 500 Internal Server Error"),
    "503": (answering("503 Service Unavailable", b""), "HTTP 503 Service Unavailable"),
    "redirect loop": (answering("302 Found", b"", "Location: /a-license.cfg"), "more than 5 redirects"),
    "nothing": (answering("200 OK", b""), "the file is empty"),
    "blanks": (answering("200 OK", b" \r\n \t"), "the file is empty"),
    "declaration alone": (answering("200 OK", BARE), "not well-formed XML"),
    "no keys": (answering("200 OK", BARE + b"<licenses/>"), "has no key for this phone, 0 for others"),
    "another document": (answering("200 OK", b"<phone1/>"), "the root element is phone1, not licenses"),
    "page with 200": (answering("200 OK", PAGE), "the file is an HTML page"),
    "text": (answering("200 OK", b"File not found", kind="text/plain"), "not well-formed XML"),
    "cut file": (answering("200 OK", phone_license()[:-5]), "not well-formed XML"),
    "cut transfer": (answering("200 OK", phone_license()[:-5], length=5000), "the answer breaks off"),
    "reset": (resetting(), "Connection reset by peer"),
    "reset in the file": (resetting(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<"), "Connection reset by peer"),
    "silence": (stalling(), "no answer"),
    "closed": (saying(), "the server closed the connection without an answer"),
    "not HTTP": (saying(b"220 ftp.example ready\r\n"), "the answer is not HTTP"),
    "drip": (dripping(b"", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100), "the transfer takes too long"),
    "endless": (saying_for_ever(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 65536), "the file has more than 16777216 bytes"),
}
UNREACHABLE = ("reset", "silence", "closed")
LIMITS = {"no answer": FOR_SILENCE, "the transfer takes too long": FOR_DRIPS}


@pytest.mark.parametrize("case", HTTP)
def test_phone_boots_unlicensed_over_http(case: str) -> None:
    script, reason = HTTP[case]
    with HostileHttpServer(by_path(CONFIGURATION, {"-license.cfg": script})) as server:
        phone = booted(server.url, limits=LIMITS.get(reason, PATIENT))
    assert_runs_without_license(phone)
    for name in (SITE_FILE, PHONE_FILE):
        lines = phone.texts(name)
        # A server that gave no answer at all is not asked again.
        left_out = name == PHONE_FILE and case in UNREACHABLE
        assert len(lines) == 1
        assert (LEFT_OUT if left_out else reason) in lines[0]


def test_license_of_the_wrong_type_is_accepted_over_http() -> None:
    script = answering("200 OK", phone_license(), kind="text/html; charset=utf-16")
    with HostileHttpServer(by_path(CONFIGURATION, {PHONE_FILE: script})) as server:
        transport = network_transport(limits=PATIENT)
        phone = bench(transport, boot_server=server.url)
        within(phone.driver.power_on)
        transport.close()
    assert phone.enabled == ("LDAP",)
    assert phone.texts(PHONE_FILE) == []


@pytest.mark.parametrize("code", range(9))
def test_phone_boots_unlicensed_on_each_tftp_error(code: int) -> None:
    script = serving(CONFIGURATION, hostile_tftp.saying(error(code, b"words")))
    with HostileTftpServer(script) as server:
        phone = booted(server.url)
    assert_runs_without_license(phone)
    for name in (SITE_FILE, PHONE_FILE):
        assert phone.texts(name) == [f"Failed to download file {name}: TFTP error {code} words"]


def falling_silent(transfer: hostile_tftp.Transfer) -> None:
    """Send one block of the license, and keep the port without a word."""
    transfer.send(block(1, phone_license()[:512]))
    transfer.over.wait()


TFTP = {
    "silence": (silent, "no answer"),
    "garbage": (hostile_tftp.saying(b"\xff" * 100), "Unsupported opcode: 65535"),
    "empty": (hostile_tftp.saying(block(1, b"")), "the file is empty"),
    "page": (hostile_tftp.saying(block(1, PAGE)), "the file is an HTML page"),
    "cut": (falling_silent, "no answer"),
    "cut file": (hostile_tftp.saying(block(1, phone_license()[:500])), "not well-formed XML"),
}


@pytest.mark.parametrize("case", TFTP)
def test_phone_boots_unlicensed_over_tftp(case: str) -> None:
    script, reason = TFTP[case]
    with HostileTftpServer(serving(CONFIGURATION, script)) as server:
        phone = booted(server.url, limits=LIMITS.get(reason, PATIENT))
    assert_runs_without_license(phone)
    for name in (SITE_FILE, PHONE_FILE):
        lines = phone.texts(name)
        assert len(lines) == 1
        expected = (LEFT_OUT,) if name == PHONE_FILE and case == "silence" else (reason, "the transfer takes too long")
        assert any(words in lines[0] for words in expected)


@pytest.mark.parametrize("url", ["http://127.0.0.1:{}/", "https://127.0.0.1:{}/", "tftp://127.0.0.1:{}/"])
def test_phone_without_a_server_goes_on_with_its_keys(url: str) -> None:
    with refusing_port() as port:
        phone = booted(url.format(port), limits=FOR_SILENCE)
    assert phone.phone.state is State.IDLE
    assert len(phone.driver.exchanges) == 1
    assert phone.kept().keys == EARLIER.keys
    assert any("and none from before" in text for text in phone.texts())


def test_phone_gets_its_license_at_the_next_boot() -> None:
    files = dict(CONFIGURATION)
    with HostileHttpServer(by_path(files, {})) as server:
        transport = network_transport(limits=PATIENT)
        phone = bench(transport, boot_server=server.url)
        within(phone.driver.power_on)
        files[PHONE_FILE] = phone_license()
        assert "LDAP" not in phone.enabled
        within(phone.driver.reboot)
        transport.close()
    assert phone.enabled == ("LDAP",)
