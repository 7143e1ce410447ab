"""Reading a population file, and the boot server that it describes.

count = 5000                            seed = 7
first_mac = "0004f2100000"              # or macs = ["0004f2aabbcc", ...]
firmware = "3.3.0"                      # or shares: firmware = { "3.3.0" = 3, "4.0.1" = 1 }
license_fetch = "firmware"              # or when-needed, always (D8)
boot_rom = false                        # true: they start with their boot ROM, which opens the firmware image (D28)
sources = ["127.1.0.0/16"]              # addresses of this machine to ask from, one a phone, in turn

[models]                                # by share, in any unit
SPIP_670 = 60
SSIP_7000 = 40

[boot]
pattern = "ramp"                        # or storm: all at once; or one of those below
seconds = 120.0                         # how long they take to come up, evenly
now = 2026-12-31T22:00:00               # the phones' clock at the beginning; the time if left out
jitter = 300.0                          # each phone's clock is up to so many seconds off, either way

[faults]                                # of the phones' requests, done on the phones' side
share = 0.02                            # so many fail, 0 to 1
kinds = { 503 = 3, down = 1, "truncate=100" = 1 } # weights of the kinds; each 1 if left out

[server.files]                          # what the boot server holds: for virtual time, or to be written
"000000000000.cfg" = '<APPLICATION CONFIG_FILES="site.cfg"/>'

[[server.licenses]]                     # signed with the test pair (D5), or written by an authority
kind = "site"                           # or phone; phone licenses never expire (B11)
share = 0.8                             # of the phones, each in its own <mac>-license.cfg; all if left out
features = ["LDAP"]                     # keys, names or suites; the Productivity Suite if left out
until = 2026-12-31                      # the last day

Patterns, `now`, `speed`, `jitter` and faults are ours. A rolling reboot takes so many phones at a time, in the order of
their numbers; the first `every` seconds after the last one was switched on:

[boot]
pattern = "rolling"
seconds = 120.0                         # come up evenly; all at once if left out
group = 50
every = 30.0

A day is one of phones that are up. At their polling time, 02:00 unless the files say otherwise and by their own clocks,
they check their licenses (B12). One that finds nothing asks for nothing, so the load is of those whose license is over,
which reboot, and of logs that were not taken before. On virtual time the phones come up before the day, and only the
day is counted. Under load they come up with it; a license ends at midnight, so the day has to begin before that, and
`speed` makes it shorter. Clocks run from the start of the program, so such a run is best a headless one:

[boot]
pattern = "day"
now = 2026-12-31T22:00:00
speed = 60.0                            # under load, how fast their clocks run

The seed decides which phone has which model and firmware, how far its clock is off, and which of its requests fail how:
each drawn for the phone alone but for models and firmwares, whose shares are met exactly. The rest is not drawn: MAC
addresses, source addresses and licenses go by the phone's number.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from phone_sim.authority.orders import check_last_day, software_bits
from phone_sim.boot_server.fault_kind import FaultKind
from phone_sim.boot_server.fault_kinds import Reset, parse_kind
from phone_sim.default_phone import DEFAULT_MODEL
from phone_sim.firmware.license_fetch import DEFAULT_LICENSE_FETCH, LICENSE_FETCH
from phone_sim.firmware.profile import profile_for, usual_firmware
from phone_sim.fleet.population.fault_share import KINDS, FaultShare
from phone_sim.fleet.population.phones import PHONE_LIMIT, Pattern, Population
from phone_sim.fleet.population.server_files import read_files
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_key import LicenseKey, LicenseType, new_key
from phone_sim.mac_address import DEFAULT_MAC, MacAddress
from phone_sim.runtime.model_files import load_features, load_model
from phone_sim.runtime.toml_file import read_toml
from phone_sim.toml_table import Table

_KEYS = (
    "count",
    "seed",
    "first_mac",
    "macs",
    "firmware",
    "license_fetch",
    "boot_rom",
    "sources",
    "models",
    "boot",
    "faults",
    "server",
)
_DEFAULT_FEATURES = ("Productivity Suite",)
_LONGEST = 7 * 86400.0
_LARGEST_JITTER = 43200.0
_FASTEST = 86400.0
_OF_PATTERN = {
    Pattern.STORM: (),
    Pattern.RAMP: ("seconds",),
    Pattern.ROLLING: ("seconds", "group", "every"),
    Pattern.DAY: ("speed",),
}
_ON_THE_WAY = "a status of HTTP from 400 on, tftp-error=CODE, down, reset, stall, truncate=BYTES and corrupt"
_DEFAULT_FAULTS = {"503": 1.0, "down": 1.0, "reset": 1.0, "stall": 1.0, "truncate=100": 1.0, "corrupt": 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseShare:
    """A license that a share of the phones has, from 0 to 1: option bits and the end of them."""

    type: LicenseType
    share: float
    bits: tuple[int, ...]
    expiry: Expiry

    def is_of(self, number: int) -> bool:
        """True for the phones that have it: spread evenly over their numbers."""
        return int((number + 1) * self.share) > int(number * self.share)

    def key(self, serial: str) -> LicenseKey:
        """The license key, not signed yet, for the phone or site with this serial."""
        return new_key(serial=serial, license_type=self.type, grants=dict.fromkeys(self.bits, self.expiry))


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetFile:
    """What a population file says: the phones, and the files and licenses of their boot server."""

    population: Population
    files: dict[str, bytes] = field(default_factory=dict)
    licenses: tuple[LicenseShare, ...] = ()


def read_fleet_file(file: Path) -> FleetFile:
    """The population in a file.

    Raises:
        UsageError: it is none; the message names file, line and key, what is wrong and what is allowed.
    """
    top = read_toml(file)
    top.only(_KEYS)
    server = top.table("server", ("files", "licenses"), {})
    return FleetFile(
        population=_population(top),
        files=read_files(server.table("files", default={})),
        licenses=tuple(_license(table) for table in server.tables("licenses")),
    )


def _population(top: Table) -> Population:
    models = _models(top)
    firmwares = _firmwares(top, models)
    first = top.text("first_mac", DEFAULT_MAC.digits)
    if "macs" in top.values and "first_mac" in top.values:
        raise top.error("macs", "macs and first_mac exclude each other")
    macs = _some(top, "macs")
    found = tuple(top.convert("macs", partial(MacAddress.parse, one)) for one in macs)
    if len(set(found)) < len(found):
        raise top.error("macs", "a MAC address is listed twice")
    count = top.whole("count", high=PHONE_LIMIT, default=len(macs) or 1)
    population = partial(
        Population,
        count=count,
        seed=top.whole("seed", high=2**63 - 1, default=0),
        models=models,
        firmwares=firmwares,
        first_mac=top.convert("first_mac", partial(MacAddress.parse, first)),
        macs=found,
        source_networks=_source_networks(top),
        faults=_faults(top.table("faults", ("share", "kinds"))) if "faults" in top.values else None,
        **_boot(top.table("boot", default={})),
        always_fetches_license=LICENSE_FETCH[top.choice("license_fetch", LICENSE_FETCH, DEFAULT_LICENSE_FETCH)],
        boot_rom=top.flag("boot_rom", False),
    )
    return top.convert("count", population)


def _boot(boot: Table) -> dict[str, Any]:
    """What happens to the phones, as a population has it."""
    pattern = Pattern(boot.choice("pattern", [each.value for each in Pattern], Pattern.STORM.value))
    boot.only(("pattern", "now", "jitter", *_OF_PATTERN[pattern]))
    found = {
        "pattern": pattern,
        "now": boot.instant("now") if "now" in boot.values else None,
        "jitter": boot.number("jitter", high=_LARGEST_JITTER, default=0.0, unit="seconds"),
        "seconds": boot.number("seconds", high=_LONGEST, default=0.0, unit="seconds"),
        "speed": boot.number("speed", high=_FASTEST, default=1.0),
    }
    if found["speed"] == 0:
        raise boot.error("speed", "clocks that stand still come to no polling time")
    if pattern is Pattern.ROLLING:
        found["group"] = boot.whole("group", high=PHONE_LIMIT)
        found["every"] = boot.number("every", low=0.001, high=_LONGEST, unit="seconds")
        if not found["group"]:
            raise boot.error("group", "no phone at a time would never end")
    return found


def _faults(table: Table) -> FaultShare:
    kinds = table.table("kinds", default={})
    shares = {word: kinds.number(word, high=1e9) for word in kinds.values} or _DEFAULT_FAULTS
    if sum(shares.values()) <= 0:
        raise table.error("kinds", "the shares are all 0")
    return FaultShare(
        share=table.number("share", high=1.0),
        kinds=tuple((_kind(kinds, word), share) for word, share in shares.items()),
    )


def _kind(kinds: Table, word: str) -> FaultKind:
    kind = parse_kind(word)
    if not isinstance(kind, KINDS) or (isinstance(kind, Reset) and kind.after):
        raise kinds.error(word, f"it is no fault that can be on the way: {_ON_THE_WAY} are")
    return kind


def _models(top: Table) -> dict[str, float]:
    table = top.table("models", default={})
    shares = _shares(table, DEFAULT_MODEL)
    for name in shares:
        table.convert(name, partial(load_model, name))
    return shares


def _firmwares(top: Table, models: Iterable[str]) -> dict[str, float]:
    usual = usual_firmware(map(load_model, models))
    if isinstance(top.values.get("firmware"), dict):
        table = top.table("firmware")
        shares = _shares(table, usual)
        for version in shares:
            table.convert(version, partial(profile_for, version))
        return shares
    version = top.text("firmware", usual)
    top.convert("firmware", lambda: profile_for(version))
    return {version: 1.0}


def _shares(table: Table, default: str) -> dict[str, float]:
    shares = {name: table.number(name, high=1e9) for name in table.values} or {default: 1.0}
    if sum(shares.values()) <= 0:
        raise table.error(None, "the shares are all 0")
    return shares


def _some(table: Table, key: str) -> tuple[str, ...]:
    """A list of texts, which is not empty if it is there: that would read like none, and mean the default."""
    found = table.texts(key)
    if key in table.values and not found:
        raise table.error(key, "the list is empty; without it, the default holds")
    return found


def _source_networks(top: Table) -> tuple[IPv4Network, ...]:
    return tuple(top.convert("sources", partial(IPv4Network, text)) for text in _some(top, "sources"))


def _license(table: Table) -> LicenseShare:
    table.only(("kind", "share", "features", "until"))
    kind = LicenseType[table.choice("kind", ("phone", "site"), "phone").upper()]
    last_day = table.day("until")
    table.convert("until", lambda: check_last_day(kind, last_day))
    expiry = NEVER if last_day is None else Expiry.on(last_day)
    named = _some(table, "features") or _DEFAULT_FEATURES
    bits = table.convert("features", lambda: software_bits(",".join(named), load_features()))
    return LicenseShare(type=kind, share=table.number("share", high=1.0, default=1.0), bits=tuple(bits), expiry=expiry)
