"""The boot ROM stage: what it asks for, how far it reads an image, and which firmware boots afterwards (D28)."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from phone_sim.errors import UsageError
from phone_sim.firmware.boot_rom import BOOT_ROM_FILE, HEADER_SIZE, IMAGE_LIMIT, image_names
from phone_sim.firmware.boot_rom_settings import BootRomSettings
from phone_sim.firmware.effects import (
    Fetch,
    FetchReply,
    FlashDamaged,
    ForgetLog,
    Log,
    Refused,
    Stream,
    TransferFailed,
    Upload,
    WriteFailed,
    WriteFlash,
)
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.kept_change import Origin
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.profile import profile_for
from phone_sim.firmware.session import Identity
from phone_sim.firmware.stage import Stage
from phone_sim.firmware.transfer_facts import FailureKind, FileProtocol
from phone_sim.runtime.identity import make_identity
from phone_sim.runtime.model_files import load_model
from tests.firmware.changed_phone import CLOCK
from tests.make import MAC, Dialogue, line_of, master, of, utc

MASTER = "000000000000.cfg"
IMAGE = bytes(4 * HEADER_SIZE)
OF_BOOT_ROM = "FileTransport PolycomSoundPointIP-SPIP_670-UA/4.2.3.0003"
OF_APPLICATION = "FileTransport PolycomSoundPointIP-SPIP_670-UA/3.2.4.0267"
PART = "2345-12670-001"


def phone(firmware: str = "3.2.4.0267", *, image: str = "header", installed: str = "") -> Identity:
    return make_identity(
        "http://boot.example/",
        model="SPIP_670",
        mac=MAC,
        firmware=firmware,
        boot_rom=True,
        image=image,
        installed=installed,
    )


def booted(identity: Identity, files: Mapping[str, bytes | FetchReply], flash: FlashContents | None = None) -> Dialogue:
    dialogue = Dialogue({MASTER: master(APP_FILE_PATH="sip.ld"), **files}, flash=flash, now=utc("2026-03-10T12:00"))
    starting = Phone(identity)
    dialogue.run(starting.power_on())
    assert starting.service is not None
    return dialogue


def streams(dialogue: Dialogue) -> list[Stream]:
    """The requests for the firmware image."""
    found = [effect for effect in dialogue.effects if isinstance(effect, Stream)]
    return [effect for effect in found if effect.location.name != BOOT_ROM_FILE]


def applications(dialogue: Dialogue) -> set[str]:
    """The User-Agents of the requests after the upload of the boot log."""
    names = [path.lstrip("+") for path in dialogue.requested]
    asked = [effect for effect in dialogue.effects if isinstance(effect, Fetch | Stream | Upload)]
    return {effect.user_agent for effect in asked[names.index(f"{MAC}-boot.log") + 1 :]}


def test_boot_rom_asks_for_the_image_and_the_application_for_the_master_again() -> None:
    dialogue = booted(phone(), {"sip.ld": IMAGE})
    stage = [BOOT_ROM_FILE, f"{MAC}.cfg", MASTER, "sip.ld", f"+{MAC}-boot.log"]
    assert dialogue.requested[: len(stage) + 2] == [*stage, f"{MAC}.cfg", MASTER]
    agents = [effect.user_agent for effect in dialogue.effects if isinstance(effect, Fetch | Stream | Upload)]
    assert set(agents[: len(stage)]) == {OF_BOOT_ROM}
    assert set(agents[len(stage) :]) == {OF_APPLICATION}
    (asked,) = streams(dialogue)
    assert (asked.header, asked.reads_all, asked.limit) == (HEADER_SIZE, False, IMAGE_LIMIT)


def test_later_boot_rom_is_the_updater_and_has_the_serial_number_where_the_application_has_it() -> None:
    identity = phone("4.0.12.0926")
    profile, model = identity.profile, identity.model
    assert profile.boot_rom_user_agent(model, MAC, tag_serial=True) == (
        f"FileTransport PolycomSoundPointIP-SPIP_670-UA/5.0.3.0000 (SN:{MAC}) Type/Updater"
    )
    observed = "FileTransport PolycomSoundStationIP-SSIP_6000-UA/5.0.3.1667 Type/Updater"
    assert profile.boot_rom_user_agent(load_model("SSIP_6000"), MAC, tag_serial=False) == observed


def test_phone_without_a_boot_rom_starts_with_its_application() -> None:
    dialogue = booted(replace(phone(), boot_rom=None), {"sip.ld": IMAGE})
    assert streams(dialogue) == []
    assert f"+{MAC}-boot.log" not in dialogue.requested


@pytest.mark.parametrize(
    ("firmware", "path", "names"),
    [
        ("3.2.4.0267", "sip.ld", ("sip.ld",)),
        ("3.3.1.0907", "sip.ld", (f"{PART}.sip.ld", "sip.ld")),
        ("4.0.12.0926", "a/b/sip.ld", (f"a/b/{PART}.sip.ld", "a/b/sip.ld")),
        ("4.0.12.0926", f"{PART}.sip.ld", (f"{PART}.{PART}.sip.ld", f"{PART}.sip.ld")),
        (
            "4.0.12.0926",
            "http://u:p@images.example/4.0/sip.ld",
            (f"http://u:p@images.example/4.0/{PART}.sip.ld", "http://u:p@images.example/4.0/sip.ld"),
        ),
    ],
)
def test_part_number_is_put_before_the_name_by_later_firmware(firmware: str, path: str, names: tuple[str, ...]) -> None:
    assert image_names(path, load_model("SPIP_670"), profile_for(firmware)) == names


def test_combined_image_is_asked_for_where_there_is_no_split_one() -> None:
    both = booted(phone("3.3.1"), {"sip.ld": IMAGE})
    assert [one.location.name for one in streams(both)] == [f"{PART}.sip.ld", "sip.ld"]
    split = booted(phone("3.3.1"), {f"{PART}.sip.ld": IMAGE, "sip.ld": IMAGE})
    assert [one.location.name for one in streams(split)] == [f"{PART}.sip.ld"]


def test_attribute_of_the_model_and_a_url_lead_to_the_image() -> None:
    path = "http://images.example/3.2.4/sip.ld"
    named = {MASTER: master(APP_FILE_PATH="sip.ld", APP_FILE_PATH_SPIP670=path, APP_FILE_PATH_SPIP650="other.ld")}
    dialogue = booted(phone(), {**named, "3.2.4/sip.ld": IMAGE})
    assert [one.location.url for one in streams(dialogue)] == [path]
    assert f"Firmware image sip.ld: {HEADER_SIZE} bytes read, then dropped: 3.2.4.0267 is in flash" in (
        dialogue.log_of("copy")
    )


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "file not found"),
        ({"sip.ld": bytes(HEADER_SIZE - 1)}, "it has 511 bytes, fewer than a header"),
        ({"sip.ld": b""}, "it has 0 bytes, fewer than a header"),
        ({"sip.ld": b"<!DOCTYPE html><title>Not here</title>" + IMAGE}, "it is a web page"),
        ({"sip.ld": Refused("Forbidden", 403, FileProtocol.HTTP)}, "HTTP 403 Forbidden"),
        ({"sip.ld": TransferFailed(FailureKind.BROKEN_OFF, "the answer breaks off")}, "the answer breaks off"),
        ({MASTER: master(APP_FILE_PATH="x" * 256)}, "its name is longer than 255 characters"),
        ({MASTER: master(APP_FILE_PATH="http://0.0.0.0/sip.ld")}, "there is no server for it"),
    ],
)
@pytest.mark.parametrize(("installed", "kept"), [("", "3.2.4.0267"), ("3.1.3.0439", "3.1.3.0439")])
def test_without_a_usable_image_the_phone_keeps_its_firmware_and_says_so(
    files: dict[str, bytes | FetchReply], reason: str, installed: str, kept: str
) -> None:
    dialogue = booted(phone(image="whole", installed=installed), files)
    said = [*dialogue.log_of("copy"), *dialogue.log_of("app1")]
    assert any(line.startswith("Firmware image ") and line.endswith(f" cannot be used: {reason}") for line in said)
    assert f"Firmware {kept} in flash is kept" in said
    assert applications(dialogue) == {OF_APPLICATION.replace("3.2.4.0267", kept)}
    assert dialogue.flash.firmware == ""  # type: ignore[union-attr]


@pytest.mark.parametrize("named", [b"<no", master(APP_FILE_PATH=""), master(CONFIG_FILES="a.cfg")])
def test_where_no_image_is_named_none_is_asked_for_and_the_log_is_sent(named: bytes) -> None:
    dialogue = booted(phone(), {MASTER: named})
    assert streams(dialogue) == []
    assert f"+{MAC}-boot.log" in dialogue.requested
    assert any(line.startswith("No firmware image is named: ") for line in dialogue.log_of("copy"))


def test_image_is_read_whole_where_another_version_is_in_flash_and_then_is_in_flash() -> None:
    identity = phone("4.0.12.0926", image="whole", installed="3.2.4.0267")
    first = booted(identity, {"sip.ld": IMAGE})
    # The older boot ROM reads the combined image.
    assert [(one.location.name, one.reads_all, one.user_agent) for one in streams(first)] == [
        ("sip.ld", True, OF_BOOT_ROM)
    ]
    assert f"Firmware image sip.ld: {len(IMAGE)} bytes read: 4.0.12.0926 replaces 3.2.4.0267" in first.log_of("copy")
    assert applications(first) == {"FileTransport PolycomSoundPointIP-SPIP_670-UA/4.0.12.0926 Type/Application"}
    assert isinstance(first.flash, FlashContents)
    again = booted(identity, {f"{PART}.sip.ld": IMAGE}, first.flash)
    assert [one.reads_all for one in streams(again)] == [False]
    assert applications(again) == applications(first)


def test_header_alone_is_read_whatever_firmware_flash_names() -> None:
    dialogue = booted(phone(), {"sip.ld": IMAGE}, FlashContents(firmware="3.1.3.0439"))
    assert [one.reads_all for one in streams(dialogue)] == [False]
    assert applications(dialogue) == {OF_APPLICATION}


def test_flash_with_a_version_that_is_none_counts_as_the_phone_s_own_firmware() -> None:
    dialogue = booted(phone(image="whole"), {"sip.ld": IMAGE}, FlashContents(firmware="newest"))
    assert [one.reads_all for one in streams(dialogue)] == [False]


def test_damaged_flash_is_left_to_the_application_and_a_failed_write_is_said() -> None:
    identity = phone(image="whole", installed="3.1.3.0439")
    site = {MASTER: master(APP_FILE_PATH="sip.ld"), "sip.ld": IMAGE}
    damaged = Dialogue(site, flash=FlashDamaged("the checksum is wrong"))
    damaged.run(Phone(identity).power_on())
    assert any("flash is damaged" in line for line in damaged.log_of("lic"))
    full = Dialogue(site)
    full.write_reply = WriteFailed("no space left")
    full.run(Phone(identity).power_on())
    assert full.log_of("lic")[0] == "cfgCfsFlashKeyScratchSave: flash was not written: no space left"
    assert applications(full) == {OF_APPLICATION}


def test_silent_boot_server_is_asked_once_in_each_stage() -> None:
    silence = TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)
    dialogue = Dialogue(dict.fromkeys((BOOT_ROM_FILE, f"{MAC}.cfg", MASTER), silence))
    dialogue.run(Phone(phone()).power_on())
    assert dialogue.requested == [BOOT_ROM_FILE, f"{MAC}.cfg"]
    dialogue = Dialogue(dialogue.files)
    dialogue.run(Phone(phone("3.3.1")).power_on())
    assert dialogue.requested == [f"{MAC}.cfg", f"{MAC}.cfg"]


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (None, "File bootrom.ld is not on the boot server"),
        (IMAGE, f"Firmware image bootrom.ld: {HEADER_SIZE} bytes read, then dropped: 4.2.3.0003 is in flash"),
        (b"<html>", "Firmware image bootrom.ld cannot be used: it is a web page"),
        (Refused("Forbidden", 403, FileProtocol.HTTP), "Firmware image bootrom.ld cannot be used: HTTP 403"),
    ],
)
def test_image_of_the_boot_rom_is_opened_by_earlier_firmware_and_changes_nothing(
    reply: bytes | FetchReply | None, text: str
) -> None:
    site: dict[str, bytes | FetchReply] = {"sip.ld": IMAGE, **({} if reply is None else {BOOT_ROM_FILE: reply})}
    dialogue = booted(phone(), site, FlashContents(parameters=of({"log.level.change.copy": "3"})))
    assert any(line.startswith(text) for line in dialogue.log_of("copy"))
    assert [one.location.name for one in streams(dialogue)] == ["sip.ld"]
    later = booted(phone("3.3.1"), site)
    assert BOOT_ROM_FILE not in later.requested


@pytest.mark.parametrize(("now", "stamp"), [("2026-07-10T12:00", "0710120000"), (None, "000000.000")])
def test_its_log_is_in_gmt_or_in_seconds_since_power_on(now: str | None, stamp: str) -> None:
    site = {MASTER: master(APP_FILE_PATH="sip.ld", LOG_FILE_DIRECTORY="logs"), "sip.ld": IMAGE}
    dialogue = Dialogue(site, now=None if now is None else utc(now))
    dialogue.run(Phone(phone()).power_on())
    lines = [line for line, log in zip(dialogue.lines, logs(dialogue), strict=True) if log.stage is Stage.BOOT_ROM]
    assert lines[0] == f"{stamp}|app1 |*|03|SoundPoint IP 670 {MAC} boot ROM 4.2.3.0003 started"
    assert {line.partition("|")[0] for line in lines} == {stamp}
    assert f"+logs/{MAC}-boot.log" in dialogue.requested
    forgotten = [effect.stage for effect in dialogue.effects if isinstance(effect, ForgetLog)]
    assert forgotten == [Stage.BOOT_ROM, Stage.APPLICATION]
    assert line_of(logs(dialogue)[0], utc("2026-07-10T12:00")).startswith(stamp)


def logs(dialogue: Dialogue) -> list[Log]:
    return [effect for effect in dialogue.effects if isinstance(effect, Log)]


def test_settings_that_differ_in_nothing_are_equal_and_have_the_same_hash() -> None:
    one, other = (BootRomSettings(installed="3.2.4", dictionaries={}) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)


def test_change_on_a_phone_that_keeps_its_firmware_is_one_of_that_firmware() -> None:
    dialogue = Dialogue({MASTER: master()}, now=utc("2026-03-10T12:00"))
    running = Phone(phone("4.0.12.0926", image="whole", installed="3.2.4.0267"))
    dialogue.run(running.power_on())
    with pytest.raises(UsageError, match="has no parameter"):
        dialogue.run(running.change("feature.callList.enabled", "1", Origin.PHONE))
    dialogue.flash = FlashDamaged("the checksum is wrong")
    dialogue.run(running.change(CLOCK, "1", Origin.PHONE))
    written = [effect.contents for effect in dialogue.effects if isinstance(effect, WriteFlash)]
    assert (written[-1].firmware, len(written[-1].changes)) == ("3.2.4.0267", 1)
