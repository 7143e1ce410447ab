"""What a phone takes from a DHCP lease: its boot server, time servers, offset from GMT and log server.

The options that it asks for, and their order, are those of real phones (field notes 1.3). An option that is absent is
looked for among the vendor's own, inside option 43 (RFC 2132, 8.4); that, and what is done with a value that makes no
sense, is ours. This module does not know how a lease is had.

Other modules about DHCP: `runtime.network.dhcp`; in the tests `tests.runtime.hostile_dhcp`,
`tests.real_servers.dhcp`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

from phone_sim.errors import UsageError
from phone_sim.firmware.location import BootServerAddress

TIME_OFFSET, TIME_SERVERS, LOG_SERVERS, VENDOR, NTP_SERVERS, BOOT_SERVER = 2, 4, 7, 43, 42, 66
CUSTOM_OPTIONS = range(128, 255)
"""The numbers that a custom boot server option may have."""
DEFAULT_SCHEME = "ftp"
"""The protocol of an address that names none: the one the phones are shipped with (field notes 1.3)."""

_FARTHEST = 14 * 3600
_SERVERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DhcpSettings:
    """How a phone uses DHCP: the options that may name its boot server, in the order in which they are looked at.

    The two are the phones' own settings: Custom and Option 66, where the custom option is 160 (field notes 1.3).

    Raises:
        UsageError: for a number that is neither 66 nor 128 to 254, and for none.
    """

    boot_server_options: tuple[int, ...] = (160, BOOT_SERVER)

    def __post_init__(self) -> None:
        wrong = [str(one) for one in self.boot_server_options if one != BOOT_SERVER and one not in CUSTOM_OPTIONS]
        if wrong or not self.boot_server_options:
            found = f"option {wrong[0]}" if wrong else "no option"
            raise UsageError(f"{found} cannot name a boot server: {BOOT_SERVER} can, and 128 to 254")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseInfo:
    """What the network told the phone; what it did not is empty or None.

    `boot_server` is an address as `BootServerAddress.parse_all` takes it, `gmt_offset` is in seconds.
    """

    boot_server: str = ""
    gmt_offset: int | None = None
    time_servers: tuple[str, ...] = ()
    log_server: str = ""


def asked_options(settings: DhcpSettings) -> tuple[int, ...]:
    """The options that the phone asks for, in the order of real phones (field notes 1.3)."""
    custom = [one for one in settings.boot_server_options if one != BOOT_SERVER] or [160]
    return (1, 28, *custom, BOOT_SERVER, VENDOR, 3, TIME_SERVERS, NTP_SERVERS, TIME_OFFSET, 6, 15, LOG_SERVERS)


def lease_info(lease: Mapping[int, bytes], settings: DhcpSettings) -> LeaseInfo:
    """What the options of a lease say; what makes no sense counts as absent."""
    options = {**_vendor_options(lease.get(VENDOR, b"")), **lease}
    servers = (_boot_server(options.get(number, b"")) for number in settings.boot_server_options)
    logs = _addresses(options.get(LOG_SERVERS, b""))
    return LeaseInfo(
        boot_server=next(filter(None, servers), ""),
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
    """An address, or empty: text with or without a scheme, or the four bytes of an IP address."""
    text = value.rstrip(b"\0").decode("latin-1").strip()  # some servers end a text with NUL
    if len(value) == 4 and not (text.isascii() and text.isprintable()):
        text = str(IPv4Address(value))
    if not text.isascii():
        return ""
    addresses = " ".join(one if "://" in one else f"{DEFAULT_SCHEME}://{one}" for one in text.split())
    try:
        BootServerAddress.parse_all(addresses)
    except UsageError:
        return ""
    return addresses


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
