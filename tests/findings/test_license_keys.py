"""Findings about license keys: a verdict that matters to the phones of a site, and nothing for keys that are usable."""

from datetime import date

import pytest

from phone_sim.findings.finding import Finding
from phone_sim.findings.license_files import check_license_file
from phone_sim.licensing.expiry import NEVER
from phone_sim.licensing.license_file import KEY_LIMIT, write
from phone_sim.licensing.license_key import LicenseKey
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.model_files import load_features
from phone_sim.runtime.trust_file import load_anchor
from tests.make import LDAP, MAC, PHONE_FILE, SITE_FILE, SITE_SERIAL, UA_CSTA, USB_AUDIO, copies, forged, signed_key
from tests.make import until as last

FEATURES = {feature.bit: feature.name for feature in load_features()}
DAY = date(2026, 3, 2)
OTHER = signed_key(serial="0004F2000009")


def site(until: str, *bits: int) -> LicenseKey:
    """A site license for these bits, by default the corporate directory."""
    return signed_key(dict.fromkeys(bits or (LDAP,), last(until)), serial=SITE_SERIAL)


def found(data: bytes | list[LicenseKey], name: str = PHONE_FILE, *macs: MacAddress) -> list[Finding]:
    """The findings about a file of keys."""
    data = data if isinstance(data, bytes) else write(data)
    return [*check_license_file(name, data, anchor=load_anchor(), on=DAY, features=FEATURES, macs=macs)]


def codes(findings: list[Finding]) -> list[str]:
    """The rules of findings."""
    return [finding.rule.code.removeprefix("license-") for finding in findings]


def test_usable_keys_give_no_finding() -> None:
    assert found([signed_key()], PHONE_FILE, MAC) == []
    assert found([signed_key(), OTHER]) == [], "one file for all phones of an order (B6)"
    assert found([site("2026-12-31")], SITE_FILE) == []
    assert found([signed_key(), signed_key({USB_AUDIO: NEVER})]) == [], "a later order (B16)"


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ([site("2026-03-01")], "expired: key 1 (Site 000000012345) has expired, its last day was 2026-03-01: Corp"),
        (
            [site("2026-03-02")],
            "expires-soon: key 1 (Site 000000012345) expires soon, its last day is 2026-03-02: Corp",
        ),
        ([site("2026-04-01")], "expires-soon: key 1"),
        ([site("2026-04-02")], None),
        ([site("2026-03-01"), site("2027-01-01")], None),  # renewed (B6, D10)
        ([site("2027-01-01", USB_AUDIO), site("2026-03-01", USB_AUDIO, LDAP)], "expired: key 2"),
        ([forged(site("2026-03-01"))], "signature-not-valid: key 1 (Site 000000012345) has a signature"),
    ],
)
def test_last_day_of_what_no_later_key_renews_is_reported(keys: list[LicenseKey], message: str | None) -> None:
    findings = found(keys, SITE_FILE)
    assert len(findings) == (message is not None)
    for finding in findings:
        assert f"{codes([finding])[0]}: {finding.message}".startswith(message or "-")
        assert "Recording" not in finding.message


def test_key_that_looks_genuine_is_not_called_damaged() -> None:
    """As in the public file of a real site: a day for a bit that Options does not grant (field notes 6.1)."""
    key = site("2026-12-31", 0, 1, 2, 4, 5, 6, 7)
    genuine = LicenseKey(
        serial=key.serial, type=key.type, options="00000077", duration=key.duration, validation=bytes(255) + b"\1"
    )
    (finding,) = found([genuine], SITE_FILE)
    assert codes([finding]) == ["vendor-key"]
    assert "a day for bit 7, which is not in Options" in finding.message
    assert "can never be verified here" in finding.rule.why


def test_key_of_another_phone_is_reported_where_no_key_is_for_this_one() -> None:
    assert codes(found([OTHER])) == ["for-other-phone"]
    assert codes(found([OTHER], PHONE_FILE.upper().replace("LICENSE.CFG", "license.cfg"))) == [
        "mac-in-upper-case",
        "for-other-phone",
    ]
    assert codes(found([OTHER, site("2026-12-31")])) == ["site-key-in-phone-file"]
    assert codes(found([OTHER], SITE_FILE)) == ["phone-key-in-site-file"]


def test_key_of_a_phone_that_the_site_does_not_have_is_reported() -> None:
    serials = [f"0004F20000{number:02d}" for number in range(5)]
    findings = found([signed_key(serial=serial) for serial in serials], "all.cfg", MacAddress("0004f2000000"))
    assert codes(findings) == ["phone-not-in-site"]
    assert findings[0].message == "the site has no phone 0004F2000001, 0004F2000002, 0004F2000003 and 1 more"


def test_malformed_key_says_which_attribute() -> None:
    data = write([signed_key()]).replace(MAC.serial.encode(), MAC.serial.lower().encode())
    (finding,) = found(data)
    assert codes([finding]) == ["key-malformed"]
    assert finding.message == "key 1 is malformed: Serial '0004f2aabbcc' is not 12 upper-case hexadecimal digits"


def test_feature_without_name_and_too_many_keys_are_reported() -> None:
    (finding,) = found([signed_key({LDAP: NEVER, UA_CSTA: NEVER, 20: NEVER})])
    assert finding.message.endswith("grants option bits without a name: 4, 20")
    keys = [signed_key({LDAP: last("2027-01-01")}).signed(number.to_bytes(256)) for number in range(KEY_LIMIT + 1)]
    assert codes(found(copies(keys), SITE_FILE))[0] == "too-many-keys"
    assert codes(found(copies(keys[1:]), SITE_FILE))[0] == "signature-not-valid"
