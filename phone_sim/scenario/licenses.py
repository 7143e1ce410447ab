"""Activation files of a scenario, made from what it says of licenses; signed with the test pair (D5).

This module does not know where in a scenario a license stands.
"""

from collections.abc import Mapping, Sequence

from phone_sim.authority.orders import SITE_SERIAL, check_last_day, check_site_serial, software_bits
from phone_sim.authority.signing_key import test_signing_key
from phone_sim.errors import MacAddressError
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_file import file_name, write
from phone_sim.licensing.license_key import LicenseKey, LicenseType, new_key
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.model_files import load_features
from phone_sim.scenario.scenario import ScenarioPhone
from phone_sim.toml_table import Table

KEYS = ("kind", "for", "features", "until", "forged", "file")
LICENSE_LIMIT = 1000
"""Maximum number of licenses of a scenario (our choice): each is signed when the scenario is read."""
DEFAULT_FEATURES = ("Productivity Suite",)


def activation_files(licenses: Sequence[Table], phones: Mapping[str, ScenarioPhone]) -> dict[str, bytes]:
    """The activation files that these tables describe, by path; licenses for one file are keys of it, in order (B6).

    Raises:
        UsageError: a table that describes no license, or too many; the message names file, line and key.
    """
    if len(licenses) > LICENSE_LIMIT:
        words = f"a scenario has at most {LICENSE_LIMIT} licenses, not {len(licenses)}"
        raise licenses[LICENSE_LIMIT].error(None, words)
    keys: dict[str, list[LicenseKey]] = {}
    for table in licenses:
        table.only(KEYS)
        kind = LicenseType[table.choice("kind", ("phone", "site"), "phone").upper()]
        serial = _serial(table, kind, phones)
        keys.setdefault(table.text("file", file_name(kind, serial)).lstrip("/"), []).append(_key(table, kind, serial))
    return {path: write(each) for path, each in keys.items()}


def _serial(table: Table, kind: LicenseType, phones: Mapping[str, ScenarioPhone]) -> str:
    """The serial: a site's, or the MAC of the phone that is named, of the only one, or of one that is not here."""
    if kind is LicenseType.SITE:
        serial = table.text("for", SITE_SERIAL)
        table.convert("for", lambda: check_site_serial(serial))
        return serial
    name = table.text("for", next(iter(phones)) if len(phones) == 1 else None)
    if name in phones:
        return phones[name].mac.serial
    try:
        return MacAddress.parse(name).serial
    except MacAddressError:
        raise table.error("for", f"{name!r} is neither a MAC address nor one of {', '.join(phones)}") from None


def _key(table: Table, kind: LicenseType, serial: str) -> LicenseKey:
    last_day = table.day("until")
    table.convert("until", lambda: check_last_day(kind, last_day))
    expiry = NEVER if last_day is None else Expiry.on(last_day)
    named = table.texts("features") or DEFAULT_FEATURES
    bits = table.convert("features", lambda: software_bits(",".join(named), load_features()))
    key = new_key(serial=serial, license_type=kind, grants=dict.fromkeys(bits, expiry))
    signed = test_signing_key().sign(key)
    return signed.signed(bytes(reversed(signed.validation))) if table.flag("forged", default=False) else signed
