"""The clock and the time servers (D12): when the phone asks, what it believes, what follows for its licenses."""

from datetime import datetime, timedelta

import pytest

from phone_sim.firmware.effects import Fetch, SetClock
from phone_sim.firmware.features import Enabled, NotLicensed
from phone_sim.firmware.lease import LeaseInfo
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.network_effects import AskTime, NoTime, TimeTold
from phone_sim.firmware.phone_life import LICENSE_REBOOT
from phone_sim.firmware.settings import Settings, SntpSettings
from phone_sim.firmware.time_sync import EARLIEST, LATEST, RETRY_SECONDS
from phone_sim.firmware.timer_effects import AskTimeAfter
from tests.make import LDAP, SITE_FILE, Service, enabled, of, settings_of, until, utc

SERVER = "ntp.example"
NOON = utc("2026-03-10T12:00")
TRUTH = TimeTold(NOON, SERVER)
LIE = TimeTold(utc("2027-03-10T12:00"), SERVER)
SILENCE = NoTime(f"{SERVER}: no answer")


def phone(time: TimeTold | NoTime | None = TRUTH, now: str | None = None, **parameters: str) -> Service:
    """A phone whose license is good until the day after, with a time server."""
    parameters.setdefault("tcpIpApp_sntp_address", SERVER)
    return Service(now=now, time=time, grants={LDAP: until("2026-03-11")}, **parameters)


def asked_again(service: Service) -> list[int]:
    """After how many seconds the phone wants to ask for the time again."""
    return [effect.seconds for effect in service.effects if isinstance(effect, AskTimeAfter)]


def settings(*told: str, **values: str) -> Settings:
    parameters = of({f"tcpIpApp.sntp.{name.replace('_', '.')}": value for name, value in values.items()})
    return settings_of(parameters, LeaseInfo(time_servers=told))


# --- whom it asks


def test_stock_phone_knows_no_time_server() -> None:
    assert settings().sntp == SntpSettings(servers=(), resync_period=86400)


@pytest.mark.parametrize("address", ["ntp.example", "192.0.2.1:1123", "[::1]:1123"])
def test_time_server_is_read(address: str) -> None:
    assert settings(address=address, resyncPeriod="3600").sntp == SntpSettings(servers=(address,), resync_period=3600)


def test_servers_of_the_network_go_before_the_parameter() -> None:
    assert settings("192.0.2.1", "192.0.2.2", address=SERVER).sntp.servers == ("192.0.2.1", "192.0.2.2")
    assert settings("192.0.2.1").sntp.servers == ("192.0.2.1",)


def test_parameter_can_override_the_network() -> None:
    assert settings("192.0.2.1", address=SERVER, address_overrideDHCP="1").sntp.servers == (SERVER,)
    assert settings("192.0.2.1", address_overrideDHCP="1").sntp.servers == ("192.0.2.1",)


@pytest.mark.parametrize(
    ("name", "value"),
    [("address", "two hosts"), ("address", "ntp.example:0"), ("resyncPeriod", "0"), ("resyncPeriod", "daily")],
)
def test_bad_value_is_reported(name: str, value: str) -> None:
    found = settings(**{name: value})
    assert [(one.name, one.value) for one in found.problems] == [(f"tcpIpApp.sntp.{name}", value)]
    assert found.sntp == SntpSettings()


# --- when it asks


def test_phone_asks_before_it_judges_licenses() -> None:
    service = phone()
    kinds = [effect for effect in service.effects if isinstance(effect, AskTime | SetClock | Fetch)]
    asked = kinds.index(AskTime((SERVER,)))
    assert kinds[asked + 1] == SetClock(NOON)
    names = [effect.location.name for effect in kinds if isinstance(effect, Fetch)]
    assert next(effect.location.name for effect in kinds[asked:] if isinstance(effect, Fetch)) == SITE_FILE
    assert names.index("site.cfg") < asked
    assert service.wakes == [utc("2026-03-11T02:00")]
    assert asked_again(service) == [86400]


def test_phone_without_a_server_asks_nobody() -> None:
    service = phone(tcpIpApp_sntp_address="")
    assert not any(isinstance(effect, AskTime | SetClock | AskTimeAfter) for effect in service.effects)


def test_network_without_time_is_passed_over_in_silence() -> None:
    service = phone(None)
    assert not any(isinstance(effect, SetClock | AskTimeAfter) for effect in service.effects)
    assert not any("SNTP" in line for line in service.lines)
    assert service.wakes == []


def test_phone_asks_again_each_period() -> None:
    service = phone(tcpIpApp_sntp_resyncPeriod="3600")
    assert asked_again(service) == [3600]
    service.ask_time(TRUTH)
    assert asked_again(service) == [3600]


@pytest.mark.parametrize(("period", "wait"), [("86400", RETRY_SECONDS), ("60", 60)])
def test_phone_that_got_no_time_asks_again_sooner(period: str, wait: int) -> None:
    service = phone(SILENCE, tcpIpApp_sntp_resyncPeriod=period)
    assert asked_again(service) == [wait]


def test_phone_that_is_off_asks_nobody() -> None:
    service = phone()
    service.phone.cut_power()
    service.ask_time(LIE)
    assert service.effects == []


# --- what it says


def test_clock_that_is_set_is_logged_once() -> None:
    service = phone()
    assert [text for text in service.log_of("app1") if "SNTP" in text] == [
        "SNTP: the clock is set to TUE MAR 10 12:00:00 2026 GMT by ntp.example"
    ]
    service.ask_time(TimeTold(NOON + timedelta(milliseconds=999), SERVER))
    assert service.log_of("app1") == []
    service.ask_time(TimeTold(NOON + timedelta(seconds=3), SERVER))
    assert service.log_of("app1") == ["SNTP: the clock is set to TUE MAR 10 12:00:03 2026 GMT by ntp.example"]


def test_reason_is_logged_once_until_it_changes() -> None:
    service = phone(SILENCE)
    assert "SNTP: no time: ntp.example: no answer" in service.log_of("app1")
    service.ask_time(SILENCE)
    assert service.log_of("app1") == []
    service.ask_time(NoTime("ntp.example: it is not synchronized"))
    assert service.log_of("app1") == ["SNTP: no time: ntp.example: it is not synchronized"]
    service.ask_time(TRUTH)
    service.ask_time(SILENCE)
    assert service.log_of("app1") == ["SNTP: no time: ntp.example: no answer"]


# --- what it believes


@pytest.mark.parametrize("year", ["0001", "1970", "2006", "2187", "9999"])
def test_time_that_no_phone_can_meet_is_not_believed(year: str) -> None:
    service = phone(TimeTold(utc(f"{year}-12-31T23:59:59"), SERVER))
    assert service.now is None
    assert f"SNTP: no time: ntp.example tells a time of {int(year)}" in service.log_of("app1")
    assert isinstance(service.gate, Enabled)


@pytest.mark.parametrize("instant", [EARLIEST, LATEST - timedelta(microseconds=1)])
def test_any_other_time_is_believed(instant: datetime) -> None:
    service = phone(TimeTold(instant, SERVER))
    assert service.now == instant
    assert service.state is State.IDLE


def test_without_time_nothing_expires() -> None:
    service = phone(SILENCE)
    assert isinstance(service.gate, Enabled)
    assert service.wakes == []


def test_clock_that_runs_is_kept_when_servers_are_silent() -> None:
    service = phone(SILENCE, now="2026-03-10T12:00")
    assert service.now == NOON
    assert service.wakes == [utc("2026-03-11T02:00")]


# --- a server that lies


def test_lie_at_boot_ends_the_license() -> None:
    service = phone(LIE)
    assert isinstance(service.gate, NotLicensed)
    assert service.reboots == []


def test_lie_in_service_is_noticed_at_once() -> None:
    service = phone()
    assert isinstance(service.gate, Enabled)
    service.ask_time(LIE)
    assert (service.reboots, service.state) == ([LICENSE_REBOOT], State.REBOOTING)


def test_lie_short_of_the_polling_time_waits_for_it() -> None:
    service = phone()
    service.ask_time(TimeTold(utc("2026-03-11T01:59"), SERVER))
    assert (service.reboots, service.wakes) == ([], [utc("2026-03-11T02:00")])


def test_truth_after_a_lie_moves_the_check_and_grants_nothing_by_itself() -> None:
    """The feature is back after the next boot (D11), for which no license file is needed (B11)."""
    service = phone()
    service.ask_time(LIE)
    service.run(service.phone.restart())
    service.ask_time(TRUTH)
    assert (service.now, service.wakes) == (NOON, [utc("2026-03-11T02:00")])
    assert isinstance(service.gate, NotLicensed)
    del service.files[SITE_FILE]
    service.run(service.phone.reboot())
    service.run(service.phone.restart())
    assert service.phone.service is not None
    assert enabled(service.phone.service) == {"LDAP"}


def test_lie_of_the_past_grants_nothing_that_was_not_signed() -> None:
    service = Service("LDAP", "UsbAudio", now=None, time=LIE, grants={LDAP: until("2026-03-11")})
    service.ask_time(TimeTold(utc("2008-01-01T00:00"), SERVER))
    service.run(service.phone.reboot())
    service.run(service.phone.restart())
    assert service.phone.service is not None
    assert enabled(service.phone.service) == {"LDAP"}


def test_lie_does_not_interrupt_a_call() -> None:
    service = phone()
    service.phone.start_call()
    service.ask_time(LIE)
    assert (service.reboots, service.state) == ([], State.WAITING_FOR_IDLE)
    service.ask_time(TRUTH)
    assert (service.now, service.state) == (NOON, State.WAITING_FOR_IDLE)
    assert asked_again(service) == [86400]


def test_time_that_comes_late_starts_the_daily_check() -> None:
    service = phone(SILENCE)
    service.ask_time(TRUTH)
    assert service.wakes == [utc("2026-03-11T02:00")]
    service.check_at("2026-03-12T02:00")
    assert service.reboots == [LICENSE_REBOOT]
