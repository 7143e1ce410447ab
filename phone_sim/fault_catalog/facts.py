"""What a log, or a phone itself, shows: typed facts, from which `conclusion` reasons.

This module knows neither the wording of a log line nor a cause.
"""

import re
from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from enum import Enum
from http import HTTPStatus

from phone_sim.firmware.transfer_facts import FailureKind, FileProtocol
from phone_sim.licensing.license_file import FILE_ENDING, SITE_FILE
from phone_sim.licensing.license_key import LicenseType


class FileRole(Enum):
    """What a file is to a phone; the values name it in sentences."""

    MASTER = "the master configuration file"
    CONFIGURATION = "a configuration file"
    OVERRIDE = "an override file"
    SITE_LICENSE = "the site's license file"
    OWN_LICENSE = "the phone's license file"
    DIRECTORY = "a contact directory"
    CALL_LISTS = "the call lists"
    LOG = "a log"
    OTHER = "another file"

    @property
    def is_license(self) -> bool:
        """True for both license files."""
        return self in (FileRole.SITE_LICENSE, FileRole.OWN_LICENSE)


_MAC = re.compile(r"[0-9a-fA-F]{12}")
_ENDINGS = {
    "-phone.cfg": FileRole.OVERRIDE,
    "-web.cfg": FileRole.OVERRIDE,
    "-directory.xml": FileRole.DIRECTORY,
    "-calls.xml": FileRole.CALL_LISTS,
    "-app.log": FileRole.LOG,
    "-boot.log": FileRole.LOG,
}


def role_of(path: str, masters: Container[str] = (), listed: Container[str] = ()) -> FileRole:
    """What the file at a path is to a phone, by its name (B10, field notes 1.1 and 2).

    `masters` are further names of master configuration files, `listed` those of CONFIG_FILES, where they are known.
    """
    name = path.rsplit("/", 1)[-1]
    if name.endswith(FILE_ENDING):
        return FileRole.SITE_LICENSE if name == SITE_FILE else FileRole.OWN_LICENSE
    if name in masters or (name.endswith(".cfg") and _MAC.fullmatch(name.removesuffix(".cfg"))):
        return FileRole.MASTER
    if name in listed:
        return FileRole.CONFIGURATION
    by_ending = next((role for ending, role in _ENDINGS.items() if name.endswith(ending)), None)
    return by_ending or (FileRole.CONFIGURATION if name.endswith(".cfg") else FileRole.OTHER)


class Trouble(Enum):
    """What keeps a phone from using a file."""

    MISSING = "missing"
    LOGIN = "login"
    FORBIDDEN = "forbidden"
    SERVER_ERROR = "server_error"
    REJECTED = "rejected"
    UNREACHABLE = "unreachable"
    CONNECTION_REFUSED = "connection_refused"
    NAME_NOT_FOUND = "name_not_found"
    NO_ANSWER = "no_answer"
    CERTIFICATE = "certificate"
    TLS = "tls"
    BROKEN_OFF = "broken_off"
    TOO_LARGE = "too_large"
    REDIRECTS = "redirects"
    NOT_THE_PROTOCOL = "not_the_protocol"
    ADDRESS = "address"
    WEB_PAGE = "web_page"
    PACKED = "packed"
    UNREADABLE = "unreadable"
    NOT_SAID = "not_said"

    @property
    def is_of_transfer(self) -> bool:
        """True where the file did not come, for another reason than that it is not there."""
        return self not in (Trouble.MISSING, Trouble.WEB_PAGE, Trouble.PACKED, Trouble.UNREADABLE)


_BY_KIND = {
    FailureKind.UNREACHABLE: Trouble.UNREACHABLE,
    FailureKind.CONNECTION_REFUSED: Trouble.CONNECTION_REFUSED,
    FailureKind.NAME_NOT_FOUND: Trouble.NAME_NOT_FOUND,
    FailureKind.TIMED_OUT: Trouble.NO_ANSWER,
    FailureKind.CERTIFICATE: Trouble.CERTIFICATE,
    FailureKind.TLS: Trouble.TLS,
    FailureKind.BROKEN_OFF: Trouble.BROKEN_OFF,
    FailureKind.TOO_LARGE: Trouble.TOO_LARGE,
    FailureKind.TOO_MANY_REDIRECTS: Trouble.REDIRECTS,
    FailureKind.NOT_THE_PROTOCOL: Trouble.NOT_THE_PROTOCOL,
    FailureKind.UNUSABLE_ADDRESS: Trouble.ADDRESS,
    FailureKind.NOT_ASKED: Trouble.NOT_SAID,
}
_BY_STATUS = {
    (FileProtocol.HTTP, HTTPStatus.UNAUTHORIZED): Trouble.LOGIN,
    (FileProtocol.HTTP, HTTPStatus.FORBIDDEN): Trouble.FORBIDDEN,
    (FileProtocol.HTTP, HTTPStatus.PROXY_AUTHENTICATION_REQUIRED): Trouble.LOGIN,
    (FileProtocol.FTP, 530): Trouble.LOGIN,
    (FileProtocol.FTP, 532): Trouble.LOGIN,
    (FileProtocol.TFTP, 2): Trouble.FORBIDDEN,
}


def trouble_of_kind(kind: FailureKind) -> Trouble:
    """The trouble of a transfer that failed."""
    return _BY_KIND[kind]


def trouble_of_status(protocol: FileProtocol, status: int) -> Trouble:
    """The trouble that a status of this protocol stands for (RFC 9110 15, RFC 959 4.2, RFC 1350 5)."""
    if status in protocol.missing:
        return Trouble.MISSING
    if protocol is FileProtocol.HTTP and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Trouble.SERVER_ERROR
    if protocol is FileProtocol.FTP and 400 <= status < 500:
        return Trouble.SERVER_ERROR
    return _BY_STATUS.get((protocol, status), Trouble.REJECTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTrouble:
    """A file that did not come, or came and cannot be used; `line` is where in the file.

    `status` is that of the answer in its `protocol`; both are None for a file that came, and for a failed transfer.
    """

    file: str
    role: FileRole
    trouble: Trouble
    status: int | None = None
    protocol: FileProtocol | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The phone with this MAC address has started."""

    mac: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoConfiguration:
    """A boot without a whole configuration from the boot server; `keeps_last` if the last one is used instead."""

    keeps_last: bool


class Objection(Enum):
    """Why a license key counts for nothing."""

    VENDOR_KEY = "vendor_key"
    """It cannot be verified, and has what only the vendor's keys have."""
    SIGNATURE = "signature"
    FORM = "form"
    OTHER_PHONE = "other_phone"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseRefused:
    """A license key that counts for nothing; what is not known is None or empty.

    `attribute` is the one that is not in its form, `last_day` the last of a license that has expired.
    """

    objection: Objection
    type: LicenseType | None = None
    file: str = ""
    serial: str = ""
    attribute: str = ""
    last_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRead:
    """A grant that was read from a license key, before its signature is looked at (D6)."""

    feature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysUpdated:
    """How many grants a license file brought (D23)."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureOff:
    """A feature that is configured and has no valid license (B13)."""

    feature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureExpired:
    """A feature whose license expired while it was in use (B12)."""

    feature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureNotOnModel:
    """A feature that is configured on a model that does not have it (B3)."""

    feature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureSwitchedOff:
    """A feature that one file switches on, and another one that goes before it off; `setting` says which, in words."""

    feature: str
    setting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterUnused:
    """A parameter of a file that is not in force; `place` is the file and the line, in words, if it is known."""

    name: str
    place: str = ""
    why: str = ""


class Condition(Enum):
    """What else is known of a phone, without more to say of it."""

    BLANK_FLASH = "blank_flash"
    FLASH_LOST = "flash_lost"
    FLASH_KEYS_REFUSED = "flash_keys_refused"
    FIRMWARE_TOO_OLD = "firmware_too_old"
    NO_BOOT_SERVER = "no_boot_server"
    CLOCK_UNSET = "clock_unset"
    NO_TIME = "no_time"
    TIME_NOT_FOLLOWED = "time_not_followed"
    FILES_IGNORED = "files_ignored"
    OTHER_FIRMWARE = "other_firmware"
    DIRECTORY_SERVER = "directory_server"
    LOG_NOT_UPLOADED = "log_not_uploaded"
    RESOURCE_MISSING = "resource_missing"
    TLS_VERSION = "tls_version"
    SERVER_ADDRESS = "server_address"
    NETWORK_SWITCH = "network_switch"


Fact = (
    Started
    | FileTrouble
    | NoConfiguration
    | LicenseRefused
    | KeyRead
    | KeysUpdated
    | FeatureOff
    | FeatureExpired
    | FeatureNotOnModel
    | FeatureSwitchedOff
    | ParameterUnused
    | Condition
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A fact and the line of a log that shows it; None where the phone itself is known."""

    fact: Fact
    line: str | None = None
