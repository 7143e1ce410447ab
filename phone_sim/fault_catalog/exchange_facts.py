"""Facts from what a phone asked of its boot server in its last boot, and from the files that came.

Files are read once more, as the phone read them, for what it does not keep: the line of a fault, the verdict on a key.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import assert_never
from urllib.parse import unquote

from phone_sim.bounded_xml import is_gzip, is_web_page
from phone_sim.errors import DocumentError, ParametersInsteadOfMasterError
from phone_sim.fault_catalog.facts import (
    Fact,
    FileRole,
    FileTrouble,
    LicenseRefused,
    Objection,
    Trouble,
    role_of,
    trouble_of_kind,
    trouble_of_status,
)
from phone_sim.findings.license_keys import surplus_bit
from phone_sim.firmware import master_config
from phone_sim.firmware.boot import InService, local_date
from phone_sim.firmware.contact_directory import read_contacts
from phone_sim.firmware.effects import Fetched, NotFound, Refused, Streamed, TransferFailed, Upload, Uploaded
from phone_sim.firmware.location import shown_name
from phone_sim.firmware.parameters.layers import read_layer, read_override
from phone_sim.licensing import license_file
from phone_sim.licensing.license_key import LicenseKey, Malformed
from phone_sim.licensing.verdict import Expired, NotForThisPhone, SignatureNotValid, Valid, judge
from phone_sim.runtime.exchange import Exchange

_RoleOf = Callable[[Exchange], FileRole]


def exchange_facts(service: InService, exchanges: Sequence[Exchange]) -> Iterator[Fact]:
    """The facts of the files that a phone asked for in its last boot."""
    server = service.session.server
    if server is None:
        return
    masters = (server.master,) if server.master else ()
    listed = tuple(map(shown_name, service.configuration.master.config_files))

    def role(exchange: Exchange) -> FileRole:
        return role_of(unquote(exchange.path), masters, listed)

    for exchange in {exchange.url: exchange for exchange in _of_last_boot(exchanges, role)}.values():
        if not isinstance(exchange.request, Upload):
            yield from _facts_of(service, exchange, role(exchange))
        elif isinstance(reply := exchange.reply, NotFound | Refused):
            yield _refused_upload(exchange, role(exchange), reply)


def expired_license(key: LicenseKey, file: str = "") -> LicenseRefused:
    """The fact of a license that has expired."""
    last_day = max(grant.expiry for grant in key.grants).last_day
    return LicenseRefused(objection=Objection.EXPIRED, type=key.type, file=file, serial=key.serial, last_day=last_day)


def _of_last_boot(exchanges: Sequence[Exchange], role: _RoleOf) -> list[Exchange]:
    """The requests of the last boot, which begins with master configuration files and goes on with others."""
    backwards = list(reversed(exchanges))
    others = list(takewhile(lambda one: role(one) is not FileRole.MASTER, backwards))
    masters = list(takewhile(lambda one: role(one) is FileRole.MASTER, backwards[len(others) :]))
    return [*reversed(masters), *reversed(others)]


def _facts_of(service: InService, exchange: Exchange, role: FileRole) -> Iterator[Fact]:
    file = exchange.request.location.name
    match exchange.reply:
        case Fetched(data=data):
            yield from _facts_of_file(service, file, role, data)
        case NotFound(status=status, protocol=protocol):
            yield FileTrouble(file=file, role=role, trouble=Trouble.MISSING, status=status, protocol=protocol)
        case Refused(status=status, protocol=protocol):
            trouble = Trouble.REJECTED if status is None else trouble_of_status(protocol, status)
            yield FileTrouble(file=file, role=role, trouble=trouble, status=status, protocol=protocol)
        case TransferFailed(kind=kind):
            yield FileTrouble(file=file, role=role, trouble=trouble_of_kind(kind))
        case Streamed() | Uploaded():
            return
        case _ as unknown:
            assert_never(unknown)


def _refused_upload(exchange: Exchange, role: FileRole, reply: NotFound | Refused) -> FileTrouble:
    """An upload that the boot server did not take; 404 does not say here that a file is missing."""
    known = Trouble.REJECTED if reply.status is None else trouble_of_status(reply.protocol, reply.status)
    trouble = Trouble.REJECTED if known is Trouble.MISSING else known
    file = exchange.request.location.name
    return FileTrouble(file=file, role=role, trouble=trouble, status=reply.status, protocol=reply.protocol)


def _facts_of_file(service: InService, file: str, role: FileRole, data: bytes) -> Iterator[Fact]:
    """What is wrong with a file that came."""
    identity = service.session.identity
    try:
        if role.is_license:
            yield from _facts_of_keys(service, file, data)
        elif role is FileRole.MASTER:
            master_config.parse(data, model=identity.model, mac=identity.mac)
        elif role is FileRole.CONFIGURATION:
            read_layer(data)
        elif role is FileRole.OVERRIDE:
            read_override(data)
        elif role is FileRole.DIRECTORY:
            read_contacts(data)
    except ParametersInsteadOfMasterError:
        return  # the phone may use it all the same (D19)
    except DocumentError as error:
        yield FileTrouble(file=file, role=role, trouble=_trouble_of_file(data), line=error.line)


def _trouble_of_file(data: bytes) -> Trouble:
    """The trouble of a file that came and cannot be used."""
    if is_gzip(data):
        return Trouble.PACKED
    return Trouble.WEB_PAGE if is_web_page(data) else Trouble.UNREADABLE


def _facts_of_keys(service: InService, file: str, data: bytes) -> Iterator[Fact]:
    """The objections to the license keys of a file."""
    identity, today = service.session.identity, local_date(service.session, service.reading)
    found = license_file.read_for_phone(data, identity.mac.serial)
    if not found.elements:
        serials = dict.fromkeys(one.get("Serial", "") for one in license_file.read_all(data)[:_SERIALS])
        yield from (LicenseRefused(objection=Objection.OTHER_PHONE, file=file, serial=one) for one in serials)
    for attributes in found.elements:
        match judge(attributes, serial=identity.mac.serial, anchor=identity.anchor, today=today):
            case SignatureNotValid(key):
                objection = Objection.SIGNATURE if surplus_bit(key) is None else Objection.VENDOR_KEY
                yield LicenseRefused(objection=objection, type=key.type, file=file, serial=key.serial)
            case Malformed(attribute=name, type=license_type):
                yield LicenseRefused(objection=Objection.FORM, type=license_type, file=file, attribute=name)
            case Expired(key):
                yield expired_license(key, file)
            case Valid() | NotForThisPhone():
                continue
            case _ as unknown:
                assert_never(unknown)


_SERIALS = 3
"""Most serials of other phones that are named (our choice)."""
