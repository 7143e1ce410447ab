"""What is read from outside costs no more than in proportion to its size, however it is made.

One reading at the size limit is held against ten readings at a tenth of it: in time of the processor, and in the peak
of memory. In proportion they cost the same; where the cost grows with the square, the one costs ten times as much.
Where a limit is megabytes, the size here is one at which that would show as well.
"""

import gc
import json
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from http.client import parse_headers
from io import BufferedReader, BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from pydantic import ValidationError

from phone_sim.audit import access_checks, observations
from phone_sim.authority.activation import redeem_batch
from phone_sim.authority.ledger import Ledger
from phone_sim.authority.mail import batch_mail
from phone_sim.authority.orders import new_order
from phone_sim.authority.signing_key import SigningKey
from phone_sim.boot_server import tftp_packets
from phone_sim.boot_server.faults import FaultRule
from phone_sim.boot_server.http_head import RequestHead, read_chunks
from phone_sim.boot_server.http_headers import fields_of, without_credentials
from phone_sim.bounded_xml import is_declaration_alone
from phone_sim.errors import PhoneSimError
from phone_sim.fault_catalog.explain import explain
from phone_sim.findings.contact_directories import check_contact_directory
from phone_sim.findings.documents import read_document
from phone_sim.findings.license_files import check_license_file
from phone_sim.findings.parameter_files import check_parameter_file
from phone_sim.findings.parameter_names import KnownNames
from phone_sim.firmware import flash, lease, location, master_config
from phone_sim.firmware.contact_directory import read_contacts
from phone_sim.firmware.corporate_directory_settings import LdapSearch, LdapServer, Scope, is_filter
from phone_sim.firmware.network_effects import AskDirectory
from phone_sim.firmware.parameters import layers
from phone_sim.firmware.transfer_facts import HttpHead
from phone_sim.fleet.population.population_file import read_fleet_file
from phone_sim.fleet.protocol.message import counts_in, read_message
from phone_sim.fleet.transport.response_reader import ResponseReader
from phone_sim.fleet.transport.tftp_packets import agreed_block_size
from phone_sim.licensing.license_file import read_all, read_for_phone
from phone_sim.licensing.license_key import LicenseType, read_key
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.models import parse_model
from phone_sim.printable import visible
from phone_sim.recording.compare import compare
from phone_sim.recording.dialogue import Recording
from phone_sim.recording.file_changes import FileVersion, file_changes
from phone_sim.recording.json_lines import exchange_line, head_line, read_recording
from phone_sim.recording.names import Names
from phone_sim.runtime.model_files import load_features, load_model
from phone_sim.runtime.network import dhcp_packets, sntp_packets
from phone_sim.runtime.network.ldap_session import ask_corporate_directory
from phone_sim.runtime.parameter_tables import load_dictionary
from phone_sim.runtime.transport import Tls
from phone_sim.runtime.transport.authorities import pem_blocks
from phone_sim.runtime.trust_file import load_anchor
from phone_sim.scenario.read import read_scenario
from phone_sim.toml_table import parse_toml
from phone_sim.web.desk.api_bodies import Keys
from tests.make import MAC
from tests.recording.dialogues import BEGAN, exchange
from tests.runtime.hostile_ldap import DONE, SEARCH, HostileLdapServer, entry, result
from tests.runtime.phones import PATIENT

pytestmark = pytest.mark.slow

NOW = datetime(2026, 3, 2, tzinfo=UTC)
KNOWN = KnownNames(load_dictionary("ucs-3.3"), load_dictionary("sip-3"))
MARGIN = 2.5
"""By how much the one may cost more than the ten; with the square of the size it would be 10."""
ENOUGH = 0.001
"""Seconds that are long enough to be measured."""
KB = 1024

Make = Callable[[int], Any]
Read = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Reader:
    """What reads, a size, and what makes an input of about that size."""

    size: int
    make: Make
    read: Read


def units(unit: str, start: str = "", end: str = "") -> Make:
    """What makes a text of units, in which `@` is their number."""

    def make(size: int) -> str:
        width = len(unit.replace("@", "123456"))
        return start + "".join(unit.replace("@", f"{number:06d}") for number in range(size // width)) + end

    return make


def in_bytes(unit: str, start: str = "", end: str = "") -> Make:
    make = units(unit, start, end)
    return lambda size: make(size).encode()


def from_file(read: Callable[[Path], object]) -> Read:
    """What reads a text as a file."""

    def read_text(text: str) -> object:
        with TemporaryDirectory() as folder:
            file = Path(folder, "a.phone.toml")
            file.write_text(text)
            return read(file)

    return read_text


def layer(data: bytes) -> object:
    return layers._layer(data, is_usual=False).lines


def toml(text: str) -> object:
    return parse_toml(text, "a.toml")


def master(data: bytes) -> object:
    master_config._attributes.cache_clear()
    return master_config.parse(data, model=load_model("SPIP_670"), mac=MAC)


def findings(data: bytes) -> object:
    read_document.cache_clear()
    return check_parameter_file("a.cfg", data, KNOWN)


SCENARIO = 'title = "a"\nstart = "2026-03-02"\n'


@from_file
def first_phones(file: Path) -> object:
    population = read_fleet_file(file).population
    return [population.phone(number) for number in range(len(population.source_networks))]


def lines_of(size: int, path: Callable[[int], str]) -> list[bytes]:
    lines = [exchange_line(exchange(path=path(number))) for number in range(size // 300)]
    return [line.encode() for line in (head_line("http://a/", BEGAN), *lines)]


def recorded_header(text: str) -> object:
    return without_credentials(fields_of([("WWW-Authenticate", text), ("Location", text)]))


def in_chunks(data: bytes) -> object:
    return read_chunks(BufferedReader(BytesIO(data)), len(data))


def against_nothing(data: bytes) -> object:
    layers._usual_layer.cache_clear()
    rename = Names([exchange("0004f2aabbcc.cfg")]).put_into
    return [
        file_changes(FileVersion(data=data, rename=rename), FileVersion(data=other, rename=rename))
        for other in (b"<a b='1'/>", data[:-1] + b" ")
    ]


def recorded(lines: list[bytes]) -> Recording:
    return read_recording(lines, "a.jsonl")


def alternating(size: int) -> tuple[Recording, Recording]:
    return recorded(lines_of(size, lambda _: "a")), recorded(lines_of(size, lambda number: "ab"[number % 2]))


def redeemed(text: str) -> object:
    with TemporaryDirectory() as folder, Ledger(Path(folder, "ledger.sqlite3")) as ledger:
        order = new_order(
            license_type=LicenseType.PHONE,
            software="LDAP",
            version="3.3.0",
            quantity=100_000,
            expires=None,
            upgrade=False,
            site_serial=None,
            features=load_features(),
            at=NOW,
        )
        with ledger.writing():
            ledger.add(order)
        redeem_batch(ledger, text.replace("ABCDEFGHJKMNPQ", order.number), at=NOW, requester="")
        return ledger.redemptions()


def license_findings(data: bytes) -> object:
    return check_license_file("a.cfg", data, anchor=load_anchor(), on=NOW.date(), features={})


def dhcp(options: bytes) -> bytes:
    head = dhcp_packets._HEAD.pack(2, 1, 6, 0, 7, 0, 0, *[bytes(4)] * 4, bytes.fromhex(MAC.digits), b"", b"")
    return head + b"\x63\x82\x53\x63\x35\x01\x02\x36\x04\x0a\x00\x00\x01" + options


CLIENT = dhcp_packets.Client(transaction=7, mac=MAC, vendor_class="", host_name="", options=(66,))


def leased(packet: bytes) -> object:
    answer = dhcp_packets.read_answer(packet, CLIENT)
    assert answer is not None
    return lease.lease_info(answer.options, lease.DhcpSettings())


def directory(answers: list[bytes]) -> object:
    with HostileLdapServer({SEARCH: [*answers, result(DONE)]}) as server:
        ask = AskDirectory(
            server=LdapServer(host="127.0.0.1", port=server.port),
            credentials=None,
            search=LdapSearch(base="", scope=Scope.SUB, filter="(a=b)", attributes=("sn",), limit=10),
        )
        return ask_corporate_directory(ask, PATIENT, Tls(), None)


def heard(data: bytes) -> object:
    reader = ResponseReader()
    for start in range(0, len(data), 16):
        reader.feed(data[start : start + 16])
    return reader.body


def head(data: bytes) -> object:
    return parse_headers(RequestHead(BufferedReader(BytesIO(data))))


def flash_of(size: int) -> bytes:
    body = json.dumps(
        {
            "boot_server": "",
            "booted_before": True,
            "keys": [],
            "layers": [
                {
                    "file": "a.cfg",
                    "kind": "override",
                    "values": {f"a{number}": "b" for number in range(size // 24)},
                    "lines": list(range(size // 24)),
                }
            ],
            "contacts": [["a", "b", "1"]] * (size // 40),
        }
    ).encode()
    return f"phone_sim flash 1 {sha256(body).hexdigest()}\n".encode() + body


def keys(text: str) -> object:
    with suppress(ValidationError):
        return Keys.model_validate_json(text)
    return None


READERS = {
    "XML: attributes": Reader(33 * KB, in_bytes(" a@='b'", "<a", "/>"), layer),
    "XML: elements": Reader(33 * KB, in_bytes("<b@ c='d'>e</b@>", "<a>", "</a>"), layer),
    "XML: nested": Reader(66 * KB, in_bytes("<b>" * 250 + "</b>" * 250, "<a>", "</a>"), layer),
    "XML: namespaces": Reader(33 * KB, in_bytes(" xmlns:n@='u@' n@:b='c'", "<a", "/>"), layer),
    "XML: prefixes": Reader(33 * KB, in_bytes("<n:b n:c='d' xmlns:n='u@'/>", "<a>", "</a>"), layer),
    "XML: references": Reader(66 * KB, in_bytes("&#65;", "<a b='", "'/>"), layer),
    "XML: comments": Reader(66 * KB, in_bytes("<!-- x -->", "<a>", "</a>"), layer),
    "XML: blanks": Reader(66 * KB, in_bytes(" ", "", "<a/>"), layer),
    "XML: declaration": Reader(66 * KB, in_bytes(" ?", "<?xml ", "?>"), is_declaration_alone),
    "findings of attributes": Reader(66 * KB, in_bytes("\n a.b@='1'", "<x", "/>"), findings),
    "findings of duplicates": Reader(66 * KB, in_bytes("\n<a log.render.level='@'/>", "<x>", "</x>"), findings),
    "findings of text": Reader(66 * KB, in_bytes("\n<a.b>c.d='@' e.f.</a.b>", "<x>", "</x>"), findings),
    "findings of one text": Reader(66 * KB, in_bytes("a.b-", "<x>", "</x>"), findings),
    "master configuration file": Reader(60 * KB, in_bytes("a@,", "<APPLICATION MISC_FILES='", "'/>"), master),
    "contacts": Reader(
        33 * KB,
        in_bytes("<item><ct>@</ct></item>", "<directory><item_list>", "</item_list></directory>"),
        read_contacts,
    ),
    "activation file": Reader(
        33 * KB, in_bytes("<licenseKey Serial='@' Type='Phone'/>", "<licenses>", "</licenses>"), read_all
    ),
    "activation file of a phone": Reader(
        66 * KB,
        in_bytes("<licenseKey Serial='0004F2000001' a@='b'/>", "<licenses>", "</licenses>"),
        lambda data: read_for_phone(data, "0004F2000001"),
    ),
    "findings: license keys": Reader(
        33 * KB, in_bytes("<licenseKey Serial='@' Type='Phone'/>", "<licenses>", "</licenses>"), license_findings
    ),
    "findings: attributes": Reader(
        33 * KB, in_bytes(" a@=''", "<licenses><licenseKey", "/></licenses>"), license_findings
    ),
    "findings: contacts": Reader(
        33 * KB,
        in_bytes(
            "<item><ln>a</ln></item><item><ct>1</ct></item>", "<directory><item_list>", "</item_list></directory>"
        ),
        lambda data: check_contact_directory("a.xml", data),
    ),
    "license key": Reader(4 * KB, lambda size: {"Serial": "0" * 12, "Duration": "F" * size}, read_key),
    "TOML: keys": Reader(10 * KB, units("a@ = 1\n"), toml),
    "TOML: dotted keys": Reader(10 * KB, units("a.b.c.d.e.f@ = 1\n"), toml),
    "TOML: one dotted key": Reader(33 * KB, units("a.", "", "b = 1"), toml),
    "TOML: dots of a table": Reader(33 * KB, units("'a' . ", "[", "b]"), toml),
    "TOML: tables": Reader(10 * KB, units("[[a]]\n[a.b]\n"), toml),
    "TOML: nested lists": Reader(10 * KB, units("[", "a = "), toml),
    "TOML: nested tables": Reader(10 * KB, units("{a=", "a = "), toml),
    "TOML: escapes": Reader(10 * KB, units("\\u0041", 'a = "', '"'), toml),
    "TOML: long text": Reader(10 * KB, units("x\\\n", 'a = """', '"""'), toml),
    "TOML: open quotes": Reader(33 * KB, units('"""a', "a = "), toml),
    "TOML: digits": Reader(33 * KB, units("1", "a = "), toml),
    "TOML: name": Reader(33 * KB, units("a"), toml),
    "model": Reader(
        6 * KB,
        lambda size: Path("models/spip_670.toml").read_text() + units('a@ = "x"\n')(size),
        lambda text: parse_model(text, "a.toml", ()),
    ),
    "scenario: licenses": Reader(
        3 * KB,
        units('[[server.licenses]]\nkind = "site"\n', f"{SCENARIO}[phones.a]\n[[steps]]\nrun_for = '1d'\n"),
        from_file(read_scenario),
    ),
    "population: licenses": Reader(3 * KB, units('[[server.licenses]]\nkind = "site"\n'), from_file(read_fleet_file)),
    "population: addresses": Reader(10 * KB, units('"0004f2@",', "macs = [", "]"), from_file(read_fleet_file)),
    "population: networks": Reader(
        10 * KB, lambda size: f"count = {size}\nsources = [" + '"127.1.0.0/24",' * (size // 15) + "]", first_phones
    ),
    "population: deep path": Reader(20 * KB, units("a/", '[server.files]\n"', 'b" = "x"'), from_file(read_fleet_file)),
    "log: literals of a line": Reader(
        512,
        lambda size: (
            f"0101070000|cfg |4|03|Parameter{''.join(word * (size // 14) for word in ('is', ',not', ':', 'isused'))}x"
        ),
        explain,
    ),
    "log: lines": Reader(6 * KB, units("0101070000|lic |4|03|a@\n"), explain),
    "log: lines of a cause": Reader(
        6 * KB, units("01010700@|lic |4|03|cfgCfsXmlKeyValidate: Key signature is not valid\n"), explain
    ),
    "log: prefixes": Reader(33 * KB, units("1234567890|lic ", "x ", "0101070000|lic |4|03|a"), explain),
    "log: phones": Reader(6 * KB, units("10.0.0.@ 0101070000|lic |4|03|a\n"), explain),
    "log: folds": Reader(33 * KB, units("@\n", "0101070000|lic |4|03|a"), explain),
    "log: blanks": Reader(66 * KB, units(" ", "0101070000|lic", "|4|03|x"), explain),
    "LDAP": Reader(2 * KB, lambda size: [entry({"sn": ["b"] * (size // 3)})], directory),
    "DHCP: parts of an option": Reader(1500 - 250, lambda size: dhcp(b"\x42\x01x" * (size // 3)), leased),
    "DHCP: vendor options": Reader(
        1500 - 250, lambda size: dhcp((b"\x2b\xff" + bytes(255)) * (size // 257) + b"\x42\x04boot"), leased
    ),
    "NTP": Reader(1500, lambda size: bytes([0x24, 1]) + bytes([1]) * size + bytes(48), sntp_packets.read_answer),
    "TFTP: request": Reader(512, lambda size: b"\0\1a\0octet\0" + b"a\0b\0" * ((size - 10) // 4), tftp_packets.parse),
    "TFTP: options of a fleet": Reader(
        65_000, lambda size: b"\0\6" + b"a\0b\0" * (size // 4), agreed_block_size.__wrapped__
    ),
    "HTTP: repeated field": Reader(
        256 * KB, lambda size: [(b"a", b"b" * 2560)] * (size // 2560), lambda fields: HttpHead(fields=fields).headers
    ),
    "HTTP: date": Reader(
        10 * KB, lambda size: [(b"date", b"(1 " * (size // 3))], lambda one: HttpHead(fields=one).date
    ),
    "HTTP: head of a request": Reader(
        16 * KB, lambda size: (b"a: " + b"b" * 160 + b"\r\n") * (size // 166) + b"\r\n", head
    ),
    "HTTP: challenge": Reader(66 * KB, units("nonce  nonce=  opaque='Negotiate  //a //b@"), recorded_header),
    "HTTP: chunks": Reader(33 * KB, in_bytes("1;a\r\nx\r\n", "", "0\r\n\r\n"), in_chunks),
    "HTTP: body of a fleet": Reader(
        6 * KB, lambda size: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size, heard
    ),
    "HTML: titles": Reader(16 * KB, in_bytes("<title>"), access_checks._LISTING.search),
    "HTML: links": Reader(16 * KB, in_bytes("href = 'a"), access_checks._LINK.search),
    "HTML: comments": Reader(16 * KB, in_bytes("<!----><?"), observations._PHONE_FILE.match),
    "JSON of the API": Reader(10 * KB, units('"1",', '{"keys": [', '"1"]}'), keys),
    "JSON of the API, nested": Reader(10 * KB, units("[", '{"keys": '), keys),
    "ledger and batch": Reader(3 * KB, units("ABCDEFGHJKMNPQ\t0004f2@\n@\n"), redeemed),
    "recording": Reader(10 * KB, lambda size: lines_of(size, "a{}".format), recorded),
    "recording: keys": Reader(10 * KB, lambda size: [units('"@":1,', "{", '"a":1}\n')(size).encode()], recorded),
    "recording: nested": Reader(10 * KB, lambda size: [b"[" * size + b"\n"], recorded),
    "recordings that differ": Reader(33 * KB, alternating, lambda both: compare(*both, answers=True)),
    "configuration files that differ": Reader(33 * KB, in_bytes(" a@='b'", "<a", "/>"), against_nothing),
    "files that differ": Reader(66 * KB, in_bytes("0004f2@ "), against_nothing),
    "mail address": Reader(200, units("(a)", "", "a@b"), lambda text: batch_mail(text, [], {}, NOW)),
    "mail address: dots": Reader(200, units("a.", "", "a@b"), lambda text: batch_mail(text, [], {}, NOW)),
    "public key": Reader(
        10 * KB, in_bytes("-----BEGIN PUBLIC KEY-----\n"), lambda data: TrustAnchor.from_pem(data, "a")
    ),
    "private key": Reader(
        10 * KB, in_bytes("A", "-----BEGIN PRIVATE KEY-----\n"), lambda data: SigningKey.from_pem(data, "a")
    ),
    "authorities": Reader(16 * KB, units("-----BEGIN A-----\n"), lambda text: list(pem_blocks(text))),
    "flash": Reader(16 * KB, flash_of, flash.decode),
    "fault rule": Reader(
        1000, units("*a", "503 file="), lambda text: FaultRule.parse(text).is_about("GET", "a" * 10_000, "")
    ),
    "message": Reader(
        5000, lambda size: {f"a{number}": 1 for number in range(size)}, lambda data: counts_in(read_message("a", data))
    ),
    "LDAP filter": Reader(512, lambda size: "(&" * (size // 3) + "(a=b)" + ")" * (size // 3), is_filter),
    "boot servers": Reader(3 * KB, units("http://a/ "), location._boot_servers.__wrapped__),
    "text that is shown": Reader(6 * KB, units("\x1b"), visible),
}


def seconds(read: Read, data: Any, times: int) -> float:
    """The time of the processor that some readings take."""
    gc.disable()
    try:
        started = time.process_time()
        for _ in range(times):
            with suppress(PhoneSimError, tftp_packets.MalformedPacketError):
                read(data)
        return time.process_time() - started
    finally:
        gc.enable()


def peak(read: Read, data: Any) -> int:
    """The most bytes that a reading takes."""
    tracemalloc.start()
    try:
        with suppress(PhoneSimError, tftp_packets.MalformedPacketError):
            read(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", READERS)
def test_cost_is_in_proportion_to_the_size(name: str) -> None:
    reader = READERS[name]
    tenth, whole = reader.make(reader.size // 10), reader.make(reader.size)
    memory = peak(reader.read, tenth)
    assert peak(reader.read, whole) <= 10 * MARGIN * memory + 64 * KB
    times = 1 + int(ENOUGH / (10 * seconds(reader.read, tenth, 1) + 1e-6))
    ratios = []
    for _ in range(4):  # other processes make some of them larger
        ten = seconds(reader.read, tenth, 10 * times)
        ratios.append(seconds(reader.read, whole, times) / ten)
        if ratios[-1] <= MARGIN:
            return
    raise AssertionError(f"one costs {min(ratios):.1f} times as much as ten of a tenth")


def test_cost_that_grows_with_the_square_is_noticed() -> None:
    READERS["square"] = Reader(
        2000, lambda size: "a" * size, lambda text: sum(one == other for one in text for other in text)
    )
    try:
        with pytest.raises(AssertionError, match="times as much as ten of a tenth"):
            test_cost_is_in_proportion_to_the_size("square")
    finally:
        del READERS["square"]
