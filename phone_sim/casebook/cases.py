"""The catalogue of licensing faults: what is wrong, how it looks in the field, and what to do.

A case is a site, a phone, and what happens to them; `phone_sim.casebook.reproduction` plays it. Cases that a log cannot
tell apart share a cause.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from phone_sim.casebook import causes
from phone_sim.casebook.activation_files import (
    MAC,
    NEXT_YEAR,
    OTHER_MAC,
    OWN_FILE,
    SITE_FILE,
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
from phone_sim.casebook.causes import Cause
from phone_sim.licensing.license_file import write

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MASTER = b'<APPLICATION CONFIG_FILES="features.cfg, site.cfg"/>\n'
SITE = b'<site tcpIpApp.sntp.gmtOffset="25200" tcpIpApp.sntp.daylightSavings.enable="0"/>\n'
DIRECTORY = b'<features feature.corporateDirectory.enabled="1"/>\n'
NOTHING = b'<features feature.corporateDirectory.enabled="0"/>\n'


class Ending(Enum):
    """What happens after the first boot."""

    NOTHING = "nothing"
    NIGHT = "the night passes, with the polling time in it"
    LICENSE_PUT = "the license is put on the boot server, and nobody reboots the phone"
    SERVER_DOWN = "the boot server goes down, and the phone is rebooted"
    FLASH_DAMAGED = "a bit of flash flips, and the phone is rebooted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A fault, or what looks like one.

    `wrong` is what is the matter, `field` how that comes about, `fix` what mends it; `cause` is what a reader of the
    log should think of first. `files` makes the activation files on the boot server, by path. `now` is the phone's
    clock, None for never set. `shown` are the log components that are shown of the case, None for all.
    """

    wrong: str
    field: str
    fix: str
    cause: Cause
    files: Callable[[], Mapping[str, bytes]] = dict
    model: str = "SPIP_670"
    firmware: str = "3.3.0"
    now: datetime | None = NOW
    features: bytes = DIRECTORY
    site: bytes = SITE
    ending: Ending = Ending.NOTHING
    shown: frozenset[str] | None = None


_TAMPERED = "Somebody edited the activation file, or a transfer changed it."
_AS_IT_CAME = "Put the file on the boot server again, just as it came."
_NOTHING_TO_FIX = "Nothing: this is how it should be."

CASES: Mapping[str, Case] = {
    "key-signature-not-valid": Case(
        wrong="The bulletin's sample log: a forged phone license, and a clock that was never set (B14).",
        field="The activation file is not the authority's, or not as it was.",
        fix=_AS_IT_CAME,
        cause=causes.SIGNATURE,
        files=lambda: own_file(forged()),
        now=None,
        shown=frozenset({"lic", "ldap", "efk"}),
    ),
    "one-byte-changed": Case(
        wrong="One byte of the key's signature is another.",
        field="A disk, a transfer or an editor changed the file.",
        fix=_AS_IT_CAME,
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
        fix=_AS_IT_CAME,
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
        fix=_NOTHING_TO_FIX,
        cause=causes.LICENSED,
        files=lambda: own_file(site_key(NEXT_YEAR)),
    ),
    "phone-file-under-site-name": Case(
        wrong="This phone's license stands under the site's name.",
        field="Every phone of the site reads it, and the one that it is for takes it (D9).",
        fix=_NOTHING_TO_FIX,
        cause=causes.LICENSED,
        files=lambda: {SITE_FILE: write([phone_key()])},
    ),
    "serial-in-lower-case": Case(
        wrong="The serial is in lower case.",
        field="A tool rewrote the file.",
        fix=_AS_IT_CAME,
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
        cause=causes.OVER,
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
        wrong="The license is over at midnight, and the phone finds out at the polling time, two hours later (B12).",
        field="Expiry is noticed at boot and at the polling time, not in between (D11).",
        fix="Renew it, put the new file on the boot server, and reboot the phone.",
        cause=causes.OVER,
        files=lambda: {SITE_FILE: write([site_key(TODAY)])},
        ending=Ending.NIGHT,
    ),
    "expires-at-the-polling-time": Case(
        wrong="The polling time is midnight, the moment at which the license is over.",
        field="license.polling.time is 00:00.",
        fix="Renew it, put the new file on the boot server, and reboot the phone.",
        cause=causes.OVER,
        files=lambda: {SITE_FILE: write([site_key(TODAY)])},
        site=SITE.replace(b"<site ", b'<site license.polling.time="00:00" '),
        ending=Ending.NIGHT,
    ),
    "older-order-still-valid": Case(
        wrong="The newer of two orders is over, the older one is not; the latest expiry counts (D10).",
        field="A trial was ordered after the license proper.",
        fix=_NOTHING_TO_FIX,
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
    "feature-not-on-this-model": Case(
        wrong="Call recording is configured on a model that does not have it (B3).",
        field="One site file for phones of all models.",
        fix="Switch the feature off for this model, or live with the line.",
        cause=causes.NOT_ON_MODEL,
        model="SPIP_330",
        features=b'<features feature.callRecording.enabled="1"/>\n',
    ),
    "feature-built-in": Case(
        wrong="The Corporate Directory is configured on a VVX 1500, which needs no license for it (B3).",
        field="Somebody waits for a license file to be asked for. The log is that of a phone with nothing configured.",
        fix=_NOTHING_TO_FIX,
        cause=causes.NOT_CONFIGURED,
        model="VVX_1500",
        files=lambda: own_file(phone_key()),
    ),
    "firmware-too-old": Case(
        wrong="The phone's firmware is older than licensing on its model (B2).",
        field="An IP 335 with SIP 3.2.2.",
        fix="Update the firmware to SIP 3.2.3 or later.",
        cause=causes.FIRMWARE,
        model="SPIP_335",
        firmware="3.2.2",
        features=b'<sip feature.19.name="corporate-directory" feature.19.enabled="1"/>\n',
        files=lambda: own_file(phone_key()),
    ),
    "file-not-well-formed": Case(
        wrong="The activation file is not well-formed XML.",
        field="The file was cut off, or pasted together by hand.",
        fix=_AS_IT_CAME,
        cause=causes.NOT_A_FILE,
        files=lambda: {OWN_FILE: write([phone_key()])[:-12]},
    ),
    "file-with-bom": Case(
        wrong="A byte order mark stands before the XML.",
        field="An editor saved the file. The phone reads it all the same.",
        fix=_NOTHING_TO_FIX,
        cause=causes.LICENSED,
        files=lambda: {OWN_FILE: b"\xef\xbb\xbf" + write([phone_key()]).replace(b"ISO-8859-1", b"UTF-8")},
    ),
    "file-with-crlf": Case(
        wrong="The lines of the file end in CR and LF.",
        field="A mail program or an editor rewrote the line ends. The signature does not cover them.",
        fix=_NOTHING_TO_FIX,
        cause=causes.LICENSED,
        files=lambda: {OWN_FILE: write([phone_key()]).replace(b"\n", b"\r\n")},
    ),
    "web-page-as-license": Case(
        wrong="A web page that says 404 was saved, or is sent, as the license file.",
        field="The boot server answers missing files with 200 and a page.",
        fix="Let the boot server answer missing files with 404.",
        cause=causes.NOT_A_FILE,
        files=lambda: {OWN_FILE: b"<!DOCTYPE html>\n<html><body><h1>404 Not Found</h1></body></html>\n"},
    ),
    "empty-file": Case(
        wrong="The license file is empty.",
        field="A download failed and left an empty file.",
        fix=_AS_IT_CAME,
        cause=causes.NOT_A_FILE,
        files=lambda: {OWN_FILE: b""},
    ),
    "clock-unset": Case(
        wrong="The site license is over, but the phone's clock was never set: such a clock expires nothing (D12).",
        field="There is no SNTP server, or it does not answer.",
        fix="Give the phone an SNTP server that answers.",
        cause=causes.CLOCK_UNSET,
        files=lambda: {SITE_FILE: write([site_key(YESTERDAY)])},
        now=None,
    ),
    "clock-wrong": Case(
        wrong="The phone's clock is ten years ahead, so a license that holds is over for it.",
        field="The SNTP server is wrong.",
        fix="Mend the SNTP server, and reboot the phone.",
        cause=causes.OVER,
        files=lambda: {SITE_FILE: write([site_key(NEXT_YEAR)])},
        now=NOW.replace(year=2036),
    ),
    "boot-server-down": Case(
        wrong="The boot server is down when the phone boots again; it goes by what is in flash.",
        field="The boot server or the network failed.",
        fix="See to the boot server.",
        cause=causes.SERVER,
        files=lambda: own_file(phone_key()),
        ending=Ending.SERVER_DOWN,
    ),
    "license-in-wrong-directory": Case(
        wrong="The license file is in a folder that the phone does not look into.",
        field="LICENSE_DIRECTORY does not name it, and the default is the root (B17).",
        fix="Move the file, or name its folder in LICENSE_DIRECTORY.",
        cause=causes.NO_FILE,
        files=lambda: {f"licenses/{OWN_FILE}": write([phone_key()])},
    ),
    "flash-damaged": Case(
        wrong="A bit of flash has flipped.",
        field="Worn storage, or a state folder that was edited.",
        fix="Nothing more: the phone has fetched its files again. If flash fails again, replace it.",
        cause=causes.FLASH,
        files=lambda: own_file(phone_key()),
        ending=Ending.FLASH_DAMAGED,
    ),
    "none-configured": Case(
        wrong="All features are licensed and none is configured, so no license file is asked for (B9).",
        field="The features were not switched on, or in a file that the phone does not read.",
        fix="Switch them on.",
        cause=causes.NOT_CONFIGURED,
        features=NOTHING,
        files=lambda: own_file(phone_key()),
    ),
    "never-rebooted": Case(
        wrong="The license was put on the boot server after the phone had booted (B15).",
        field="The phone fetches a license only when it boots.",
        fix="Reboot the phone.",
        cause=causes.NO_FILE,
        files=lambda: own_file(phone_key()),
        ending=Ending.LICENSE_PUT,
    ),
}
