"""The menus and their keys, on phones in service (B18, B12)."""

import pytest

from phone_sim.firmware.corporate_directory import NO_SERVER
from phone_sim.firmware.effects import ReadClock, Show
from phone_sim.firmware.keypad import Key, Typed
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.menu import CLOSED
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.screen import Frame
from phone_sim.licensing.expiry import NEVER
from tests.by_hand import by_hand
from tests.firmware.menus import Desk
from tests.make import H323, LDAP, NWAY_CONFERENCE, UA_CSTA, USB_AUDIO, VOICE_QUALITY, identity, until, utc

IDLE = Frame(lines=("SoundPoint IP 670",))
LICENSES = "menu 1 4"


def test_menu_key_opens_the_main_menu_and_closes_whatever_is_open() -> None:
    desk = Desk()
    assert desk.press("menu") == Frame(
        title="Main Menu",
        lines=("1. Status", "2. Directories", "3. Settings"),
        selected=0,
        soft_keys=("Select", "Exit"),
    )
    assert desk.press("menu") == IDLE
    assert desk.press("menu 1 1 1 menu") == IDLE
    assert desk.phone.menu == CLOSED


def test_keys_without_a_meaning_move_nothing() -> None:
    assert Desk().press("menu down star pound soft3 soft4 x 9").selected == 1


@pytest.mark.parametrize(
    ("keys", "title"),
    [
        ("down", "Main Menu"),
        ("select", "Status"),
        ("right", "Status"),
        ("soft1", "Status"),
        ("down select", "Directories"),
        ("down down down select", "Settings"),
        ("3 1", "Time Format"),
        ("3 1 left", "Settings"),
        ("3 1 star 9 0", "Time Format"),
        ("down up up select", "Status"),
        ("2", "Directories"),
        ("4", "Main Menu"),
        ("0", "Main Menu"),
        ("star pound soft3 soft4 x", "Main Menu"),
        ("1 left", "Main Menu"),
        ("1 delete", "Main Menu"),
        ("1 soft2", "Main Menu"),
        ("1 soft3", ""),
        ("left", ""),
        ("delete", ""),
        ("soft2", ""),
        ("1 directories", "Directories"),
        ("1 directories directories", ""),
        ("1 directories menu menu", "Main Menu"),
        ("1 2 right select 1", "Network"),
    ],
)
def test_keys_move_through_the_menus(keys: str, title: str) -> None:
    assert Desk().press(f"menu {keys}").title == title


def test_going_back_finds_the_entry_that_was_opened() -> None:
    desk = Desk()
    assert desk.press("menu 1 down down select left").selected == 2
    assert desk.press("select").title == "Lines"


@pytest.mark.parametrize("keys", ["up", "select", "left", "delete", "1", "soft1", "x"])
def test_idle_screen_has_no_other_keys(keys: str) -> None:
    assert Desk().press(keys) == IDLE


def test_platform_page_is_about_the_phone() -> None:
    assert Desk().press("menu 1 1 1") == Frame(
        title="Phone",
        lines=("Model: SoundPoint IP 670", "P/N: 2345-12670-001", "MAC: 0004f2aabbcc", "App. Version: 3.3.0.0000"),
        soft_keys=("Back", "Exit"),
    )


def test_network_page_names_the_boot_server_without_its_password() -> None:
    desk = Desk()
    assert desk.press("menu 1 2").lines == ("Boot Server: http://boot.example/",)
    assert desk.phone.service is not None
    desk.phone.service.session.server = None
    assert desk.press("left 2").lines == ("Boot Server:",)


def test_lines_page_names_those_that_are_configured() -> None:
    parameters = {"reg_1_address": "1001", "reg_1_label": "Desk", "reg_2_address": "1002", "reg_2_label": "1002"}
    parameters |= {"reg_34_label": "Last", "reg_35_label": "None such", "reg_4_address": "\x9bm"}
    desk = Desk(parameters=parameters)
    assert desk.press("menu 1 3").lines == (
        "Lines: 34",
        "Line 1: Desk (1001)",
        "Line 2: 1002",
        "Line 4:  m",
        "Line 34: Last",
    )


def test_page_without_licenses_says_so() -> None:
    assert Desk().press(LICENSES) == Frame(
        title="Licenses", lines=("No license installed.",), soft_keys=("Back", "Exit")
    )


def test_licenses_are_listed_and_scroll() -> None:
    desk = Desk(grants=dict.fromkeys((USB_AUDIO, NWAY_CONFERENCE, LDAP, VOICE_QUALITY, UA_CSTA), until("2026-03-10")))
    assert desk.press(LICENSES) == Frame(
        title="Licenses",
        lines=(
            "USB Call Recording: Valid until",
            " 2026-03-10",
            "Conference Management: Valid until",
            " 2026-03-10",
            "Corporate Directory: Valid until",
            " 2026-03-10",
            "Voice Quality Monitoring: Valid until",
            " 2026-03-10",
        ),
        selected=0,
        soft_keys=("Select", "Back", "Exit"),
        below=True,
    )
    assert desk.press("down down down").selected == 6
    last = desk.press("down")
    assert (last.lines, last.selected, last.above, last.below) == (("Unknown: Valid until 2026-03-10",), 0, True, False)
    assert desk.press("down") == last
    assert desk.press("up").selected == 6
    assert desk.press("2").selected == 6  # no numbers are shown, so none chooses


def test_small_display_has_short_names_and_one_license_at_a_time() -> None:
    desk = Desk(model="SPIP330", grants={LDAP: until("2026-03-10"), H323: until("2026-03-09")})
    assert desk.press(LICENSES).lines == ("CorpDir: Valid", " until 2026-03-10")
    assert desk.press("down").lines == ("H.323: Expired", " 2026-03-09")


def test_license_is_read_whole() -> None:
    desk = Desk(grants={LDAP: until("2026-03-10"), UA_CSTA: NEVER, USB_AUDIO: until("2026-03-09")})
    assert desk.press(f"{LICENSES} down select") == Frame(
        title="Corporate Directory",
        lines=(
            "Feature: Corporate Directory",
            "Valid until 2026-03-10",
            "License type: Site",
            "Serial: 000000012345",
        ),
        soft_keys=("Back", "Exit"),
    )
    assert desk.press("left up right").lines[:2] == ("Feature: USB Call Recording", "Expired 2026-03-09")
    assert desk.press("left down down select").lines[:2] == ("Feature: Unknown", "Does not expire")


def test_text_scrolls_by_rows_where_it_does_not_fit() -> None:
    desk = Desk(model="SPIP330")
    seen = [desk.press("menu 1 1 1")]
    while seen[-1].below:
        seen.append(desk.press("down"))
    assert desk.press("down") == seen[-1]
    rows = (*seen[0].lines, *(frame.lines[-1] for frame in seen[1:]))
    assert "".join(rows) == "Model: SoundPoint IP 330P/N: 2345-12200-001MAC: 0004f2aabbccApp. Version: 3.3.0.0000"
    assert [frame.above for frame in seen] == [False] + [True] * (len(seen) - 1)
    assert desk.press("up") == seen[-2]


def test_licenses_go_by_the_clock_at_the_key() -> None:
    desk = Desk(grants={LDAP: until("2026-03-10")})
    assert desk.press(f"{LICENSES} select").lines[1] == "Valid until 2026-03-10"
    desk.now = utc("2026-03-11T00:00")
    assert desk.press("down").lines[1] == "Expired 2026-03-10"
    desk.now = None
    assert desk.press("down").lines[1] == "Valid until 2026-03-10"


def test_key_reads_the_clock_once_and_shows_once() -> None:
    desk = Desk()
    desk.effects.clear()
    desk.press("menu")
    assert [type(effect) for effect in desk.effects] == [ReadClock, Show]


def test_contacts_are_listed_and_read_whole() -> None:
    desk = Desk(contacts=("Smith", "Doe", "x" * 100))
    page = desk.press("directories 1")
    assert page.lines[:2] == ("Doe, John", "Smith, John")
    assert desk.press("select").lines == ("Name: Doe, John", "Contact: 1001")
    assert desk.press("left down down select").title == "x" * 39 + "…"
    assert "".join(line.strip() for line in desk.frame.lines).startswith("Name: " + "x" * 100)
    assert Desk().press("directories 1").lines == ("No contacts.",)


@pytest.mark.parametrize(
    ("model", "licensed", "configured", "listed"),
    [
        ("SPIP670", True, True, True),
        ("SPIP670", False, True, False),
        ("SPIP670", True, False, False),
        ("VVX1500", False, True, True),
        ("VVX1500", False, False, False),
    ],
)
def test_corporate_directory_is_there_when_its_gate_is_open(
    model: str, licensed: bool, configured: bool, listed: bool
) -> None:
    desk = Desk(
        model=model, grants={LDAP: NEVER} if licensed else None, features=("LDAP",) if configured else ("UsbAudio",)
    )
    assert ("2. Corporate Directory" in desk.press("directories").lines) is listed
    assert (desk.press("2").title == "Corporate Directory") is listed


def test_search_page_takes_text_and_asks_for_a_search() -> None:
    desk = Desk(grants={LDAP: NEVER})
    assert desk.press("directories 2") == Frame(
        title="Corporate Directory", lines=("Search: _",), soft_keys=("Search", "Back", "Exit")
    )
    assert desk.press("3 6 6 6 3 3").lines == ("Search: doe_",)
    assert desk.press("select").lines == (NO_SERVER,)
    assert desk.press("delete").lines == ("Search: doe_",)
    assert desk.press("delete").lines == ("Search: do_",)
    assert desk.press("soft1").lines == (NO_SERVER,)
    assert desk.press("up").lines == (NO_SERVER,)


def test_long_search_shows_its_end() -> None:
    desk = Desk(model="SPIP330", grants={LDAP: NEVER})
    desk.press("directories 2")
    for character in "the quick brown fox jumps":
        desk.tap(Typed(character))
    assert (desk.frame.lines, desk.frame.above) == (("Search: the quick", " brown fox jumps_"), False)
    desk.tap(Typed("!"))
    assert (desk.frame.lines, desk.frame.above) == ((" brown fox jumps!", "_"), True)


def test_menus_work_during_a_call_which_goes_on() -> None:
    desk = Desk(grants={LDAP: until("2026-03-10")})
    desk.phone.start_call()
    assert desk.press("menu").title == "Main Menu"
    desk.now = utc("2026-03-11T02:00")
    desk.run(desk.phone.polling_time())
    assert desk.phone.state is State.WAITING_FOR_IDLE
    assert desk.press("1 4").lines == ("Corporate Directory: Expired 2026-03-10",)
    assert desk.phone.calls == 1


def test_reconfiguring_takes_the_display_and_the_keys() -> None:
    desk = Desk(grants={LDAP: until("2026-03-10")})
    desk.press("menu 1")
    desk.now = utc("2026-03-11T02:00")
    desk.run(desk.phone.polling_time())
    assert desk.press("menu down") == Frame(lines=("Reconfiguring network, please wait.",))
    desk.run(desk.phone.restart())
    assert desk.frame == IDLE
    assert desk.press("menu").title == "Main Menu"


def test_menu_does_not_outlive_a_reboot_or_the_power() -> None:
    desk = Desk()
    desk.press("menu 1")
    desk.run(desk.phone.reboot())
    desk.run(desk.phone.restart())
    assert desk.press("menu 1 menu") == IDLE
    desk.press("menu 1")
    desk.phone.cut_power()
    desk.effects.clear()
    desk.tap(Key.MENU)
    assert desk.effects == []
    desk.run(desk.phone.power_on())
    assert desk.phone.menu == CLOSED


def test_phone_that_boots_takes_no_keys() -> None:
    phone = Phone(identity())
    with by_hand(phone.power_on()) as boot, by_hand(phone.press(Key.MENU)) as press:
        boot.send()
        assert not phone.takes_keys
        assert press.send() is None
        assert phone.menu == CLOSED
