"""A NOTIFY check-sync: a reboot, at once or only if the configuration has changed, and never during a call."""

from typing import Any

from phone_sim.firmware.check_sync import CheckSyncSettings, check_sync_settings
from phone_sim.firmware.effects import Fetch, NotFound, TransferFailed
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.transfer_facts import FailureKind
from tests.make import Service, configured, path_of

ALWAYS: dict[str, Any] = {"voIpProt_SIP_specialEvent_checkSync_alwaysReboot": "1"}
CHANGED = configured("LDAP", license_polling_time="03:00")
UNCHANGED = "cfg |*|03|The configuration files have not changed"


def asked(service: Service) -> list[str]:
    return [path_of(effect) for effect in service.effects if isinstance(effect, Fetch)]


def sync(service: Service) -> None:
    service.effects.clear()
    service.lines.clear()
    service.run(service.phone.check_sync())


def test_unchanged_files_are_asked_for_and_lead_to_no_reboot() -> None:
    service = Service()
    sync(service)
    names = ["0004f2aabbcc.cfg", "000000000000.cfg", "site.cfg", "0004f2aabbcc-phone.cfg", "0004f2aabbcc-web.cfg"]
    assert asked(service) == names
    assert (service.state, service.reboots) == (State.IDLE, [])
    assert "sip |*|03|SIP: NOTIFY check-sync" in service.lines[0]
    assert UNCHANGED in service.lines[-1]


def test_changed_files_lead_to_a_reboot_without_the_message_of_an_expiry() -> None:
    service = Service()
    service.files["site.cfg"] = CHANGED
    sync(service)
    assert (service.state, service.shown, service.reboots) == (State.REBOOTING, [], ["check-sync"])
    service.run(service.phone.restart())
    sync(service)
    assert service.state is State.IDLE


def test_new_override_and_new_master_are_changes() -> None:
    for name, data in (
        ("0004f2aabbcc-web.cfg", configured("LDAP", log_render_level="2")),
        ("000000000000.cfg", b'<APPLICATION CONFIG_FILES="site.cfg" LOG_FILE_DIRECTORY="logs"/>'),
    ):
        service = Service()
        service.files[name] = data
        sync(service)
        assert service.state is State.REBOOTING


def test_always_reboot_asks_for_nothing() -> None:
    service = Service(**ALWAYS)
    sync(service)
    assert (asked(service), service.state) == ([], State.REBOOTING)


def test_reboot_waits_for_the_last_call() -> None:
    service = Service(**ALWAYS)
    service.phone.start_call()
    sync(service)
    assert service.state is State.WAITING_FOR_IDLE
    assert service.lines[-1].endswith("app1 |*|03|Reboot: check-sync: it waits, active calls: 1")
    sync(service)
    assert service.lines == []
    service.run(service.phone.end_call())
    assert (service.state, service.shown, service.reboots) == (State.REBOOTING, [], ["check-sync"])


def test_server_that_is_down_or_lacks_a_file_leaves_the_phone_as_it_is() -> None:
    down = TransferFailed(FailureKind.CONNECTION_REFUSED, "Connection refused", unanswered=True)
    for files in ({"0004f2aabbcc.cfg": down}, {"site.cfg": TransferFailed(FailureKind.BROKEN_OFF, "it broke off")}):
        service = Service()
        service.files.update(files)
        sync(service)
        assert service.state is State.IDLE


def test_license_alone_is_no_change() -> None:
    """A new license is downloaded by the reboot that an administrator asks for (B15), so he sets alwaysReboot."""
    service = Service()
    service.files["000000000000-license.cfg"] = NotFound("HTTP 404")
    sync(service)
    assert service.state is State.IDLE


def test_port_is_5060_unless_the_parameters_name_another() -> None:
    port = "voIpProt_SIP_local_port"
    cases: list[tuple[dict[str, Any], CheckSyncSettings]] = [
        ({}, CheckSyncSettings(sip_port=5060)),
        ({port: "0"}, CheckSyncSettings(sip_port=5060)),
        ({port: "5070", **ALWAYS}, CheckSyncSettings(sip_port=5070, always_reboots=True)),
    ]
    for parameters, settings in cases:
        service = Service(**parameters).phone.service
        assert service is not None
        assert check_sync_settings(service) == settings


def test_phone_that_is_off_does_not_notice() -> None:
    service = Service()
    service.phone.cut_power()
    sync(service)
    assert service.effects == []
