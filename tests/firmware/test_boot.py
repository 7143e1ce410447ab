"""The boot flow: what is asked for in which order, and how a phone gets through it (B9, B13, field notes 1.1)."""

import pytest

from phone_sim.firmware.boot import InService
from phone_sim.firmware.effects import (
    Fetch,
    FetchReply,
    FlashDamaged,
    FlashUnreadable,
    NotFound,
    Refused,
    TransferFailed,
    WriteFailed,
    WriteFlash,
)
from phone_sim.firmware.features import Enabled, NotLicensed, NotOnThisModel, OffByConfiguration
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.licensing.expiry import NEVER
from phone_sim.licensing.license_file import write
from tests.make import (
    LDAP,
    MAC,
    PHONE_FILE,
    POLLING_TIME,
    SITE_FILE,
    Dialogue,
    boot,
    configured,
    element,
    identity,
    master,
    of,
    signed_key,
)

MASTER = "000000000000.cfg"
SITE = {MASTER: master(CONFIG_FILES="site.cfg"), "site.cfg": configured("LDAP")}
UP_TO_OVERRIDES = [f"{MAC}.cfg", MASTER, "site.cfg", f"{MAC}-phone.cfg", f"{MAC}-web.cfg"]
DIRECTORIES = [f"{MAC}-directory.xml", "000000000000-directory.xml"]
LOG = f"+{MAC}-app.log"


def gate_of(service: InService, key: str) -> object:
    return next(type(gate) for gate in service.gates if gate.feature.key == key)


PARAMETERS = configured("LDAP", tcpIpApp_sntp_gmtOffset="-25200")


def test_parameter_file_in_the_place_of_the_master_is_the_lowest_layer() -> None:
    """Four kinds of working sites are built so (D19)."""
    dialogue = Dialogue(
        {
            f"{MAC}.cfg": PARAMETERS,
            MASTER: configured("UsbAudio"),
            f"{MAC}-phone.cfg": element("a", {"tcpIpApp.sntp.gmtOffset": "3600"}),
        }
    )
    service = dialogue.run(boot(identity()))
    own, overrides = f"{MAC}.cfg", [f"{MAC}-phone.cfg", f"{MAC}-web.cfg"]
    assert dialogue.requested == [own, MASTER, *overrides, SITE_FILE, PHONE_FILE, *DIRECTORIES, LOG]
    assert (gate_of(service, "LDAP"), gate_of(service, "UsbAudio")) == (NotLicensed, OffByConfiguration)
    assert service.session.settings.zone.gmt_offset == 3600
    assert service.configuration.problem == ""
    said = [line for line in dialogue.log_of("cfg") if "aster configuration file" in line]
    assert said[0] == f"No master configuration file: parameters of {own} have the lowest priority"
    assert said[1].startswith(f"Master configuration file {MASTER} cannot be used: ")
    assert len(said) == 2


def test_parameters_beside_application_are_said_to_be_ignored() -> None:
    beside = element("APPLICATION", {"CONFIG_FILES": "", "feature.corporateDirectory.enabled": "1"})
    dialogue = Dialogue({MASTER: beside})
    assert gate_of(dialogue.run(boot(identity())), "LDAP") is OffByConfiguration
    (line,) = [line for line in dialogue.log_of("cfg") if "ignored" in line]
    assert line == (
        f"Parameters in master configuration file {MASTER} are ignored, such as feature.corporateDirectory.enabled"
    )


def test_override_may_be_an_xml_declaration_alone() -> None:
    """Asterisk serves such an override to each phone; as a listed file it is still complained of."""
    bare = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    dialogue = Dialogue(SITE | {"site.cfg": bare, f"{MAC}-phone.cfg": bare, f"{MAC}-web.cfg": b""})
    dialogue.run(boot(identity()))
    assert [line for line in dialogue.log_of("cfg") if "cannot be used" in line] == [
        "Configuration file site.cfg cannot be used: line 2: not well-formed XML: Start tag expected, '<' not found",
        f"Configuration file {MAC}-web.cfg cannot be used: the file is empty",
    ]


def test_file_of_several_documents_is_refused_as_a_whole() -> None:
    """A PBX gave phones such files (D27): the first of its roots has the GMT offset."""
    several = b"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<phone1>
   <reg reg.1.address="201"/>\\n";
   <sntp tcpIpApp.sntp.gmtOffset="3600" tcpIpApp.sntp.daylightSavings.enable="0"/>
</phone1>
<efk>
   <version efk.version="1"/>
</efk>
"""
    dialogue = Dialogue(SITE | {"site.cfg": several})
    service = dialogue.run(boot(identity(model="SPIP_650", firmware="3.2.3")))
    assert service.session.settings.zone.gmt_offset == 0
    assert list(service.parameters) == []
    assert (
        "Configuration file site.cfg cannot be used: line 6: not well-formed XML: Extra content at the end of the "
        "document; a real phone may take the part before the fault"
    ) in dialogue.log_of("cfg")


def test_boot_without_licensed_features_asks_for_no_license() -> None:
    dialogue = Dialogue(SITE | {"site.cfg": configured()})
    dialogue.run(boot(identity()))
    assert dialogue.requested == [*UP_TO_OVERRIDES, *DIRECTORIES, LOG]


def test_boot_looks_for_no_line_unless_something_is_wrong() -> None:
    service = Dialogue(SITE | {"site.cfg": configured("LDAP", up_idleTimeout="41")}).run(boot(identity()))
    (layer,) = service.configuration.parameters.layers
    assert layer._lines is None
    assert service.parameters["up.idleTimeout"].source_text == "site.cfg, line 1"
    assert layer._lines is not None


def test_boot_asks_in_the_order_of_real_phones() -> None:
    dialogue = Dialogue(SITE)
    dialogue.run(boot(identity()))
    assert dialogue.requested == [*UP_TO_OVERRIDES, SITE_FILE, PHONE_FILE, *DIRECTORIES, LOG]


def test_every_request_bears_the_user_agent_and_a_limit() -> None:
    dialogue = Dialogue(SITE | {"site.cfg": configured(sec_tagSerialNo="1")})
    dialogue.run(boot(identity()))
    fetches = [effect for effect in dialogue.effects if isinstance(effect, Fetch)]
    tagged = [f"(SN:{MAC})" in fetch.user_agent for fetch in fetches]
    assert tagged == [False] * len(UP_TO_OVERRIDES) + [True] * len(DIRECTORIES)
    assert all(0 < fetch.limit <= 16 * 1024 * 1024 for fetch in fetches)


def test_directories_are_those_of_the_master_file() -> None:
    master_file = master(
        CONFIG_FILES="cfg/a.cfg, http://other.example/b.cfg",
        OVERRIDES_DIRECTORY="over",
        LICENSE_DIRECTORY="./licenses",
        CONTACTS_DIRECTORY="/contacts",
        LOG_FILE_DIRECTORY="logs",
    )
    dialogue = Dialogue({f"dir/{MASTER}": master_file, "dir/cfg/a.cfg": configured("LDAP")})
    dialogue.run(boot(identity(boot_server="http://boot.example/dir")))
    assert dialogue.requested == [
        f"dir/{MAC}.cfg",
        f"dir/{MASTER}",
        "dir/cfg/a.cfg",
        "b.cfg",
        f"dir/over/{MAC}-phone.cfg",
        f"dir/over/{MAC}-web.cfg",
        f"dir/licenses/{SITE_FILE}",
        f"dir/licenses/{PHONE_FILE}",
        *(f"contacts/{name}" for name in DIRECTORIES),
        f"+dir/logs/{MAC}-app.log",
    ]


def test_old_software_has_one_override_file() -> None:
    dialogue = Dialogue(SITE)
    dialogue.run(boot(identity(firmware="3.2.3")))
    assert f"{MAC}-phone.cfg" in dialogue.requested
    assert f"{MAC}-web.cfg" not in dialogue.requested


@pytest.mark.parametrize(
    ("files", "requested"),
    [
        ({"named.cfg": master()}, ["named.cfg"]),
        ({f"{MAC}.cfg": master()}, ["named.cfg", f"{MAC}.cfg"]),
        ({MASTER: master()}, ["named.cfg", f"{MAC}.cfg", MASTER]),
        ({}, ["named.cfg", f"{MAC}.cfg", MASTER]),
        # a parameter file, an activation file or a page of HTML in its place
        ({"named.cfg": configured("LDAP"), MASTER: master()}, ["named.cfg", f"{MAC}.cfg", MASTER]),
        ({f"{MAC}.cfg": write([signed_key()]), MASTER: master()}, ["named.cfg", f"{MAC}.cfg", MASTER]),
        ({"named.cfg": b"<html></html>", f"{MAC}.cfg": master()}, ["named.cfg", f"{MAC}.cfg"]),
        ({"named.cfg": Refused("403"), f"{MAC}.cfg": master()}, ["named.cfg", f"{MAC}.cfg"]),
        (
            {"named.cfg": TransferFailed(FailureKind.BROKEN_OFF, "cut off"), f"{MAC}.cfg": master()},
            ["named.cfg", f"{MAC}.cfg"],
        ),
    ],
)
def test_first_usable_master_file_is_taken(files: dict[str, bytes | FetchReply], requested: list[str]) -> None:
    dialogue = Dialogue(files)
    dialogue.run(boot(identity(boot_server="http://boot.example/named.cfg")))
    assert dialogue.requested[: len(requested)] == requested
    assert not set(dialogue.requested[len(requested) :]) & {"named.cfg", f"{MAC}.cfg", MASTER}


def test_overrides_beat_files_and_the_first_file_wins() -> None:
    files = {
        MASTER: master(CONFIG_FILES="one.cfg,two.cfg"),
        "one.cfg": configured(a="one", b="one"),
        "two.cfg": configured(a="two", b="two", c="two", d="two"),
        f"{MAC}-phone.cfg": configured(a="phone"),
        f"{MAC}-web.cfg": configured(d="web"),
    }
    service = Dialogue(files).run(boot(identity()))
    parameters = service.configuration.parameters
    assert [parameters.get(name) for name in "abcd"] == ["phone", "one", "two", "web"]


def test_file_that_is_missing_or_unreadable_is_left_out() -> None:
    files = {
        MASTER: master(CONFIG_FILES="gone.cfg,bad.cfg,site.cfg"),
        "bad.cfg": b"<a b/>",
        "site.cfg": configured("LDAP"),
    }
    dialogue = Dialogue(files)
    service = dialogue.run(boot(identity()))
    assert gate_of(service, "LDAP") is NotLicensed
    assert any(text.startswith("Configuration file bad.cfg cannot be used: ") for text in dialogue.log_of("cfg"))
    assert dialogue.log_of("copy")[1] == "Failed to download file gone.cfg: file not found"


def test_activation_file_among_configuration_files_is_passed_over() -> None:
    files = {
        MASTER: master(CONFIG_FILES=f"{SITE_FILE}, {PHONE_FILE}, site.cfg"),
        "site.cfg": configured("LDAP"),
        PHONE_FILE: write([signed_key()]),
    }
    dialogue = Dialogue(files)
    service = dialogue.run(boot(identity()))
    assert gate_of(service, "LDAP") is Enabled  # by the license, asked for in its own place
    assert service.configuration.parameters.get("Serial") == ""
    assert f"Configuration file {PHONE_FILE} cannot be used: it is an activation file, not a configuration file" in (
        dialogue.log_of("cfg")
    )


@pytest.mark.parametrize(("firmware", "warned"), [("3.3.0", True), ("3.2.3", False)])
def test_old_parameters_are_warned_of_and_ignored(firmware: str, warned: bool) -> None:
    old = b"<sip feature.16.name='nway-conference' feature.16.enabled='1'/>"
    dialogue = Dialogue(SITE | {"site.cfg": old})
    service = dialogue.run(boot(identity(firmware=firmware)))
    warning = "site.cfg has pre-3.3.0 parameters (feature.16.name), they are ignored"
    assert (warning in dialogue.log_of("cfg")) is warned
    assert gate_of(service, "NwayConference") is (OffByConfiguration if warned else NotLicensed)


@pytest.mark.parametrize(
    ("firmware", "on", "said"),
    [
        ("3.3.0", "LDAP", "pre-3.3.0 parameters (feature.16.name)"),
        ("3.2.3", "NwayConference", "parameters of 3.3.0 and later (feature.corporateDirectory.enabled)"),
    ],
)
def test_names_of_both_dialects_in_one_site_are_read_by_the_firmware(firmware: str, on: str, said: str) -> None:
    both = {
        "feature.16.name": "nway-conference",
        "feature.16.enabled": "1",
        "feature.corporateDirectory.enabled": "1",
    }
    dialogue = Dialogue(SITE | {"site.cfg": element("sip", both)})
    service = dialogue.run(boot(identity(firmware=firmware)))
    assert {gate.feature.key for gate in service.gates if isinstance(gate, NotLicensed)} == {on}
    assert [line for line in dialogue.log_of("cfg") if "ignored" in line] == [f"site.cfg has {said}, they are ignored"]


def test_bad_parameter_and_long_list_are_logged() -> None:
    files = {
        MASTER: master(CONFIG_FILES=f"site.cfg, {'x' * 256}"),
        "site.cfg": configured(license_polling_time="2:00"),
    }
    dialogue = Dialogue(files)
    dialogue.run(boot(identity()))
    assert dialogue.log_of("cfg")[1:] == [
        f"CONFIG_FILES: {'x' * 40}... is longer than 255 characters",
        f"Parameter license.polling.time is 2:00 (site.cfg, line 1), not 00:00 to 23:59: {POLLING_TIME} is used",
    ]


def test_feature_that_is_not_on_the_model_is_logged() -> None:
    dialogue = Dialogue(SITE | {"site.cfg": configured("H323")})
    service = dialogue.run(boot(identity()))
    assert gate_of(service, "H323") is NotOnThisModel
    assert "Feature H323 is configured but not on this model" in dialogue.log_of("cfg")
    assert SITE_FILE not in dialogue.requested


LAST = FlashContents(parameters=of({"feature.corporateDirectory.enabled": "1"}), keys=(signed_key(),))


@pytest.mark.parametrize(
    "files",
    [
        {},  # the server has nothing
        {f"{MAC}.cfg": TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)},
        {MASTER: master(CONFIG_FILES="site.cfg"), "site.cfg": TransferFailed(FailureKind.BROKEN_OFF, "cut off")},
        {MASTER: b"<html/>"},
    ],
)
def test_last_configuration_stays_in_force_when_none_can_be_had(files: dict[str, bytes | FetchReply]) -> None:
    dialogue = Dialogue(files, flash=LAST)
    service = dialogue.run(boot(identity()))
    assert gate_of(service, "LDAP") is Enabled
    assert any(text.startswith("No configuration from the boot server, ") for text in dialogue.log_of("cfg"))


@pytest.mark.parametrize(
    ("kind", "words"),
    [(FailureKind.CERTIFICATE, "could not be fetched"), (FailureKind.BROKEN_OFF, "is not whole")],
)
def test_log_says_why_there_is_no_configuration(kind: FailureKind, words: str) -> None:
    dialogue = Dialogue({f"{MAC}.cfg": TransferFailed(kind, "the reason")})
    service = dialogue.run(boot(identity()))
    assert service.configuration.problem == f"the master configuration file of this phone {words}"
    assert (
        f"No configuration from the boot server, and none from before: {service.configuration.problem} (the reason)"
        in dialogue.log_of("cfg")
    )


def test_server_that_gives_no_answer_is_asked_once() -> None:
    dialogue = Dialogue({f"{MAC}.cfg": TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)})
    service = dialogue.run(boot(identity()))
    assert dialogue.requested == [f"{MAC}.cfg"]
    assert not service.session.reachable


@pytest.mark.parametrize("address", ["", "boot.example", "http://"])
def test_boot_without_a_server_goes_on(address: str) -> None:
    dialogue = Dialogue(flash=LAST)
    service = dialogue.run(boot(identity(boot_server=address)))
    assert dialogue.requested == []
    assert dialogue.log_of("cfg")[1] == "No boot server is known"
    assert gate_of(service, "LDAP") is Enabled


def test_boot_server_is_remembered() -> None:
    dialogue = Dialogue(SITE)
    dialogue.run(boot(identity()))
    dialogue.effects.clear()
    dialogue.run(boot(identity(boot_server="")))
    assert dialogue.requested[0] == f"{MAC}.cfg"


def test_address_that_is_none_does_not_displace_the_remembered_one() -> None:
    dialogue = Dialogue(SITE)
    dialogue.run(boot(identity()))
    dialogue.run(boot(identity(boot_server="http://")))
    dialogue.effects.clear()
    dialogue.run(boot(identity(boot_server="")))
    assert dialogue.requested[0] == f"{MAC}.cfg"


def test_later_software_asks_for_call_lists_and_at_each_boot_for_the_seed() -> None:
    """The order of a VVX 500 with 5.9.7 (field notes 1.1), without the image of the boot ROM."""
    dialogue = Dialogue({"000000000000.cfg": master(CALL_LISTS_DIRECTORY="calls")})
    phone = identity(model="VVX_500", firmware="5.9.7")
    asked = [
        *(f"{MAC}.cfg", "000000000000.cfg", f"{MAC}-phone.cfg", f"{MAC}-web.cfg", SITE_FILE, f"{MAC}-license.cfg"),
        *(f"calls/{MAC}-calls.xml", *DIRECTORIES, f"{MAC}-app.log", f"+{MAC}-app.log"),
    ]
    dialogue.run(boot(phone))
    assert dialogue.requested == asked
    dialogue.run(boot(phone))
    assert dialogue.requested == [*asked, *asked]


def test_seed_directory_is_for_the_original_boot_only() -> None:
    dialogue = Dialogue(SITE | {"000000000000-directory.xml": b"<directory/>"})
    dialogue.run(boot(identity()))
    assert "000000000000-directory.xml" in dialogue.requested
    dialogue.effects.clear()
    dialogue.run(boot(identity()))
    assert "000000000000-directory.xml" not in dialogue.requested


def test_own_directory_makes_the_seed_needless() -> None:
    dialogue = Dialogue(SITE | {f"{MAC}-directory.xml": b"<directory/>"})
    dialogue.run(boot(identity()))
    assert "000000000000-directory.xml" not in dialogue.requested


def test_damaged_flash_counts_as_blank_and_is_written_anew() -> None:
    dialogue = Dialogue(SITE, flash=FlashDamaged("the checksum is wrong"))
    dialogue.run(boot(identity()))
    assert dialogue.log_of("lic")[0] == (
        "cfgCfsFlashKeyScratchLoad: flash is damaged, it counts as blank: the checksum is wrong"
    )
    assert isinstance(dialogue.flash, FlashContents)
    assert dialogue.flash.boot_server == "http://boot.example/"


def test_other_server_that_is_silent_leaves_the_boot_server_reachable() -> None:
    silent = TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)
    elsewhere = {MASTER: master(CONFIG_FILES="site.cfg", LICENSE_DIRECTORY="http://other.example/")}
    dialogue = Dialogue(SITE | elsewhere | {SITE_FILE: silent, PHONE_FILE: silent})
    service = dialogue.run(boot(identity()))
    assert service.session.reachable
    assert dialogue.requested == [*UP_TO_OVERRIDES, SITE_FILE, PHONE_FILE, *DIRECTORIES, LOG]


def test_flash_that_cannot_be_read_is_not_written_over() -> None:
    dialogue = Dialogue(SITE | {PHONE_FILE: write([signed_key()])}, flash=FlashUnreadable("permission denied"))
    service = dialogue.run(boot(identity()))
    assert dialogue.flash == FlashUnreadable("permission denied")
    assert not any(isinstance(effect, WriteFlash) for effect in dialogue.effects)
    assert gate_of(service, "LDAP") is Enabled


def test_flash_is_written_only_when_something_changed() -> None:
    dialogue = Dialogue(SITE | {PHONE_FILE: write([signed_key({LDAP: NEVER, 4: NEVER})])})
    for writes in (1, 0, 0):
        dialogue.effects.clear()
        dialogue.run(boot(identity()))
        assert sum(isinstance(effect, WriteFlash) for effect in dialogue.effects) == writes


def test_flash_that_cannot_be_written_is_logged() -> None:
    dialogue = Dialogue(SITE | {PHONE_FILE: write([signed_key()])})
    dialogue.write_reply = WriteFailed("the disk is full")
    service = dialogue.run(boot(identity()))
    assert "cfgCfsFlashKeyScratchSave: flash was not written: the disk is full" in dialogue.log_of("lic")
    assert gate_of(service, "LDAP") is Enabled


def test_configuration_that_does_not_fit_costs_no_license() -> None:
    dialogue = Dialogue(SITE)
    dialogue.run(boot(identity()))
    assert isinstance(before := dialogue.flash, FlashContents)
    dialogue.files |= {"site.cfg": configured("LDAP", new="1"), PHONE_FILE: write([signed_key()])}
    dialogue.effects.clear()
    dialogue.write_reply = WriteFailed("no room")
    dialogue.run(boot(identity()))
    whole, rest = (effect.contents for effect in dialogue.effects if isinstance(effect, WriteFlash))
    assert whole.keys == rest.keys == (signed_key(),)
    assert whole.parameters != rest.parameters == before.parameters


@pytest.mark.parametrize(
    "reply",
    [NotFound("404"), Refused("403 Forbidden"), TransferFailed(FailureKind.BROKEN_OFF, "cut off"), b"", b"\0" * 99],
)
def test_whatever_the_server_answers_the_phone_gets_into_service(reply: bytes | FetchReply) -> None:
    paths = [*UP_TO_OVERRIDES, SITE_FILE, PHONE_FILE, *DIRECTORIES]
    for path in paths:
        dialogue = Dialogue(SITE | {path: reply})
        dialogue.run(boot(identity()))
        assert dialogue.shown == ["Processing configuration...", "SoundPoint IP 670"]
