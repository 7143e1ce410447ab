"""Facts as sentences: what is known of a file, a license or a parameter beyond the cause that it shows."""

from phone_sim.fault_catalog.facts import (
    Fact,
    FeatureSwitchedOff,
    FileTrouble,
    LicenseRefused,
    Objection,
    ParameterUnused,
    Trouble,
)
from phone_sim.licensing.license_key import LicenseType

_OF_FILE = {
    Trouble.MISSING: "is not on the boot server",
    Trouble.WEB_PAGE: "is a web page",
    Trouble.PACKED: "is packed with gzip",
    Trouble.UNREADABLE: "cannot be used",
}


def fact_text(fact: Fact) -> str:
    """A fact as a sentence; empty for one that has nothing to say beyond its cause."""
    match fact:
        case FileTrouble():
            return _file_text(fact)
        case LicenseRefused():
            return _license_text(fact)
        case ParameterUnused(name=name, place=place, why=why) if place:
            return f"{name} in {place}{': ' if why else ''}{why}."
        case FeatureSwitchedOff(feature=feature, setting=setting):
            return f"{feature} is off: {setting}."
    return ""


def _file_text(fact: FileTrouble) -> str:
    if not fact.file:
        return ""
    place = fact.file if fact.line is None else f"{fact.file}, line {fact.line},"
    if fact.status is not None and fact.protocol is not None:
        return f"{place} ({fact.role.value}): {fact.protocol.title} {fact.status}."
    words = _OF_FILE.get(fact.trouble, "did not come")
    return f"{place} ({fact.role.value}) {words}." if fact.line is None else f"{place} {words}."


def _license_text(fact: LicenseRefused) -> str:
    """`The site license 818200000001 in 000000000000-license.cfg ended on 2026-12-01.`"""
    kind = "site" if fact.type is LicenseType.SITE else "phone"
    place = f" in {fact.file}" if fact.file else ""
    match fact:
        case LicenseRefused(objection=Objection.OTHER_PHONE, serial=serial) if serial:
            return f"A key{place} is for {serial}."
        case LicenseRefused(objection=Objection.FORM, attribute=attribute) if attribute:
            return f"The {attribute} of a key{place} is not in its form."
        case LicenseRefused(objection=Objection.VENDOR_KEY, serial=serial) if serial:
            return f"The {kind} license {serial}{place} has more days in Duration than features, as genuine files do."
        case LicenseRefused(objection=Objection.SIGNATURE, serial=serial) if serial:
            return f"The signature of the {kind} license {serial}{place} is not valid."
        case LicenseRefused(objection=Objection.EXPIRED, serial=serial, last_day=day) if serial and day:
            return f"The {kind} license {serial}{place} ended on {day}."
    return ""
