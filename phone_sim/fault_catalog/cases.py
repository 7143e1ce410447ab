"""The fault catalog, licensing faults case by case: what is wrong, how it looks in the field, and what to do.

`phone_sim.fault_catalog.reproduction` plays a case. Cases that a log cannot tell apart share a cause.
"""

from collections.abc import Mapping

from phone_sim.fault_catalog import causes
from phone_sim.fault_catalog.activation_files import (
    NEXT_YEAR,
    OWN_FILE,
    TODAY,
    YESTERDAY,
    own_file,
    phone_key,
    site_key,
)
from phone_sim.fault_catalog.case import AS_IT_CAME, ASKING_SITE, NOTHING, NOTHING_TO_FIX, NOW, Case, Ending
from phone_sim.fault_catalog.key_cases import KEY_CASES
from phone_sim.licensing.license_file import SITE_FILE, write

CASES: Mapping[str, Case] = {
    **KEY_CASES,
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
        fix=NOTHING_TO_FIX,
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
        fix=AS_IT_CAME,
        cause=causes.NOT_A_FILE,
        files=lambda: {OWN_FILE: write([phone_key()])[:-12]},
    ),
    "file-with-bom": Case(
        wrong="A byte order mark stands before the XML.",
        field="An editor saved the file. The phone reads it all the same.",
        fix=NOTHING_TO_FIX,
        cause=causes.LICENSED,
        files=lambda: {OWN_FILE: b"\xef\xbb\xbf" + write([phone_key()]).replace(b"ISO-8859-1", b"UTF-8")},
    ),
    "file-with-crlf": Case(
        wrong="The lines of the file end in CR and LF.",
        field="A mail program or an editor rewrote the line ends. The signature does not cover them.",
        fix=NOTHING_TO_FIX,
        cause=causes.LICENSED,
        files=lambda: {OWN_FILE: write([phone_key()]).replace(b"\n", b"\r\n")},
    ),
    "web-page-as-license": Case(
        wrong="A web page that says 404 was saved, or is sent, as the license file.",
        field="The boot server answers missing files with 200 and a page.",
        fix="Let the boot server answer missing files with 404.",
        cause=causes.WEB_PAGE,
        files=lambda: {OWN_FILE: b"<!DOCTYPE html>\n<html><body><h1>404 Not Found</h1></body></html>\n"},
    ),
    "empty-file": Case(
        wrong="The license file is empty.",
        field="A download failed and left an empty file.",
        fix=AS_IT_CAME,
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
        cause=causes.EXPIRED,
        files=lambda: {SITE_FILE: write([site_key(NEXT_YEAR)])},
        now=NOW.replace(year=2036),
    ),
    "time-server-alternates": Case(
        wrong="The time server tells the right time and one ten years ahead by turns.",
        field="Several servers answer at one address, and the clock of one of them is wrong.",
        fix="Mend the server, cut the phone's power and switch it on.",
        cause=causes.TIME_SERVER,
        files=lambda: {SITE_FILE: write([site_key(NEXT_YEAR)])},
        site=ASKING_SITE,
        time_server=lambda count, now: now.replace(year=now.year + 10 * (count % 2)),
        ending=Ending.NIGHT,
    ),
    "time-server-stands-still": Case(
        wrong="The time server always tells the same time, a few minutes before the license expires.",
        field="The server's clock has stopped, or it is a test server that was given a fixed time.",
        fix="Mend the server, cut the phone's power and switch it on.",
        cause=causes.TIME_SERVER,
        files=lambda: {SITE_FILE: write([site_key(TODAY)])},
        site=ASKING_SITE.replace(b"<site ", b'<site license.polling.time="00:00" '),
        time_server=lambda _count, _now: NOW.replace(hour=16, minute=50),
        ending=Ending.NIGHT,
    ),
    "boot-server-down": Case(
        wrong="The boot server is down when the phone boots again; it goes by what is in flash.",
        field="The boot server or the network failed.",
        fix="See to the boot server.",
        cause=causes.CONNECTION_REFUSED,
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
