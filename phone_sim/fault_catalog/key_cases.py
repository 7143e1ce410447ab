"""The cases of the fault catalog whose fault is in a license key: signature, serial, duration, options."""

from collections.abc import Mapping

from phone_sim.fault_catalog import causes
from phone_sim.fault_catalog.activation_files import (
    MAC,
    NEXT_YEAR,
    OTHER_MAC,
    OWN_FILE,
    TODAY,
    YESTERDAY,
    edited,
    extended,
    forged,
    one_byte_changed,
    own_file,
    phone_key,
    signed_by_another_authority,
    site_key,
    truncated,
)
from phone_sim.fault_catalog.case import AS_IT_CAME, NOTHING_TO_FIX, SITE, Case, Ending
from phone_sim.licensing.license_file import SITE_FILE, write

_TAMPERED = "Somebody edited the activation file, or a transfer changed it."

KEY_CASES: Mapping[str, Case] = {
    "key-signature-not-valid": Case(
        wrong="The bulletin's sample log: a forged phone license, and a clock that was never set (B14).",
        field="The activation file is not the authority's, or not as it was.",
        fix=AS_IT_CAME,
        cause=causes.SIGNATURE,
        files=lambda: own_file(forged()),
        now=None,
        shown=frozenset({"lic", "ldap", "efk"}),
    ),
    "one-byte-changed": Case(
        wrong="One byte of the key's signature is another.",
        field="A disk, a transfer or an editor changed the file.",
        fix=AS_IT_CAME,
        cause=causes.SIGNATURE,
        files=lambda: own_file(one_byte_changed()),
    ),
    "other-authority": Case(
        wrong="The key is signed by an authority that the phone does not trust.",
        field="The file is from a test authority, or the phone was given another trust anchor.",
        fix="Give the phone the public key of the authority that signed, or get the file from the right one.",
        cause=causes.SIGNATURE,
        files=lambda: own_file(signed_by_another_authority()),
    ),
    "validation-truncated": Case(
        wrong="The end of the key's Validation is missing.",
        field="The file was copied out of a mail or a terminal that cut a long line.",
        fix=AS_IT_CAME,
        cause=causes.MALFORMED_KEY,
        files=lambda: {OWN_FILE: truncated()},
    ),
    "feature-added": Case(
        wrong="Options was edited to add a feature.",
        field=_TAMPERED,
        fix="Order a license for the feature.",
        cause=causes.SIGNATURE,
        files=lambda: {OWN_FILE: edited(write([phone_key(bits=(0, 3))]), "'00000009'", "'00000001'")},
    ),
    "duration-extended": Case(
        wrong="Duration of an expired site license was edited to a later day.",
        field=_TAMPERED,
        fix="Renew the license.",
        cause=causes.SIGNATURE,
        files=lambda: {SITE_FILE: extended()},
    ),
    "mac-swapped": Case(
        wrong="The serial in another phone's file was changed to this phone's MAC.",
        field="Somebody moved a license to another phone, which a license cannot be (B11).",
        fix="Redeem a license number for this phone.",
        cause=causes.SIGNATURE,
        files=lambda: {OWN_FILE: edited(write([phone_key(OTHER_MAC)]), OTHER_MAC.upper(), MAC.upper())},
    ),
    "file-of-another-phone": Case(
        wrong="Another phone's activation file stands under this phone's name.",
        field="A file was renamed: the MAC in its name proves nothing (D9).",
        fix="Redeem a license number for this phone.",
        cause=causes.OTHER_PHONES,
        files=lambda: own_file(phone_key(OTHER_MAC)),
    ),
    "site-file-under-phone-name": Case(
        wrong="A site license stands under this phone's name.",
        field="The site's file was copied for each phone. It is accepted: content decides, not the name (D9).",
        fix=NOTHING_TO_FIX,
        cause=causes.LICENSED,
        files=lambda: own_file(site_key(NEXT_YEAR)),
    ),
    "phone-file-under-site-name": Case(
        wrong="This phone's license stands under the site's name.",
        field="Every phone of the site reads it, and the one that it is for takes it (D9).",
        fix=NOTHING_TO_FIX,
        cause=causes.LICENSED,
        files=lambda: {SITE_FILE: write([phone_key()])},
    ),
    "serial-in-lower-case": Case(
        wrong="The serial is in lower case.",
        field="A tool rewrote the file.",
        fix=AS_IT_CAME,
        cause=causes.MALFORMED_KEY,
        files=lambda: {OWN_FILE: edited(write([phone_key()]), MAC.upper(), MAC)},
    ),
    "mac-without-leading-zeros": Case(
        wrong="The serial is the MAC without its leading zeros.",
        field="The MAC went through a spreadsheet that took it for a number (B8).",
        fix="Redeem a license number for the MAC with all its 12 digits.",
        cause=causes.OTHER_PHONES,
        files=lambda: {OWN_FILE: edited(write([phone_key()]), MAC.upper(), MAC.upper().lstrip("0"))},
    ),
    "site-license-expired": Case(
        wrong="The site license was over before the phone booted.",
        field="The license was not renewed, or the old file still stands on the boot server.",
        fix="Renew it, put the new file on the boot server, and reboot the phone.",
        cause=causes.EXPIRED,
        files=lambda: {SITE_FILE: write([site_key(YESTERDAY)])},
    ),
    "expires-today": Case(
        wrong="Today is the last day of the license: it holds until midnight (D3).",
        field="The day before the trouble.",
        fix="Renew it today.",
        cause=causes.LICENSED,
        files=lambda: {SITE_FILE: write([site_key(TODAY)])},
    ),
    "expires-at-midnight": Case(
        wrong="The license expires at midnight, and the phone finds out at the next polling time (B12).",
        field="Expiry is noticed at boot and at the polling time, not in between (D11).",
        fix="Renew it, put the new file on the boot server, and reboot the phone.",
        cause=causes.EXPIRED,
        files=lambda: {SITE_FILE: write([site_key(TODAY)])},
        ending=Ending.NIGHT,
    ),
    "expires-at-the-polling-time": Case(
        wrong="The polling time is midnight, the moment at which the license expires.",
        field="license.polling.time is 00:00.",
        fix="Renew it, put the new file on the boot server, and reboot the phone.",
        cause=causes.EXPIRED,
        files=lambda: {SITE_FILE: write([site_key(TODAY)])},
        site=SITE.replace(b"<site ", b'<site license.polling.time="00:00" '),
        ending=Ending.NIGHT,
    ),
    "older-order-still-valid": Case(
        wrong="The newer of two orders is over, the older one is not; the latest expiry counts (D10).",
        field="A trial was ordered after the license proper.",
        fix=NOTHING_TO_FIX,
        cause=causes.LICENSED,
        files=lambda: {SITE_FILE: write([site_key(NEXT_YEAR), site_key(YESTERDAY)])},
    ),
    "unknown-features": Case(
        wrong="The license is for features that this firmware does not know, and not for the one configured.",
        field="The license was made for later firmware; its bits log as Unknown (D2).",
        fix="Order a license for the feature that is configured.",
        cause=causes.LACKS_FEATURE,
        files=lambda: own_file(phone_key(bits=(4, 5, 6, 20))),
    ),
}
