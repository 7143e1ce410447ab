"""The readers of what comes from outside, each with its size limit and with an input that is as hard as can be.

Where no limit is named beside the reader, the size is that of one line, one datagram or one value, which something
else has bounded before.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from http.client import _MAXLINE, parse_headers  # type: ignore[attr-defined]
from io import BufferedReader, BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import ValidationError

from phone_sim import toml_table
from phone_sim.audit import access_checks, gate, observations
from phone_sim.authority import license_authority
from phone_sim.authority.activation import LINE_LIMIT, redeem_batch
from phone_sim.authority.ledger import Ledger
from phone_sim.authority.mail import batch_mail
from phone_sim.authority.orders import new_order
from phone_sim.authority.signing_key import SigningKey
from phone_sim.boot_server import tftp_packets
from phone_sim.boot_server.faults import FaultRule
from phone_sim.boot_server.http_head import RequestHead, read_chunks
from phone_sim.boot_server.http_headers import fields_of, without_credentials
from phone_sim.bounded_xml import is_declaration_alone
from phone_sim.cli.explain import _LIMIT as LOG_LIMIT
from phone_sim.fault_catalog.explain import explain
from phone_sim.findings import license_files
from phone_sim.findings.contact_directories import check_contact_directory
from phone_sim.findings.documents import read_document
from phone_sim.findings.license_files import check_license_file
from phone_sim.findings.parameter_files import check_parameter_file
from phone_sim.findings.parameter_names import KnownNames
from phone_sim.firmware import contact_directory, flash, lease, location, master_config, sip_requests
from phone_sim.firmware.contact_directory import read_contacts
from phone_sim.firmware.corporate_directory_settings import LdapSearch, LdapServer, Scope, is_filter
from phone_sim.firmware.network_effects import AskDirectory
from phone_sim.firmware.parameters import dictionary, layers
from phone_sim.firmware.transfer_facts import HttpHead
from phone_sim.fleet.population.population_file import read_fleet_file
from phone_sim.fleet.protocol.message import counts_in, read_message
from phone_sim.fleet.transport.response_reader import ResponseReader
from phone_sim.fleet.transport.tftp_packets import agreed_block_size
from phone_sim.licensing import license_file
from phone_sim.licensing.license_file import read_all, read_for_phone
from phone_sim.licensing.license_key import LicenseType, read_key
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.models import parse_model
from phone_sim.printable import visible
from phone_sim.recording.compare import COMPARED_LIMIT, compare
from phone_sim.recording.dialogue import Recording
from phone_sim.recording.file_changes import FileVersion, file_changes
from phone_sim.recording.files import BODY_LIMIT
from phone_sim.recording.json_lines import EXCHANGES_LIMIT, exchange_line, head_line, read_recording
from phone_sim.recording.names import Names
from phone_sim.runtime import model_files, trust_file
from phone_sim.runtime.model_files import load_features, load_model
from phone_sim.runtime.network import dhcp_packets, ldap_session, sntp_packets
from phone_sim.runtime.network.ldap_session import ask_corporate_directory
from phone_sim.runtime.parameter_tables import load_dictionary
from phone_sim.runtime.transport import Tls, authorities
from phone_sim.runtime.transport.authorities import pem_blocks
from phone_sim.runtime.trust_file import load_anchor
from phone_sim.scenario.licenses import LICENSE_LIMIT
from phone_sim.scenario.read import STEP_LIMIT, read_scenario
from phone_sim.toml_table import parse_toml
from phone_sim.web.desk.api_bodies import Keys
from tests.make import MAC
from tests.recording.dialogues import BEGAN, exchange
from tests.runtime.hostile_ldap import DONE, SEARCH, HostileLdapServer, entry, result
from tests.runtime.phones import PATIENT

NOW = datetime(2026, 3, 2, tzinfo=UTC)
KNOWN = KnownNames(load_dictionary("ucs-3.3"), load_dictionary("sip-3"))
KB = 1024
MB = 1024 * KB
_TAG_LIMIT = 9 * MB  # a longer tag is too long for libxml2
_SEGMENT = 1448  # bytes of a TCP segment, the least that a transfer of that length comes in

Make = Callable[[int], Any]
Read = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Reader:
    """What reads, its limit in bytes or in what else is counted, and what makes an input of a size up to that."""

    limit: int
    make: Make
    read: Read


def units(unit: str, start: str = "", end: str = "") -> Make:
    """What makes a text of units, in which `@` is their number."""

    def make(size: int) -> str:
        width = len(unit.replace("@", "123456"))
        count = (size - len(start) - len(end)) // width
        parts = unit.split("@")
        many = unit * count if len(parts) == 1 else "".join(f"{number:06d}".join(parts) for number in range(count))
        return start + many + end

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


SCENARIO = 'title = "a"\nstart = "2026-03-02"\n[phones.a]\n'
STEP = "[[steps]]\nrun_for = '1d'\n"
scenario = from_file(read_scenario)


@from_file
def some_phones(file: Path) -> object:
    population = read_fleet_file(file).population
    return [population.phone(number) for number in range(0, len(population.source_networks), 10)]


def lines_of(count: int, path: Callable[[int], str]) -> list[bytes]:
    line = exchange_line(exchange(path="@path"))
    lines = (line.replace("@path", path(number)) for number in range(count))
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


def alternating(count: int) -> tuple[Recording, Recording]:
    return recorded(lines_of(count, lambda _: "a")), recorded(lines_of(count, lambda number: "ab"[number % 2]))


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
    license_files._contents.cache_clear()
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
    for start in range(0, len(data), _SEGMENT):
        reader.feed(data[start : start + _SEGMENT])
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
                    "values": {f"a{number}": "b" for number in range(size // 32)},
                    "lines": list(range(size // 32)),
                }
            ],
            "contacts": [["a", "b", "1"]] * 999,
        }
    ).encode()
    return f"phone_sim flash 1 {sha256(body).hexdigest()}\n".encode() + body


def keys(text: str) -> object:
    with suppress(ValidationError):
        return Keys.model_validate_json(text)
    return None


READERS = {
    "XML: attributes": Reader(layers.SIZE_LIMIT, in_bytes(" a@='b'", "<a", "/>"), layer),
    "XML: elements": Reader(layers.SIZE_LIMIT, in_bytes("<b@ c='d'>e</b@>", "<a>", "</a>"), layer),
    "XML: nested": Reader(layers.SIZE_LIMIT, in_bytes("<b>" * 250 + "</b>" * 250, "<a>", "</a>"), layer),
    "XML: namespaces": Reader(layers.SIZE_LIMIT, in_bytes(" xmlns:n@='u@' n@:b='c'", "<a", "/>"), layer),
    "XML: prefixes": Reader(layers.SIZE_LIMIT, in_bytes("<n:b n:c='d' xmlns:n='u@'/>", "<a>", "</a>"), layer),
    "XML: references": Reader(layers.SIZE_LIMIT, in_bytes("&#65;", "<a b='", "'/>"), layer),
    "XML: comments": Reader(layers.SIZE_LIMIT, in_bytes("<!-- x -->", "<a>", "</a>"), layer),
    "XML: blanks": Reader(layers.SIZE_LIMIT, in_bytes(" ", "", "<a/>"), layer),
    "XML: declaration": Reader(layers.SIZE_LIMIT, in_bytes(" ?", "<?xml ", "?>"), is_declaration_alone),
    "findings of attributes": Reader(layers.SIZE_LIMIT, in_bytes("\n a.b@='1'", "<x", "/>"), findings),
    "findings of duplicates": Reader(
        layers.SIZE_LIMIT, in_bytes("\n<a log.render.level='@'/>", "<x>", "</x>"), findings
    ),
    "findings of text": Reader(layers.SIZE_LIMIT, in_bytes("\n<a.b>c.d='@' e.f.</a.b>", "<x>", "</x>"), findings),
    "findings of one text": Reader(layers.SIZE_LIMIT, in_bytes("a.b-", "<x>", "</x>"), findings),
    "parameter table": Reader(
        dictionary.TABLE_LIMIT,
        units("a@.#\t\tboolean\t\t\t\t\n", "name\tindex\ttype\tmin\tmax\tvalues\tdefault\n"),
        lambda text: dictionary.parse_table(text, "a.tsv"),
    ),
    "master configuration file": Reader(
        master_config.SIZE_LIMIT, in_bytes("a@,", "<APPLICATION MISC_FILES='", "'/>"), master
    ),
    "contacts": Reader(
        contact_directory.SIZE_LIMIT,
        in_bytes("<item><ct>@</ct></item>", "<directory><item_list>", "</item_list></directory>"),
        read_contacts,
    ),
    "activation file": Reader(
        license_file.SIZE_LIMIT,
        in_bytes("<licenseKey Serial='@' Type='Phone'/>", "<licenses>", "</licenses>"),
        read_all,
    ),
    "activation file of a phone": Reader(
        license_file.SIZE_LIMIT,
        in_bytes("<licenseKey Serial='0004F2000001' a@='b'/>", "<licenses>", "</licenses>"),
        lambda data: read_for_phone(data, "0004F2000001"),
    ),
    "findings: license keys": Reader(
        license_file.SIZE_LIMIT,
        in_bytes("<licenseKey Serial='@' Type='Phone'/>", "<licenses>", "</licenses>"),
        license_findings,
    ),
    "findings: attributes": Reader(
        _TAG_LIMIT, in_bytes(" a@='0123456789'", "<licenses><licenseKey", "/></licenses>"), license_findings
    ),
    "findings: contacts": Reader(
        contact_directory.SIZE_LIMIT,
        in_bytes(
            "<item><ln>a</ln></item><item><ct>1</ct></item>", "<directory><item_list>", "</item_list></directory>"
        ),
        lambda data: check_contact_directory("a.xml", data),
    ),
    "license key": Reader(MB, lambda size: {"Serial": "0" * 12, "Duration": "F" * size}, read_key),
    "TOML: keys": Reader(toml_table.SIZE_LIMIT, units("a@ = 1\n"), toml),
    "TOML: dotted keys": Reader(toml_table.SIZE_LIMIT, units("a.b.c.d.e.f@ = 1\n"), toml),
    "TOML: one dotted key": Reader(toml_table.SIZE_LIMIT, units("a.", "", "b = 1"), toml),
    "TOML: dots of a table": Reader(toml_table.SIZE_LIMIT, units("'a' . ", "[", "b]"), toml),
    "TOML: tables": Reader(toml_table.SIZE_LIMIT, units("[[a]]\n[a.b]\n"), toml),
    "TOML: nested lists": Reader(toml_table.SIZE_LIMIT, units("[", "a = "), toml),
    "TOML: nested tables": Reader(toml_table.SIZE_LIMIT, units("{a=", "a = "), toml),
    "TOML: escapes": Reader(toml_table.SIZE_LIMIT, units("\\u0041", 'a = "', '"'), toml),
    "TOML: long text": Reader(toml_table.SIZE_LIMIT, units("x\\\n", 'a = """', '"""'), toml),
    "TOML: open quotes": Reader(toml_table.SIZE_LIMIT, units('"""a', "a = "), toml),
    "TOML: digits": Reader(toml_table.SIZE_LIMIT, units("1", "a = "), toml),
    "TOML: name": Reader(toml_table.SIZE_LIMIT, units("a"), toml),
    "model": Reader(
        model_files.FILE_LIMIT,
        lambda size: units('a@ = "x"\n', Path("models/spip_670.toml").read_text())(size),
        lambda text: parse_model(text, "a.toml", ()),
    ),
    "scenario: licenses": Reader(
        LICENSE_LIMIT, lambda count: f"{SCENARIO}{STEP}" + "[[server.licenses]]\n" * count, scenario
    ),
    "scenario: steps": Reader(STEP_LIMIT, lambda count: SCENARIO + f"{STEP}expect.log = ['a']\n" * count, scenario),
    "scenario: files": Reader(
        toml_table.SIZE_LIMIT, units("'@' = ''\n", f"{SCENARIO}{STEP}[server.files]\n"), scenario
    ),
    "population: licenses": Reader(
        toml_table.SIZE_LIMIT, units('[[server.licenses]]\nkind = "site"\n'), from_file(read_fleet_file)
    ),
    "population: addresses": Reader(
        toml_table.SIZE_LIMIT, units('"0004f2@",', "macs = [", "]"), from_file(read_fleet_file)
    ),
    "population: networks": Reader(
        toml_table.SIZE_LIMIT,
        lambda size: f"count = {size // 15}\nsources = [" + '"127.1.0.0/24",' * (size // 15 - 3) + "]",
        some_phones,
    ),
    "population: deep path": Reader(
        toml_table.TEXT_LIMIT, units("a/", '[server.files]\n"', 'b" = "x"'), from_file(read_fleet_file)
    ),
    "log: literals of a line": Reader(
        512,
        lambda size: (
            f"0101070000|cfg |4|03|Parameter{''.join(one * (size // 16) for one in ('is', ',not', ':', 'isused'))}x"
        ),
        explain,
    ),
    "log: lines": Reader(LOG_LIMIT, units("0101070000|lic |4|03|a@\n"), explain),
    "log: lines of a cause": Reader(
        LOG_LIMIT, units("01010700@|lic |4|03|cfgCfsXmlKeyValidate: Key signature is not valid\n"), explain
    ),
    "log: prefixes": Reader(LOG_LIMIT, units("1234567890|lic ", "x ", "0101070000|lic |4|03|a"), explain),
    "log: phones": Reader(LOG_LIMIT, units("10.0.0.@ 0101070000|lic |4|03|a\n"), explain),
    "log: folds": Reader(LOG_LIMIT, units("@\n", "0101070000|lic |4|03|a"), explain),
    "log: blanks": Reader(LOG_LIMIT, units(" ", "0101070000|lic", "|4|03|x"), explain),
    "LDAP": Reader(ldap_session.ANSWER_LIMIT, lambda size: [entry({"sn": ["b"] * (size // 3 - 100)})], directory),
    "DHCP: parts of an option": Reader(1500 - 250, lambda size: dhcp(b"\x42\x01x" * (size // 3)), leased),
    "DHCP: vendor options": Reader(
        1500 - 250, lambda size: dhcp((b"\x2b\xff" + bytes(255)) * (size // 257) + b"\x42\x04boot"), leased
    ),
    "SIP request": Reader(
        sip_requests.SIZE_LIMIT,
        in_bytes(";a=@", "NOTIFY sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a", "\r\nFrom: <sip:a>\r\n\r\n"),
        lambda data: sip_requests.answer_sip(data, sip_requests.Sender(host="127.0.0.1", port=5060), user_agent=""),
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
        _MAXLINE, lambda size: [(b"date", b"(1 " * (size // 3))], lambda one: HttpHead(fields=one).date
    ),
    "HTTP: head of a request": Reader(
        16 * KB, lambda size: (b"a: " + b"b" * 160 + b"\r\n") * (size // 166) + b"\r\n", head
    ),
    "HTTP: challenge": Reader(_MAXLINE, units("nonce  nonce=  opaque='Negotiate  //a //b@"), recorded_header),
    "HTTP: chunks": Reader(MB, in_bytes("1;a\r\nx\r\n", "", "0\r\n\r\n"), in_chunks),
    "HTTP: body of a fleet": Reader(
        license_file.SIZE_LIMIT,
        lambda size: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (size - 100) + b"x" * (size - 100),
        heard,
    ),
    "HTML: titles": Reader(64 * KB, in_bytes("<title>"), access_checks._LISTING.search),
    "HTML: links": Reader(64 * KB, in_bytes("href = 'a"), access_checks._LINK.search),
    "HTML: comments": Reader(observations._OPENING, in_bytes("<!----><?"), observations._PHONE_FILE.match),
    "baseline of an audit": Reader(
        gate._SIZE_LIMIT,
        units(
            '{"check": "", "severity": "", "file": "", "message": "@"},',
            '{"phone_sim_audit_baseline": 1, "findings": [',
            '{"check": "", "severity": "", "file": "", "message": ""}]}',
        ),
        from_file(gate.read_baseline),
    ),
    "JSON of the API": Reader(64 * KB, units('"1",', '{"keys": [', '"1"]}'), keys),
    "JSON of the API, nested": Reader(64 * KB, units("[", '{"keys": '), keys),
    "ledger and batch": Reader(
        LINE_LIMIT, lambda count: units("ABCDEFGHJKMNPQ\t0004f2@\n@\n@\n@\n")(count // 4 * 49), redeemed
    ),
    "recording": Reader(EXCHANGES_LIMIT, lambda size: lines_of(size, "a{}".format), recorded),
    # A line can have a hundred times as much, for the sake of the file in it.
    "recording: keys": Reader(MB, lambda size: [units('"@":1,', "{", '"a":1}\n')(size).encode()], recorded),
    "recording: nested": Reader(MB, lambda size: [b"[" * size + b"\n"], recorded),
    "recordings that differ": Reader(COMPARED_LIMIT, alternating, lambda both: compare(*both, answers=True)),
    "configuration files that differ": Reader(layers.SIZE_LIMIT, in_bytes(" a@='b'", "<a", "/>"), against_nothing),
    "files that differ": Reader(BODY_LIMIT, in_bytes("0004f2@ "), against_nothing),
    "mail address": Reader(200, units("(a)", "", "a@b"), lambda text: batch_mail(text, [], {}, NOW)),
    "mail address: dots": Reader(200, units("a.", "", "a@b"), lambda text: batch_mail(text, [], {}, NOW)),
    "public key": Reader(
        trust_file._SIZE_LIMIT, in_bytes("-----BEGIN PUBLIC KEY-----\n"), lambda data: TrustAnchor.from_pem(data, "a")
    ),
    "private key": Reader(
        license_authority._PEM_LIMIT,
        in_bytes("A", "-----BEGIN PRIVATE KEY-----\n"),
        lambda data: SigningKey.from_pem(data, "a"),
    ),
    "authorities": Reader(authorities._SIZE_LIMIT, units("-----BEGIN A-----\n"), lambda text: list(pem_blocks(text))),
    "flash": Reader(flash.SIZE_LIMIT, flash_of, flash.decode),
    "fault rule": Reader(
        1000, units("*a", "503 file="), lambda text: FaultRule.parse(text).is_about("GET", "a" * 10_000, "")
    ),
    "message": Reader(
        5000, lambda size: {f"a{number}": 1 for number in range(size)}, lambda data: counts_in(read_message("a", data))
    ),
    "LDAP filter": Reader(512, lambda size: "(&" * (size // 3) + "(a=b)" + ")" * (size // 3), is_filter),
    "boot servers": Reader(64 * KB, units("http://a/ "), location._boot_servers.__wrapped__),
    "text that is shown": Reader(64 * KB, units("\x1b"), visible),
}
