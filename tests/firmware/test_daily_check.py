"""The daily check and the reboot for expiry (B12, D11, D12, D15)."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from phone_sim.firmware.daily_check import first_finding
from phone_sim.firmware.effects import Pause, ReadClock, Reboot, Show
from phone_sim.firmware.features import Enabled, NotLicensed
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.phone_life import LICENSE_REBOOT, MESSAGE_SECONDS
from phone_sim.firmware.screen import Frame
from phone_sim.firmware.timer_effects import WakeAt
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.license_file import write
from tests.make import (
    LDAP,
    POLLING_TIME,
    SITE_FILE,
    SITE_SERIAL,
    USB_AUDIO,
    Service,
    signed_key,
    until,
    utc,
)

EXPIRED = "License: key for LDAP expiry TUE MAR 10 23:59:59 2026 has expired"


def test_phone_waits_for_the_next_polling_time() -> None:
    service = Service()
    assert service.state is State.IDLE
    assert service.wakes == [utc("2026-03-11T02:00")]
    assert service.phone.next_check == utc("2026-03-11T02:00")


@pytest.mark.parametrize(
    ("polling_time", "offset", "wake"),
    [
        ("13:30", "0", "2026-03-10T13:30"),
        ("12:00", "0", "2026-03-11T12:00"),
        ("02:00", "-18000", "2026-03-11T07:00"),
        ("02:00", "46800", "2026-03-10T13:00"),
        ("nonsense", "0", f"2026-03-11T{POLLING_TIME}"),
    ],
)
def test_polling_time_is_local_and_from_the_parameters(polling_time: str, offset: str, wake: str) -> None:
    service = Service(license_polling_time=polling_time, tcpIpApp_sntp_gmtOffset=offset)
    assert service.wakes == [utc(wake)]


def test_expiry_shows_the_message_waits_and_reboots() -> None:
    service = Service()
    service.check_at("2026-03-11T02:00")
    assert service.state is State.REBOOTING
    last = [effect for effect in service.effects if isinstance(effect, Show | Pause | Reboot)]
    assert last == [
        Show(Frame(lines=("Reconfiguring network, please wait.",))),
        Pause(MESSAGE_SECONDS),
        Reboot(LICENSE_REBOOT),
    ]
    assert service.log_of("lic") == [EXPIRED]
    assert service.log_of("app1") == ["Reboot: a license has expired"]
    assert service.wakes == []


def test_reboot_removes_the_feature_and_does_not_repeat() -> None:
    service = Service()
    service.check_at("2026-03-11T02:00")
    service.effects.clear()
    service.run(service.phone.restart())
    assert isinstance(service.gate, NotLicensed)
    for day in ("2026-03-12", "2026-03-13"):
        service.check_at(f"{day}T02:00")
        assert service.reboots == []
        assert service.state is State.IDLE


def test_license_is_good_until_its_last_check() -> None:
    service = Service(grants={LDAP: until("2026-03-12")})
    for day in ("2026-03-11", "2026-03-12"):
        service.check_at(f"{day}T02:00")
        assert (service.reboots, service.log_of("lic")) == ([], [])
        assert service.wakes == [utc(f"{day}T02:00") + timedelta(days=1)]
    service.check_at("2026-03-13T02:00")
    assert service.reboots == [LICENSE_REBOOT]


def test_expiry_is_not_noticed_in_between() -> None:
    service = Service()
    service.now = utc("2026-03-11T01:59:59")
    assert isinstance(service.gate, Enabled)
    assert service.state is State.IDLE


def test_check_asks_the_server_for_nothing() -> None:
    """A new license on the boot server is not seen before a reboot (B15)."""
    service = Service()
    service.files[SITE_FILE] = write([signed_key({LDAP: NEVER}, serial=SITE_SERIAL)])
    service.check_at("2026-03-11T02:00")
    assert service.requested == []
    assert service.reboots == [LICENSE_REBOOT]
    service.run(service.phone.restart())
    assert isinstance(service.gate, Enabled)


@pytest.mark.parametrize(
    ("features", "grants"),
    [
        (("UsbAudio",), {LDAP: until("2026-03-10"), USB_AUDIO: NEVER}),  # what ended is not in use
        (("LDAP",), {LDAP: NEVER, USB_AUDIO: until("2026-03-10")}),
        (("LDAP",), {LDAP: NEVER}),
        (("LDAP",), {7: until("2026-03-10"), 4: until("2026-03-10"), LDAP: NEVER}),
    ],
)
def test_only_a_feature_in_use_reboots_the_phone(features: tuple[str, ...], grants: dict[int, Expiry]) -> None:
    service = Service(*features, grants=grants)
    service.check_at("2026-03-11T02:00")
    assert (service.reboots, service.state) == ([], State.IDLE)
    assert service.wakes == [utc("2026-03-12T02:00")]


def test_active_calls_are_not_interrupted() -> None:
    service = Service()
    service.phone.start_call()
    service.phone.start_call()
    service.check_at("2026-03-11T02:00")
    assert service.state is State.WAITING_FOR_IDLE
    assert (service.reboots, service.shown) == ([], [])
    assert service.log_of("lic") == [EXPIRED, "License: the reboot waits, active calls: 2"]


def test_phone_reboots_after_the_last_call() -> None:
    service = Service()
    service.phone.start_call()
    service.check_at("2026-03-11T02:00")
    service.phone.start_call()
    service.effects.clear()
    service.run(service.phone.end_call())
    assert service.effects == []
    service.run(service.phone.end_call())
    assert service.shown == ["Reconfiguring network, please wait."]
    assert service.reboots == [LICENSE_REBOOT]
    assert service.state is State.REBOOTING


def test_phone_that_waits_for_idle_checks_no_more() -> None:
    service = Service()
    service.phone.start_call()
    service.check_at("2026-03-11T02:00")
    service.check_at("2026-03-12T02:00")
    service.set_clock("2026-03-20T02:00")
    assert service.effects == []
    assert service.state is State.WAITING_FOR_IDLE


def test_call_that_ends_before_expiry_reboots_nothing() -> None:
    service = Service()
    service.phone.start_call()
    service.effects.clear()
    service.run(service.phone.end_call())
    assert (service.effects, service.state) == ([], State.IDLE)


def test_check_that_comes_again_on_its_date_does_nothing() -> None:
    service = Service(now="2026-03-10T01:00")
    for instant in ("2026-03-10T02:00", "2026-03-10T02:30", "2026-03-10T23:59"):
        service.check_at(instant)
        assert (service.log_of("lic"), service.wakes) == ([], [utc("2026-03-11T02:00")])


def test_clock_set_over_the_polling_time_checks_at_once() -> None:
    service = Service()
    service.set_clock("2026-03-11T18:00")
    assert service.reboots == [LICENSE_REBOOT]


def test_clock_set_over_many_days_checks_once() -> None:
    service = Service(grants={LDAP: until("2026-12-31")})
    service.set_clock("2026-06-01T01:00")
    assert service.wakes == [utc("2026-06-01T02:00")]
    service.check_at("2026-06-01T02:00")
    assert service.wakes == [utc("2026-06-02T02:00")]


def test_clock_set_short_of_the_polling_time_waits() -> None:
    service = Service()
    service.set_clock("2026-03-11T01:59:59")
    assert service.reboots == []
    assert service.wakes == [utc("2026-03-11T02:00")]


def test_clock_set_back_does_not_check_twice_on_a_date() -> None:
    service = Service(grants={LDAP: until("2026-03-11")}, now="2026-03-11T01:00")
    service.check_at("2026-03-11T02:00")
    service.set_clock("2026-03-11T01:30")
    assert service.wakes == [utc("2026-03-11T02:00")]
    service.check_at("2026-03-11T02:00")
    assert service.log_of("lic") == []
    assert service.wakes == [utc("2026-03-12T02:00")]


def test_clock_set_back_by_days_waits_for_the_earlier_date() -> None:
    service = Service(grants={LDAP: until("2026-03-20")}, now="2026-03-15T12:00")
    service.set_clock("2026-03-01T12:00")
    assert service.wakes == [utc("2026-03-02T02:00")]


def test_unset_clock_waits_for_no_polling_time() -> None:
    service = Service(now=None, grants={LDAP: until("2020-01-01")})
    assert service.wakes == []
    assert service.phone.next_check is None
    assert isinstance(service.gate, Enabled)
    service.effects.clear()
    service.run(service.phone.polling_time())
    assert (service.reboots, service.wakes) == ([], [])


def test_clock_that_gets_the_time_waits_for_the_next_polling_time() -> None:
    service = Service(now=None, grants={LDAP: until("2020-01-01")})
    service.set_clock("2026-03-10T12:00")
    assert (service.reboots, service.wakes) == ([], [utc("2026-03-11T02:00")])
    service.check_at("2026-03-11T02:00")
    assert service.reboots == [LICENSE_REBOOT]


@pytest.mark.parametrize(
    ("night", "checks"),
    [
        ("2026-03-07T12:00", ["2026-03-08T07:00", "2026-03-09T06:00"]),  # 02:00 is skipped: at the jump
        ("2026-10-31T12:00", ["2026-11-01T07:00", "2026-11-02T07:00"]),
    ],
)
def test_change_of_the_clocks_moves_no_check_to_another_date(night: str, checks: list[str]) -> None:
    service = Service(
        now=night,
        grants={LDAP: NEVER},
        tcpIpApp_sntp_gmtOffset="-18000",
        tcpIpApp_sntp_daylightSavings_enable="1",
    )
    for check in checks:
        assert service.wakes == [utc(check)]
        service.check_at(check)


def test_repeated_hour_has_one_check() -> None:
    service = Service(
        now="2026-10-31T12:00",
        grants={LDAP: until("2026-10-31")},
        license_polling_time="01:30",
        tcpIpApp_sntp_gmtOffset="-18000",
        tcpIpApp_sntp_daylightSavings_enable="1",
    )
    assert service.wakes == [utc("2026-11-01T05:30")]  # the first of the two
    service.check_at("2026-11-01T05:30")
    assert service.reboots == [LICENSE_REBOOT]


@pytest.mark.slow
@given(
    last_day=st.dates(date(2026, 2, 1), date(2026, 12, 31)),
    days=st.integers(1, 5),
    polling_time=st.times().map(lambda each: f"{each:%H:%M}"),
    offset=st.integers(-14 * 3600, 14 * 3600),
    summer_time=st.booleans(),
)
@example(last_day=date(2026, 3, 7), days=2, polling_time="02:30", offset=0, summer_time=True)
@example(last_day=date(2026, 10, 31), days=2, polling_time="01:30", offset=-18000, summer_time=True)
def test_first_finding_is_what_daily_checks_come_to(
    last_day: date, days: int, polling_time: str, offset: int, summer_time: bool
) -> None:
    service = Service(
        now=f"{last_day - timedelta(days=days)}T12:00",
        grants={LDAP: Expiry.on(last_day)},
        license_polling_time=polling_time,
        tcpIpApp_sntp_gmtOffset=f"{offset}",
        tcpIpApp_sntp_daylightSavings_enable=f"{int(summer_time)}",
    )
    assert service.phone.service is not None
    assert isinstance(service.gate, Enabled)
    told = first_finding(service.phone.service, service.wakes[0])
    check = service.wakes[0]
    service.check_at(check.isoformat())
    while service.state is State.IDLE:
        assert all(isinstance(effect, ReadClock | WakeAt) for effect in service.effects)
        check = service.wakes[-1]
        service.check_at(check.isoformat())
    assert told == check


def test_license_without_an_end_is_never_found() -> None:
    service = Service(grants={LDAP: NEVER})
    assert service.phone.service is not None
    assert first_finding(service.phone.service, service.wakes[0]) is None
