"""What a phone takes from a DHCP lease: its boot server, time servers, offset from GMT and log server.

The options that it asks for, and their order, are those of real phones (field notes 1.3). An option that is absent is
looked for among the vendor's own, inside option 43 (RFC 2132, 8.4); that, and what is done with a value that makes no
sense, is our choice. This module does not know how a lease is had.

Other modules about DHCP: `runtime.network.dhcp`; in the tests `tests.runtime.hostile_dhcp`,
`tests.real_servers.dhcp`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

from phone_sim.errors import UsageError
from phone_sim.firmware.location import NO_SERVER, SERVER_LIMIT, complete_address, is_no_server

TIME_OFFSET, TIME_SERVERS, LOG_SERVERS, VENDOR, NTP_SERVERS, BOOT_SERVER = 2, 4, 7, 43, 42, 66
CUSTOM_OPTION = 160
CUSTOM_OPTIONS = range(128, 255)
"""The numbers that a custom boot server option may have."""
DEFAULT_SCHEME = "ftp"
"""The protocol of an address that names none: the one the phones are shipped with (field notes 1.3)."""

_FARTHEST = 14 * 3600
_SERVERS = 3
_SHOWN = 80
_QUOTES = ("'", '"', "`")


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpSettings:
    """How a phone uses DHCP: the options that may name its boot server, in the order in which they are looked at.

    The two are the phones' own settings: Custom and Option 66, where the custom option is 160 (field notes 1.3).

    Raises:
        UsageError: for a number that is neither 66 nor 128 to 254, and for none.
    """

    boot_server_options: tuple[int, ...] = (CUSTOM_OPTION, BOOT_SERVER)

    def __post_init__(self) -> None:
        wrong = [str(one) for one in self.boot_server_options if one != BOOT_SERVER and one not in CUSTOM_OPTIONS]
        if wrong or not self.boot_server_options:
            found = f"option {wrong[0]}" if wrong else "no option"
            raise UsageError(f"{found} cannot name a boot server: {BOOT_SERVER} can, and 128 to 254")


@dataclass(frozen=True, slots=True)
class RefusedOption:
    """An option of a lease that should name a boot server, by its number, its value, and why that names none.

    The `value` is escaped and has stars where a user, a password or a query may be.
    """

    option: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseInfo:
    """What the network told the phone; what it did not is empty or None.

    `boot_server` is an address as `BootServerAddress.parse_all` takes it, `gmt_offset` is in seconds. `refused` are the
    options before the one that names the boot server, or all of them.
    """

    boot_server: str = ""
    refused: tuple[RefusedOption, ...] = ()
    gmt_offset: int | None = None
    time_servers: tuple[str, ...] = ()
    log_server: str = ""


def asked_options(settings: DhcpSettings) -> tuple[int, ...]:
    """The options that the phone asks for, in the order of real phones (field notes 1.3)."""
    custom = [one for one in settings.boot_server_options if one != BOOT_SERVER] or [CUSTOM_OPTION]
    return (1, 28, *custom, BOOT_SERVER, VENDOR, 3, TIME_SERVERS, NTP_SERVERS, TIME_OFFSET, 6, 15, LOG_SERVERS)


def lease_info(lease: Mapping[int, bytes], settings: DhcpSettings) -> LeaseInfo:
    """What the options of a lease say; what makes no sense counts as absent."""
    vendor = _vendor_options(lease.get(VENDOR, b""))
    options = {**vendor, **lease}
    boot_server, refused = "", []
    for number in settings.boot_server_options:
        if number not in options:
            continue
        try:
            boot_server = _boot_server(options[number])
        except ValueError as error:
            place = "" if number in lease else f" in option {VENDOR}"
            refused.append(RefusedOption(f"{number}{place}", _shown(options[number]), str(error)))
        else:
            break
    logs = _addresses(options.get(LOG_SERVERS, b""))
    return LeaseInfo(
        boot_server=boot_server,
        refused=tuple(refused),
        gmt_offset=_offset(options.get(TIME_OFFSET, b"")),
        time_servers=_addresses(options.get(NTP_SERVERS, b"")) or _addresses(options.get(TIME_SERVERS, b"")),
        log_server=logs[0] if logs else "",
    )


def _vendor_options(data: bytes) -> Mapping[int, bytes]:
    """The options inside option 43, up to the first that is not whole."""
    options: dict[int, bytes] = {}
    while len(data) >= 2 and data[0] != 255:
        if data[0] == 0:
            data = data[1:]
            continue
        length = data[1]
        if len(data) < 2 + length:
            break
        options[data[0]] = data[2 : 2 + length]
        data = data[2 + length :]
    return options


def _boot_server(value: bytes) -> str:
    """The addresses in an option: text with or without a scheme, or the four bytes of an IP address.

    Raises:
        ValueError: the value names no boot server. The reason does not quote it, since it may hold a password.
    """
    text = _text(value)
    if len(value) == 4 and not (text.isascii() and text.isprintable() and text):
        text = str(IPv4Address(value))
    _check_characters(text)
    if text[:1] in _QUOTES:
        raise ValueError("it begins with a quotation mark, expected the address alone")
    named = text.split()
    if not named:
        raise ValueError("it is empty")
    if len(named) > SERVER_LIMIT:
        raise ValueError(f"it lists {len(named)} boot servers, at most {SERVER_LIMIT} can be used")
    places = (f"address {place} of {len(named)}" for place in range(1, len(named) + 1))
    found = [complete_address(one, DEFAULT_SCHEME, place) for one, place in zip(named, places, strict=True)]
    servers = [one for one in found if not is_no_server(one)]
    if not servers:
        raise ValueError(f"{NO_SERVER} stands for no server")
    return " ".join(servers)


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("latin-1").strip()  # some servers end a text with NUL


def _shown(value: bytes) -> str:
    """The value as it may be logged."""
    text = _text(value) or value.hex(" ") or "empty"
    text, question, _ = text.partition("?")
    before, at, after = text.rpartition("@")
    if at:
        scheme, slashes, _ = before.partition("//")
        text = f"{scheme if slashes else ''}{slashes}****@{after}"
    return ascii(text[:_SHOWN] + ("?****" if question else ""))


def _check_characters(text: str) -> None:
    for place, each in enumerate(text):
        if not (each.isascii() and each.isprintable()):
            kind = "NUL" if each == "\0" else "a control character" if each.isascii() else "not ASCII"
            raise ValueError(f"byte {place} is {kind}")


def _addresses(value: bytes) -> tuple[str, ...]:
    """The first IP addresses of a list of them; none when its length is no multiple of four."""
    if len(value) % 4:
        return ()
    found = [IPv4Address(value[at : at + 4]) for at in range(0, len(value), 4)]
    return tuple(str(one) for one in found if not one.is_unspecified)[:_SERVERS]


def _offset(value: bytes) -> int | None:
    """Seconds east of Greenwich, or None when there are none or they are too many."""
    seconds = int.from_bytes(value, "big", signed=True)
    return seconds if len(value) == 4 and abs(seconds) <= _FARTHEST else None
