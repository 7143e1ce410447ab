"""Hostile files in each place where a phone expects one: the phone runs, nothing is granted, flash stays whole."""

import gzip
import random

import pytest

from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.lifecycle import State
from phone_sim.licensing.expiry import NEVER
from phone_sim.runtime.flash_file import MemoryFlash
from phone_sim.runtime.transport import network_transport
from phone_sim.runtime.transport.memory import serve
from tests.make import MAC, PHONE_FILE, SITE_FILE, USB_AUDIO, signed_key
from tests.runtime.hostile_http import HostileHttpServer, Script, by_path, saying_for_ever
from tests.runtime.phones import CONFIGURATION, PATIENT, Bench, bench, phone_license, within

pytestmark = pytest.mark.slow

EARLIER = FlashContents(keys=(signed_key({USB_AUDIO: NEVER}),))
PLACES = (
    f"{MAC}.cfg",
    "000000000000.cfg",
    "site.cfg",
    f"{MAC}-phone.cfg",
    f"{MAC}-web.cfg",
    SITE_FILE,
    PHONE_FILE,
    f"{MAC}-directory.xml",
)
WORD = b'feature.corporateDirectory.enabled="1" CONFIG_FILES="site.cfg"'
TRUE_LICENSE = phone_license()


def lol(times: int) -> bytes:
    """An entity bomb: each entity is ten of the one before it."""
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(times))
    return f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]><a b="&e{times};">&e{times};</a>'.encode()


FILES = {
    "entity bomb": lol(12),
    "license behind a document type": TRUE_LICENSE.replace(b"<licenses>", b"<!DOCTYPE licenses><licenses>"),
    "external entity": b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a b="1">&e;</a>',
    "external document type": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a ' + WORD + b"/>",
    "parameter entity": b'<!DOCTYPE a [<!ENTITY % e SYSTEM "file:///dev/zero"> %e;]><a/>',
    "deep": b"<a>" * 100_000,
    "long name": b"<" + b"a" * 3_000_000 + b"/>",
    "long value": b'<a b="' + b"x" * 3_000_000 + b'"/>',
    "NULs": bytes(100_000),
    "NUL in it": b"<a " + WORD + b"\0/>",
    "UTF-16": TRUE_LICENSE.replace(b"ISO-8859-1", b"UTF-16").decode().encode("utf-16"),
    "UTF-16 without a mark": TRUE_LICENSE.replace(b"ISO-8859-1", b"UTF-16").decode().encode("utf-16-le"),
    "UTF-32": TRUE_LICENSE.replace(b"ISO-8859-1", b"UTF-32").decode().encode("utf-32"),
    "EBCDIC": TRUE_LICENSE.replace(b"ISO-8859-1", b"IBM037").decode().encode("cp037"),
    "UTF-7": b"<?xml version='1.0' encoding='UTF-7'?>+ADw-a/+AD4-",
    "unknown encoding": TRUE_LICENSE.replace(b"ISO-8859-1", b"nonsense"),
    "not its encoding": b"<?xml version='1.0' encoding='UTF-8'?><a b='\xff\xfe\xfd'/>",
    "packed": gzip.compress(b"<a/>"),
    "random bytes": random.Random(4).randbytes(100_000),
    "page": b"<!DOCTYPE html><html><body>Not here</body></html>",
    "two documents": TRUE_LICENSE + TRUE_LICENSE,
    "cut": TRUE_LICENSE[:-1],
}
CROWDS = {
    "many attributes": b"<a " + b" ".join(b"a%d=''" % number for number in range(200_000)) + b"/>",
    "many elements": b"<a>" + b"<b/>" * 400_000 + b"</a>",
}


def assert_unharmed(phone: Bench) -> None:
    """The phone is in service, with the license keys that it had before and no other."""
    assert phone.phone.state is State.IDLE
    assert phone.enabled == ()
    assert phone.kept().keys == EARLIER.keys


def booted(files: dict[str, bytes]) -> Bench:
    """A phone that has booted from these files."""
    phone = bench(serve(files), flash=MemoryFlash(EARLIER))
    within(phone.driver.power_on)
    return phone


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", FILES)
def test_phone_is_unharmed_by_a_hostile_file(place: str, kind: str) -> None:
    assert_unharmed(booted(CONFIGURATION | {place: FILES[kind]}))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", CROWDS)
def test_phone_is_unharmed_by_a_crowded_file(place: str, kind: str) -> None:
    assert_unharmed(booted(CONFIGURATION | {place: CROWDS[kind]}))


@pytest.mark.parametrize("place", PLACES)
def test_phone_is_unharmed_by_a_license_in_another_place(place: str) -> None:
    phone = booted(CONFIGURATION | {place: TRUE_LICENSE})
    assert phone.phone.state is State.IDLE
    granted = (0, 1, 2, 3) if place in (SITE_FILE, PHONE_FILE) else (USB_AUDIO,)
    assert sorted({grant.bit for key in phone.kept().keys for grant in key.grants}) == list(granted)


ENDLESS: dict[str, Script] = {
    "without a length": saying_for_ever(b"HTTP/1.1 200 OK\r\n\r\n", b" " * 65536),
    "of 100 MB": saying_for_ever(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n", b"<a/>" * 16384),
    "of chunks": saying_for_ever(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n<a>", b"10000\r\n" + bytes(65536) + b"\r\n"
    ),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("script", ENDLESS.values(), ids=ENDLESS)
def test_phone_is_unharmed_by_a_file_without_an_end(place: str, script: Script) -> None:
    with HostileHttpServer(by_path(CONFIGURATION, {place: script})) as server:
        transport = network_transport(limits=PATIENT)
        phone = bench(transport, boot_server=server.url, flash=MemoryFlash(EARLIER))
        within(phone.driver.power_on)
        transport.close()
    assert_unharmed(phone)
    assert len(phone.texts(place)) == 1


@pytest.mark.parametrize("kind", FILES)
def test_phone_is_unharmed_when_every_file_is_hostile(kind: str) -> None:
    assert_unharmed(booted(dict.fromkeys(PLACES, FILES[kind])))
