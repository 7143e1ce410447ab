"""Licenses at a boot: when a file is asked for, and what is taken from it (B2, B9 to B11, B13, B15, B16, D6 to D10)."""

from datetime import datetime

import pytest

from phone_sim.firmware.boot import InService
from phone_sim.firmware.effects import FetchReply, NotFound, Refused, TransferFailed
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.session import Identity
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.licensing.expiry import NEVER
from phone_sim.licensing.license_file import KEY_LIMIT, write
from phone_sim.licensing.license_key import LicenseKey
from tests.make import (
    H323,
    LDAP,
    MAC,
    NWAY_CONFERENCE,
    PHONE_FILE,
    SITE_FILE,
    SITE_SERIAL,
    USB_AUDIO,
    Dialogue,
    boot,
    configured,
    copies,
    enabled,
    forged,
    identity,
    master,
    refused,
    signed_key,
    until,
    utc,
)

TODAY = utc("2026-03-10T12:00")
BLANK = "cfgCfsFlashKeyScratchLoad: key is blank"
NEVER_TEXT = "WED DEC 31 23:59:58 1969"  # the mark at GMT
OTHERS_KEY = signed_key(serial="0004F2AABBCD")
SITE_KEY = signed_key({LDAP: NEVER}, serial=SITE_SERIAL)
Files = dict[str, bytes | FetchReply]


def site(*features: str, **files: bytes) -> Files:
    return {"000000000000.cfg": master(CONFIG_FILES="site.cfg"), "site.cfg": configured(*features), **files}


def booted(dialogue: Dialogue, phone: Identity | None = None) -> InService:
    dialogue.effects.clear()
    return dialogue.run(boot(phone or identity()))


@pytest.mark.parametrize("always", [False, True])
@pytest.mark.parametrize(
    ("features", "site_file", "phone_file", "expected"),
    [
        ((), [], [], []),
        (("H323",), [], [], []),  # not on this model
        (("LDAP",), [], [], [SITE_FILE, PHONE_FILE]),
        (("LDAP",), [SITE_KEY], [], [SITE_FILE]),
        (("LDAP",), [], [signed_key()], [SITE_FILE, PHONE_FILE]),
        (("LDAP", "UsbAudio"), [SITE_KEY], [signed_key({USB_AUDIO: NEVER})], [SITE_FILE, PHONE_FILE]),
        (("LDAP",), [forged(SITE_KEY)], [], [SITE_FILE, PHONE_FILE]),
        (("LDAP",), [signed_key({LDAP: until("2026-03-09")})], [], [SITE_FILE, PHONE_FILE]),
        (("LDAP",), [signed_key({LDAP: until("2026-03-10")})], [], [SITE_FILE]),
    ],
)
def test_file_is_asked_for_only_while_something_is_unlicensed(
    features: tuple[str, ...],
    site_file: list[LicenseKey],
    phone_file: list[LicenseKey],
    expected: list[str],
    always: bool,
) -> None:
    files = site(*features) | {SITE_FILE: write(site_file), PHONE_FILE: write(phone_file)}
    dialogue = Dialogue(files, now=TODAY)
    booted(dialogue, identity(always_fetches_license=always))
    assert dialogue.licenses_requested == ([SITE_FILE, PHONE_FILE] if always else expected)


def test_built_in_feature_asks_for_no_license() -> None:
    dialogue = Dialogue(site("LDAP", "UsbAudio"))
    booted(dialogue, identity(model="VVX1500"))
    assert dialogue.licenses_requested == []


def test_license_in_flash_is_not_asked_for_again() -> None:
    dialogue = Dialogue(site("LDAP") | {PHONE_FILE: write([signed_key()])})
    assert enabled(booted(dialogue)) == {"LDAP"}
    del dialogue.files[PHONE_FILE]  # B11: it cannot be removed
    assert enabled(booted(dialogue)) == {"LDAP"}
    assert dialogue.licenses_requested == []
    assert BLANK not in dialogue.log_of("lic")


def test_feature_that_is_configured_later_is_licensed_by_the_key_in_flash() -> None:
    dialogue = Dialogue(site("LDAP") | {PHONE_FILE: write([signed_key({LDAP: NEVER, USB_AUDIO: NEVER})])})
    booted(dialogue)
    dialogue.files["site.cfg"] = configured("LDAP", "UsbAudio")
    assert enabled(booted(dialogue)) == {"LDAP", "UsbAudio"}
    assert dialogue.licenses_requested == []


def test_new_license_is_seen_at_the_next_boot_only() -> None:
    dialogue = Dialogue(site("LDAP"))
    assert refused(booted(dialogue)) == {"LDAP"}
    dialogue.files[PHONE_FILE] = write([signed_key()])
    assert enabled(booted(dialogue)) == {"LDAP"}


def test_several_licenses_add_up() -> None:
    keys = [
        signed_key({USB_AUDIO: NEVER}),
        signed_key({LDAP: until("2026-03-10")}),
        signed_key({LDAP: until("2027-01-01"), H323: NEVER}),
        OTHERS_KEY,
    ]
    dialogue = Dialogue(site("LDAP", "UsbAudio") | {PHONE_FILE: write(keys)}, now=TODAY)
    service = booted(dialogue)
    assert enabled(service) == {"LDAP", "UsbAudio"}
    assert service.ring.grants == {USB_AUDIO: NEVER, LDAP: until("2027-01-01"), H323: NEVER}
    assert "cfgCfsKeysUpdate: 3 keys updated" in dialogue.log_of("lic")


def test_bad_key_voids_no_other() -> None:
    malformed = write([SITE_KEY]).replace(b"'2.0'", b"'9.0'").partition(b"<licenses>")[2].partition(b"</licenses>")[0]
    good = write([forged(signed_key({USB_AUDIO: NEVER})), signed_key(), OTHERS_KEY])
    data = good.replace(b"<licenses>", b"<licenses>" + malformed + b"<licenseKey Type='Site'/>")
    dialogue = Dialogue(site("LDAP", "UsbAudio") | {PHONE_FILE: data}, now=TODAY)
    service = booted(dialogue)
    assert (enabled(service), refused(service)) == ({"LDAP"}, {"UsbAudio"})
    assert dialogue.log_of("lic") == [
        BLANK,
        "cfgCfsXmlKeyValidate: Key is malformed: Version '9.0' is not 2.0",
        "cfgCfsKeysUpdateLicenseParse: Site license is not valid",
        "cfgCfsXmlKeyValidate: Key is malformed: Serial is missing",
        "cfgCfsKeysUpdateLicenseParse: Site license is not valid",
        f"License: new key for UsbAudio expiry {NEVER_TEXT} added",
        "cfgCfsXmlKeyValidate: Key signature is not valid",
        "cfgCfsKeysUpdateLicenseParse: Phone license is not valid",
        f"License: new key for LDAP expiry {NEVER_TEXT} added",
        "cfgCfsKeysUpdate: 1 keys updated",
        "License: feature UsbAudio is not available",
    ]


def test_key_of_no_known_type_is_not_valid() -> None:
    data = f"<licenses><licenseKey Serial='{MAC.serial}' Type='Group'/></licenses>".encode()
    dialogue = Dialogue(site("LDAP") | {PHONE_FILE: data})
    booted(dialogue)
    assert "cfgCfsKeysUpdateLicenseParse: license is not valid" in dialogue.log_of("lic")


@pytest.mark.parametrize("name", [SITE_FILE, PHONE_FILE])
def test_file_name_proves_nothing(name: str) -> None:
    """A site license under the phone's name is one, the phone's license under the site's name too (D9)."""
    for key in (SITE_KEY, signed_key()):
        assert enabled(booted(Dialogue(site("LDAP") | {name: write([key])}))) == {"LDAP"}
    dialogue = Dialogue(site("LDAP") | {name: copies([OTHERS_KEY, OTHERS_KEY])})
    assert refused(booted(dialogue)) == {"LDAP"}
    assert f"cfgCfsKeysUpdate: {name} has no key for this phone, 2 for others" in dialogue.log_of("lic")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"<?xml version='1.0' standalone='yes'?>", "line 1: not well-formed XML: Start tag expected, '<' not found"),
        (b"<!DOCTYPE html><html>soft 404</html>", "line 1: the file is an HTML page"),
        (b"<config/>", "line 1: the root element is config, not licenses"),
    ],
)
def test_what_is_no_activation_file_is_logged(data: bytes, reason: str) -> None:
    dialogue = Dialogue(site("LDAP") | {PHONE_FILE: data})
    assert refused(booted(dialogue)) == {"LDAP"}
    assert f"cfgCfsKeysUpdate: {PHONE_FILE} is not an activation file: {reason}" in dialogue.log_of("lic")


@pytest.mark.parametrize(
    "reply", [NotFound("404"), Refused("403 Forbidden"), TransferFailed(FailureKind.BROKEN_OFF, "cut off")]
)
def test_file_that_cannot_be_had_is_logged(reply: NotFound | Refused | TransferFailed) -> None:
    dialogue = Dialogue(site("LDAP") | {SITE_FILE: reply, PHONE_FILE: write([signed_key()])})
    assert enabled(booted(dialogue)) == {"LDAP"}
    assert f"Failed to download file {SITE_FILE}: {reply.reason}" in dialogue.log_of("copy")


def test_no_file_can_flood_the_log() -> None:
    keys = [forged(SITE_KEY)] * KEY_LIMIT + [SITE_KEY]
    dialogue = Dialogue(site("LDAP") | {SITE_FILE: copies(keys)})
    assert refused(booted(dialogue)) == {"LDAP"}
    assert f"cfgCfsKeysUpdate: {SITE_FILE} has 257 keys for this phone, 256 are read" in dialogue.log_of("lic")
    assert len(dialogue.log_of("lic")) < 4 * KEY_LIMIT


def test_end_of_a_license_is_printed_as_its_last_second() -> None:
    dialogue = Dialogue(site("LDAP") | {SITE_FILE: write([signed_key({LDAP: until("2022-03-15")})])}, now=TODAY)
    booted(dialogue)
    assert dialogue.log_of("lic")[1:4] == [
        "License: new key for LDAP expiry TUE MAR 15 23:59:59 2022 added",
        "cfgCfsKeysUpdateLicenseParse: Site license has expired",
        "cfgCfsKeysUpdate: 0 keys updated",
    ]


def test_file_with_expired_keys_updates_as_many_at_each_boot() -> None:
    """What has expired counts as none, at the first boot as at the second (D23); one that holds counts once."""
    keys = [signed_key({LDAP: until("2022-03-15")}), signed_key({H323: until("2022-03-15")})]
    for more, first in (([], 0), ([signed_key({USB_AUDIO: NEVER})], 1)):
        dialogue = Dialogue(site("LDAP") | {PHONE_FILE: write([*keys, *more])}, now=TODAY)
        for updated in (first, 0):
            booted(dialogue)
            assert [line for line in dialogue.log_of("lic") if "updated" in line] == [
                f"cfgCfsKeysUpdate: {updated} keys updated"
            ]


@pytest.mark.parametrize(
    ("now", "licensed"),
    [
        (None, True),  # an unset clock expires nothing (D12)
        (utc("2026-03-10T23:59:59"), True),
        (utc("2026-03-11T00:00"), False),
    ],
)
def test_license_is_over_at_the_local_midnight(now: datetime | None, licensed: bool) -> None:
    files = site("LDAP") | {SITE_FILE: write([signed_key({LDAP: until("2026-03-10")})])}
    files["site.cfg"] = configured("LDAP", tcpIpApp_sntp_daylightSavings_enable="0")
    assert enabled(booted(Dialogue(files, now=now))) == ({"LDAP"} if licensed else set())


@pytest.mark.parametrize(("offset", "licensed"), [("-36000", True), ("0", False), ("36000", False)])
def test_midnight_is_the_phones_own(offset: str, licensed: bool) -> None:
    files = site("LDAP") | {SITE_FILE: write([signed_key({LDAP: until("2026-01-10")})])}
    files["site.cfg"] = configured("LDAP", tcpIpApp_sntp_gmtOffset=offset)
    assert enabled(booted(Dialogue(files, now=utc("2026-01-11T05:00")))) == ({"LDAP"} if licensed else set())


def test_license_that_ended_in_flash_is_replaced() -> None:
    dialogue = Dialogue(site("LDAP"), flash=FlashContents(keys=(signed_key({LDAP: until("2026-03-09")}),)), now=TODAY)
    assert refused(booted(dialogue)) == {"LDAP"}
    dialogue.files[SITE_FILE] = write([signed_key({LDAP: until("2027-03-09")})])
    assert enabled(booted(dialogue)) == {"LDAP"}
    assert dialogue.flash == FlashContents(
        keys=(signed_key({LDAP: until("2027-03-09")}),),
        parameters=booted(dialogue).configuration.parameters,
        boot_server="http://boot.example/",
        booted_before=True,
    )


def test_unlicensed_feature_is_refused_and_the_phone_goes_on() -> None:
    dialogue = Dialogue(site("LDAP", "UsbAudio", "NwayConference"))
    service = booted(dialogue)
    assert refused(service) == {"LDAP", "UsbAudio", "NwayConference"}
    assert dialogue.log_of("usbio") == ["Initial log entry. Current logging level 4", "usbio: Not Licensed"]
    assert dialogue.log_of("so") == ["Initial log entry. Current logging level 4", "so: Not Licensed"]
    assert dialogue.log_of("ldap")[-1] == "cDynamicData::cDynamicData:cDynamicData:Failed"
    assert dialogue.log_of("efk") == ["Initial log entry. Current logging level 4"]
    assert dialogue.shown[-1] == "SoundPoint IP 670"


def test_licensed_feature_starts_without_complaint() -> None:
    dialogue = Dialogue(site("LDAP") | {PHONE_FILE: write([signed_key()])})
    booted(dialogue)
    assert dialogue.log_of("ldap") == ["Initial log entry. Current logging level 4"]


@pytest.mark.parametrize(
    ("keys", "count"),
    [
        ((forged(signed_key()),), 1),
        ((OTHERS_KEY,), 1),
        ((signed_key({NWAY_CONFERENCE: NEVER}), forged(signed_key()), OTHERS_KEY), 2),
    ],
)
def test_forged_flash_grants_nothing(keys: tuple[LicenseKey, ...], count: int) -> None:
    dialogue = Dialogue(site("LDAP"), flash=FlashContents(keys=keys))
    assert refused(booted(dialogue)) == {"LDAP"}
    assert f"cfgCfsFlashKeyScratchLoad: {count} keys in flash are not valid" in dialogue.log_of("lic")
    assert dialogue.licenses_requested == [SITE_FILE, PHONE_FILE]


def test_key_in_flash_that_cannot_be_used_is_not_lost() -> None:
    dialogue = Dialogue(site("LDAP") | {SITE_FILE: write([SITE_KEY])}, flash=FlashContents(keys=(OTHERS_KEY,)))
    assert enabled(booted(dialogue)) == {"LDAP"}
    assert isinstance(dialogue.flash, FlashContents)
    assert set(dialogue.flash.keys) == {OTHERS_KEY, SITE_KEY}
    assert enabled(booted(dialogue)) == {"LDAP"}


@pytest.mark.parametrize("always", [False, True])
@pytest.mark.parametrize(
    ("model", "firmware", "minimum", "feature"),
    [
        ("SPIP335", "3.2.2.0001", "3.2.3", "LDAP"),
        ("SSIP5000", "3.2.2.0001", "3.2.3", "LDAP"),
        ("VVX1500", "3.2.1.0001", "3.2.2", "H323"),
    ],
)
def test_firmware_without_licensing_says_so(
    model: str, firmware: str, minimum: str, feature: str, always: bool
) -> None:
    numbered = b"<a feature.1.name='corporate-directory' feature.1.enabled='1' voIpProt.H323.enable='1'/>"
    key = signed_key({LDAP: NEVER, H323: NEVER})
    dialogue = Dialogue(site() | {"site.cfg": numbered, PHONE_FILE: write([key])}, flash=FlashContents(keys=(key,)))
    phone = identity(model=model, firmware=firmware, always_fetches_license=always)
    assert refused(booted(dialogue, phone)) == {feature}
    assert dialogue.licenses_requested == []
    assert dialogue.log_of("lic") == [
        f"License: {phone.model.name} has no licensing before firmware {minimum}, this is {firmware}",
        f"License: feature {feature} is not available",
    ]
    newer = identity(model=model, firmware=minimum, always_fetches_license=always)
    assert enabled(booted(dialogue, newer)) == {feature}  # the key in flash waited for it
