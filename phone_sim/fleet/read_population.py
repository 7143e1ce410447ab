"""Reading a population file, and the boot server that it describes.

count = 5000                            seed = 7
first_mac = "0004f2100000"              # or macs = ["0004f2aabbcc", ...]
firmware = "3.3.0"                      # or shares: firmware = { "3.3.0" = 3, "4.0.1" = 1 }
license_fetch = "firmware"              # or when-needed, always (D8)
sources = ["127.1.0.0/16"]              # addresses of this machine to ask from, one a phone, in turn

[models]                                # by share, in any unit
SPIP_670 = 60
SSIP_7000 = 40

[boot]
pattern = "ramp"                        # or storm: all at once
seconds = 120.0

[server.files]                          # what the boot server holds: for virtual time, or to be written
"000000000000.cfg" = '<APPLICATION CONFIG_FILES="site.cfg"/>'

[[server.licenses]]                     # signed with the test pair (D5)
kind = "site"                           # or phone; phone licenses never expire (B11)
share = 0.8                             # of the phones, each in its own <mac>-license.cfg; all if left out
features = ["LDAP"]                     # keys, names or suites; the Productivity Suite if left out
until = 2026-12-31                      # the last day
"""

from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Network
from pathlib import Path

from phone_sim.authority.orders import software_bits
from phone_sim.firmware.profile import CURRENT, profile_for
from phone_sim.fleet.population import PHONE_LIMIT, Pattern, Population
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_key import LicenseType, new_key
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.model_files import load_features, load_model
from phone_sim.toml_table import Table, read_toml

_KEYS = ("count", "seed", "first_mac", "macs", "firmware", "license_fetch", "sources", "models", "boot", "server")
_LICENSE_FETCH = {"firmware": None, "when-needed": False, "always": True}
_DEFAULT_MODEL = "SPIP_670"
_DEFAULT_MAC = "0004f2000001"
_DEFAULT_FEATURES = ("Productivity Suite",)
_LONGEST_RAMP = 7 * 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseShare:
    """A license that a share of the phones has, from 0 to 1: option bits and the end of them."""

    type: LicenseType
    share: float
    bits: tuple[int, ...]
    expiry: Expiry


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
    server = top.table("server")
    server.only(("files", "licenses"))
    files = server.table("files")
    return FleetFile(
        population=_population(top),
        files={path.lstrip("/"): files.text(path).encode() for path in files.values},
        licenses=tuple(_license(table) for table in server.tables("licenses")),
    )


def _population(top: Table) -> Population:
    boot = top.table("boot")
    boot.only(("pattern", "seconds"))
    pattern = Pattern(boot.choice("pattern", [each.value for each in Pattern], Pattern.STORM.value))
    models, firmwares = _models(top), _firmwares(top)
    first = top.text("first_mac", _DEFAULT_MAC)
    if "macs" in top.values and "first_mac" in top.values:
        raise top.error("macs", "macs and first_mac exclude each other")
    macs = top.texts("macs")
    found = tuple(top.convert("macs", partial(MacAddress.parse, one)) for one in macs)
    if len(set(found)) < len(found):
        raise top.error("macs", "a MAC address is listed twice")
    count = top.number("count", len(macs) or 1, PHONE_LIMIT)
    population = partial(
        Population,
        count=count,
        seed=top.number("seed", 0, 2**63 - 1),
        models=models,
        firmwares=firmwares,
        first_mac=top.convert("first_mac", partial(MacAddress.parse, first)),
        macs=found,
        sources=_sources(top),
        pattern=pattern,
        seconds=boot.seconds("seconds", 0.0, 0.0, _LONGEST_RAMP),
        always_fetches_license=_LICENSE_FETCH[top.choice("license_fetch", _LICENSE_FETCH, "firmware")],
    )
    return top.convert("count", population)


def _models(top: Table) -> dict[str, float]:
    shares = _shares(top.table("models"), _DEFAULT_MODEL)
    for name in shares:
        top.table("models").convert(name, partial(load_model, name))
    return shares


def _firmwares(top: Table) -> dict[str, float]:
    if isinstance(top.values.get("firmware"), dict):
        table = top.table("firmware")
        shares = _shares(table, CURRENT)
        for version in shares:
            table.convert(version, partial(profile_for, version))
        return shares
    version = top.text("firmware", CURRENT)
    top.convert("firmware", lambda: profile_for(version))
    return {version: 1.0}


def _shares(table: Table, default: str) -> dict[str, float]:
    shares = {name: _number(table, name, 1e9) for name in table.values} or {default: 1.0}
    if sum(shares.values()) <= 0:
        raise table.error("", "the shares are all 0")
    return shares


def _number(table: Table, key: str, high: float) -> float:
    value = table.values.get(key, high)
    if type(value) not in (int, float) or not 0 <= value <= high:
        raise table.error(key, f"{value!r} is not a number from 0 to {high:g}")
    return float(value)


def _sources(top: Table) -> tuple[IPv4Network, ...]:
    return tuple(top.convert("sources", partial(IPv4Network, text)) for text in top.texts("sources"))


def _license(table: Table) -> LicenseShare:
    table.only(("kind", "share", "features", "until"))
    kind = LicenseType[table.choice("kind", ("phone", "site"), "phone").upper()]
    last_day = table.day("until")
    expiry = NEVER if last_day is None else table.convert("until", lambda: Expiry.on(last_day))
    named = table.texts("features") or _DEFAULT_FEATURES
    bits = table.convert("features", lambda: software_bits(",".join(named), load_features()))
    grants = dict.fromkeys(bits, expiry)
    # Whether such a key can be is known only when one is made.
    table.convert("until", lambda: new_key(serial="0004F2000001", license_type=kind, grants=grants))
    return LicenseShare(type=kind, share=_number(table, "share", 1.0), bits=tuple(bits), expiry=expiry)
