"""Findings about the license keys of an activation file: is each one usable, for which phone, and until when.

The verdicts are those of `phone_sim.licensing`. This module does not know XML, nor where the file is.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from phone_sim.findings.finding import Basis, Finding, Place, Rule, Severity
from phone_sim.licensing.expiry import Expiry
from phone_sim.licensing.key_ring import KeyRing
from phone_sim.licensing.license_file import KEY_LIMIT
from phone_sim.licensing.license_key import SLOTS, LicenseKey, LicenseType, Malformed, read_key
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import MacAddress

NOTICE = timedelta(days=30)
"""How long before the last day of a license it is reported (our choice)."""
_NAMED = 3

MALFORMED = Rule(
    code="license-key-malformed",
    severity=Severity.ERROR,
    summary="A license key with a missing or wrong attribute",
    why="The phone does not accept the key. It logs that the license is not valid, and the features stay off.",
    remedy="Put the original activation file on the boot server again. If the serial has lost its leading "
    "zeros, redeem a license number for the MAC with all its 12 digits.",
    basis=Basis.DECISION,
    source="D1, D2, D3, B8, B11",
)
SIGNATURE_NOT_VALID = Rule(
    code="license-signature-not-valid",
    severity=Severity.ERROR,
    summary="A license key whose signature is not valid",
    why="The phone logs `Key signature is not valid`, and the features stay off. Either the key was changed after it "
    "was signed, or it was signed with a key that the phone does not trust.",
    remedy="Put the original activation file on the boot server again. If another authority signed it, give "
    "that authority's public key with --trust. A key from the vendor of the phones can never be verified here: the "
    "vendor's public key is not public.",
    basis=Basis.BULLETIN,
    source="B7, B14, D4, D5",
)
VENDOR_KEY = Rule(
    code="license-vendor-key",
    severity=Severity.WARNING,
    summary="A license key that looks like one from the vendor of the phones",
    why="It can never be verified here: neither the vendor's public key nor what its signatures cover is public. A "
    "real phone may accept it. A simulated phone does not.",
    remedy="To test with these phones, use keys from an authority of your own (`phone-sim license`).",
    basis=Basis.OBSERVED,
    source="D5; field notes 6.1",
)
EXPIRED = Rule(
    code="license-expired",
    severity=Severity.ERROR,
    summary="A site license that has expired",
    why="The phones switch the features off at their next boot or daily check; for the daily check they reboot.",
    remedy="Renew the license, put the new file on the boot server, and reboot the phones.",
    basis=Basis.BULLETIN,
    source="B12, B15, D3, D10",
)
EXPIRES_SOON = Rule(
    code="license-expires-soon",
    severity=Severity.INFO,
    summary=f"A site license that expires within {NOTICE.days} days",
    why="When it has expired, the phones reboot at their daily check, and the features are off.",
    remedy="Renew the license, put the new file on the boot server, and reboot the phones before the last day.",
    basis=Basis.BULLETIN,
    source="B12, B15, D3",
)
FOR_OTHER_PHONE = Rule(
    code="license-for-other-phone",
    severity=Severity.ERROR,
    summary="A phone's activation file that has keys only for other phones",
    why="The phone takes only keys with its own MAC address as serial, and site licenses. The MAC address in the file "
    "name proves nothing.",
    remedy="Put the file that was made for this phone on the boot server, or redeem a license number for it. A license "
    "cannot be moved to another phone.",
    basis=Basis.DECISION,
    source="B6, B11, D9",
)
PHONE_NOT_IN_SITE = Rule(
    code="license-phone-not-in-site",
    severity=Severity.INFO,
    summary="A license key for a phone that is not in the site",
    why="No other file of the site is for a phone with this MAC address. The key may be for a phone that was replaced.",
    remedy="Compare the serial with the MAC address of the phone. If the phone is gone, there is nothing to do.",
    basis=Basis.DECISION,
    source="D9",
)
FEATURE_WITHOUT_NAME = Rule(
    code="license-feature-without-name",
    severity=Severity.INFO,
    summary="A license key for features that this firmware does not know",
    why="The phone logs these features as `Unknown` and does nothing with them. The key is valid all the same.",
    remedy="Nothing, if the key is for later firmware. If a feature is missing, order a license for it.",
    basis=Basis.DECISION,
    source="B14, D2",
)
TOO_MANY = Rule(
    code="license-too-many-keys",
    severity=Severity.WARNING,
    summary=f"An activation file with more than {KEY_LIMIT} keys for one phone",
    why=f"Simulated phones look at the first {KEY_LIMIT} keys that are for them, and ignore the others.",
    remedy="Make the file again with the keys that are still needed.",
    basis=Basis.DECISION,
    source="B16",
)
LICENSE_KEY_RULES = (
    MALFORMED,
    SIGNATURE_NOT_VALID,
    VENDOR_KEY,
    EXPIRED,
    EXPIRES_SOON,
    FOR_OTHER_PHONE,
    PHONE_NOT_IN_SITE,
    FEATURE_WITHOUT_NAME,
    TOO_MANY,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedKey:
    """A key of an activation file: its place, its number in the file from 1, and what was read."""

    place: Place
    number: int
    key: LicenseKey | Malformed

    def finding(self, rule: Rule, what: str) -> Finding:
        """The finding that says `what` of this key."""
        about = f" ({self.key.type.value} {self.key.serial})" if isinstance(self.key, LicenseKey) else ""
        return Finding(rule=rule, place=self.place, message=f"key {self.number}{about} {what}")


def placed_key(place: Place, number: int, attributes: Mapping[str, str]) -> PlacedKey:
    """The key with these attributes."""
    return PlacedKey(place=place, number=number, key=read_key(attributes))


def check_keys(
    keys: Collection[PlacedKey], *, anchor: TrustAnchor, on: date, features: Mapping[int, str]
) -> Iterator[Finding]:
    """The findings about each key on this local date, whichever phone it is for; `features` are names by option bit."""
    of_site = []
    for placed in keys:
        key = placed.key
        if isinstance(key, Malformed):
            yield placed.finding(MALFORMED, f"is malformed: {key}")
            continue
        if not anchor.verifies(key):
            yield _not_verified(placed, key)
            continue
        if key.type is LicenseType.SITE:
            of_site.append((placed, key))
        if unnamed := [f"{grant.bit}" for grant in key.grants if grant.bit not in features]:
            yield placed.finding(FEATURE_WITHOUT_NAME, f"grants option bits without a name: {', '.join(unnamed)}")
    yield from _endings(of_site, on, features)


def check_owner(keys: Collection[PlacedKey], mac: MacAddress) -> Iterator[Finding]:
    """The finding about a file under the name of one phone that has nothing for this phone."""
    read = [(placed, placed.key) for placed in keys if isinstance(placed.key, LicenseKey)]
    if not read or any(key.type is LicenseType.SITE or key.serial == mac.serial for _, key in read):
        return
    serials = _listed(dict.fromkeys(key.serial for _, key in read))
    message = f"no key is for {mac}; the keys are for {serials}"
    yield Finding(rule=FOR_OTHER_PHONE, place=read[0][0].place, message=message)


def check_phones(keys: Collection[PlacedKey], macs: Collection[MacAddress]) -> Iterator[Finding]:
    """The finding about keys for other phones than those of the site."""
    serials = {mac.serial for mac in macs}
    strange = {
        placed.key.serial: placed
        for placed in keys
        if isinstance(placed.key, LicenseKey)
        and placed.key.type is LicenseType.PHONE
        and placed.key.serial not in serials
    }
    if strange:
        message = f"the site has no phone {_listed(strange)}"
        yield Finding(rule=PHONE_NOT_IN_SITE, place=next(iter(strange.values())).place, message=message)


def check_number(keys: Collection[PlacedKey]) -> Iterator[Finding]:
    """The finding about a file with more keys than a phone looks at."""
    counts: Counter[str] = Counter()
    for placed in keys:
        if isinstance(placed.key, LicenseKey):
            counts["" if placed.key.type is LicenseType.SITE else placed.key.serial] += 1
        elif placed.key.type is LicenseType.SITE:
            counts[""] += 1
    of_site = counts.pop("", 0)
    serial, most = max(counts.items(), key=lambda item: item[1], default=("any phone", 0))
    if of_site + most > KEY_LIMIT:
        message = f"{of_site + most} keys are for {serial}; the phone looks at the first {KEY_LIMIT}"
        yield Finding(rule=TOO_MANY, place=Place(file=""), message=message)


def _not_verified(placed: PlacedKey, key: LicenseKey) -> Finding:
    if (bit := surplus_bit(key)) is not None:
        what = f"cannot be verified here; as in genuine files, Duration has a day for bit {bit}, which is not"
        return placed.finding(VENDOR_KEY, f"{what} in Options")
    return placed.finding(SIGNATURE_NOT_VALID, "has a signature that is not valid")


def surplus_bit(key: LicenseKey) -> int | None:
    """The lowest option bit that has a day in Duration but is not granted in Options, or None.

    Only by this can a key of the vendor's be told from a damaged one: no authority here writes it.
    """
    granted = {grant.bit for grant in key.grants}
    surplus = (bit for bit in range(SLOTS) if bit not in granted and _slot(key.duration, bit).strip("0"))
    return next(surplus, None)


def _slot(duration: str, bit: int) -> str:
    end = len(duration) - 4 * bit
    return duration[end - 4 : end]


def _endings(
    keys: Collection[tuple[PlacedKey, LicenseKey]], on: date, features: Mapping[int, str]
) -> Iterator[Finding]:
    """What has expired, or will soon. A later key of the file renews an earlier one (B6, D10)."""
    latest = dict(KeyRing(key for _, key in keys).grants)
    for placed, key in keys:
        ending: dict[Expiry, list[str]] = {}
        for grant in key.grants:
            if latest.get(grant.bit) == grant.expiry:
                del latest[grant.bit]
                ending.setdefault(grant.expiry, []).append(features.get(grant.bit, f"option bit {grant.bit}"))
        for expiry, names in sorted(ending.items()):
            if expiry.last_day is None or expiry.last_day - on > NOTICE:
                continue
            if expiry.is_over(on):
                yield placed.finding(EXPIRED, f"has expired, its last day was {expiry}: {', '.join(names)}")
            else:
                yield placed.finding(EXPIRES_SOON, f"expires soon, its last day is {expiry}: {', '.join(names)}")


def _listed(serials: Collection[str]) -> str:
    shown = ", ".join(list(serials)[:_NAMED])
    return shown if len(serials) <= _NAMED else f"{shown} and {len(serials) - _NAMED} more"
