"""When a phone polls its boot server for a changed configuration, and what it does then."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.firmware.effects import Fetch, TransferFailed
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.local_time import LocalTime
from phone_sim.firmware.parameters.reader import ParameterReader
from phone_sim.firmware.phone import POLL_REBOOT
from phone_sim.firmware.provisioning_poll import (
    DAY,
    LONGEST_PERIOD,
    SHORTEST_PERIOD,
    PollMode,
    PollSettings,
    next_poll,
    read_poll_settings,
)
from phone_sim.firmware.timer_effects import PollAfter
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.licensing.expiry import NEVER
from phone_sim.mac_address import MacAddress
from tests.make import LDAP, Service, configured, identity, of, path_of, until, utc

MAC = MacAddress("0004f2000001")
GMT = LocalTime(daylight_saving=None)
BOOTED = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)
CHANGED = configured("LDAP", license_polling_time="03:00")
FILES = ["0004f2aabbcc.cfg", "000000000000.cfg", "site.cfg", "0004f2aabbcc-phone.cfg", "0004f2aabbcc-web.cfg"]


def polls(settings: PollSettings, count: int, *, zone: LocalTime = GMT, mac: MacAddress = MAC) -> list[datetime]:
    found = [BOOTED]
    for _ in range(count):
        found.append(next_poll(settings, zone, mac, booted_at=BOOTED, after=found[-1]))
    return found[1:]


def settings_of(parameters: dict[str, str], firmware: str = "3.3.0") -> tuple[PollSettings | None, list[str]]:
    reader = ParameterReader(of(parameters), identity(firmware=firmware).dictionary)
    return read_poll_settings(reader), [problem.name for problem in reader.problems]


def polling(mode: str = "abs", *, now: str | None = "2026-03-10T12:00", **more: Any) -> Service:
    """A phone that polls, with a license that does not end unless `grants` say so."""
    parameters = {"prov_polling_enabled": "1", "prov_polling_mode": mode, "grants": {LDAP: NEVER}} | more
    return Service(now=now, **parameters)


def poll(service: Service, at: str = "2026-03-11T03:00") -> None:
    """The poll comes."""
    service.effects.clear()
    service.lines.clear()
    service.now = utc(at)
    service.run(service.phone.poll())


def waits(service: Service) -> list[float]:
    return [effect.seconds for effect in service.effects if isinstance(effect, PollAfter)]


def asked(service: Service) -> list[str]:
    return [path_of(effect) for effect in service.effects if isinstance(effect, Fetch)]


def test_relative_polls_are_a_period_apart() -> None:
    hours = PollSettings(mode=PollMode.RELATIVE, period=2 * 3600)
    assert polls(hours, 3) == [BOOTED + timedelta(hours=2 * count) for count in (1, 2, 3)]


def test_absolute_is_daily_at_the_time_also_over_a_changeover() -> None:
    stock = LocalTime()  # daylight saving begins on 2026-03-08 at 02:00
    walls = [stock.of(instant) for instant in polls(PollSettings(), 10, zone=stock)]
    assert [(wall.day, wall.time()) for wall in walls] == [(day, time(3, 0)) for day in range(2, 12)]


@pytest.mark.parametrize("mode", [PollMode.ABSOLUTE, PollMode.RANDOM])
def test_period_is_rounded_up_to_days(mode: PollMode) -> None:
    found = polls(PollSettings(mode=mode, period=2 * DAY + 1), 5)
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(days=3)}


def test_random_days_are_of_the_mac_address_and_stay() -> None:
    settings = PollSettings(mode=PollMode.RANDOM, period=7 * DAY)
    days = Counter(polls(settings, 1, mac=MacAddress(f"0004f2{number:06x}"))[0].date() for number in range(700))
    assert len(days) == 7
    assert all(50 < count < 150 for count in days.values())
    later = next_poll(settings, GMT, MAC, booted_at=BOOTED + timedelta(days=9), after=BOOTED + timedelta(days=9))
    assert (later.date() - polls(settings, 1)[0].date()).days % 7 == 0


def test_random_time_is_in_the_window_and_drawn_anew_at_each_boot() -> None:
    settings = PollSettings(mode=PollMode.RANDOM, start=time(23, 0), end=time(1, 0))
    times = set()
    for hours in range(200):
        booted = BOOTED + timedelta(hours=hours)
        instant = next_poll(settings, GMT, MAC, booted_at=booted, after=booted)
        assert booted < instant <= booted + timedelta(days=2)
        assert not time(1, 0) < instant.time() < time(23, 0)
        times.add(instant.time())
    assert len(times) > 50


@given(
    st.sampled_from(PollMode),
    st.integers(SHORTEST_PERIOD, LONGEST_PERIOD),
    st.times(),
    st.times(),
    st.integers(-12, 14),
    st.integers(0, 10**8),
    st.integers(0, 10**7),
)
def test_next_poll_is_later_and_within_two_periods(
    mode: PollMode, period: int, start: time, end: time, offset: int, booted: int, seconds: int
) -> None:
    settings = PollSettings(mode=mode, period=period, start=start, end=end)
    booted_at = BOOTED + timedelta(seconds=booted)
    after = booted_at + timedelta(seconds=seconds)
    zone = LocalTime(gmt_offset=3600 * offset)
    found = next_poll(settings, zone, MAC, booted_at=booted_at, after=after)
    assert after < found <= after + timedelta(days=settings.days + 2)


def test_parameters_are_read() -> None:
    on = {"prov.polling.enabled": "1"}
    assert settings_of({}) == (None, [])
    assert settings_of(on) == (PollSettings(), [])
    given = {"prov.polling.mode": "rel", "prov.polling.period": "7200", "prov.polling.time": "04:30"}
    at = time(4, 30)
    assert settings_of(on | given) == (
        PollSettings(mode=PollMode.RELATIVE, period=7200, start=at, end=at),
        [],
    )
    bad = {"prov.polling.mode": "now", "prov.polling.period": "5", "prov.polling.time": "25:00"}
    assert settings_of(on | bad) == (
        PollSettings(),
        ["prov.polling.time", "prov.polling.mode", "prov.polling.period"],
    )


def test_older_firmware_has_no_random_mode() -> None:
    on = {"prov.polling.enabled": "1", "prov.polling.mode": "random", "prov.polling.timeRandomEnd": "05:00"}
    found, problems = settings_of(on, "3.2.4")
    assert found is not None
    assert (found.mode, problems) == (PollMode.ABSOLUTE, ["prov.polling.mode"])
    assert settings_of(on)[1] == []


def test_phone_without_polling_waits_for_no_poll() -> None:
    service = Service()
    assert (waits(service), service.phone.next_poll) == ([], None)
    service.set_clock("2026-03-11T12:00")
    assert waits(service) == []


def test_phone_in_service_waits_for_its_next_poll() -> None:
    service = polling()
    assert waits(service) == [15 * 3600]
    assert service.phone.next_poll == utc("2026-03-11T03:00")


def test_value_that_cannot_be_used_is_logged() -> None:
    service = polling("now", prov_polling_time="3 a.m.")
    assert waits(service) == [15 * 3600]
    assert [line for line in service.log_of("cfg") if "prov.polling" in line] == [
        "Parameter prov.polling.time is 3 a.m. (site.cfg, line 1), not a text of at most 5 characters: 03:00 is used",
        "Parameter prov.polling.mode is now (site.cfg, line 1), not abs, rel or random: abs is used",
    ]


def test_unchanged_files_are_asked_for_again_the_day_after() -> None:
    service = polling(log_level_change_cfg="3")
    poll(service)
    assert asked(service) == FILES
    assert (waits(service), service.phone.next_poll) == ([DAY], utc("2026-03-12T03:00"))
    assert service.lines[-1].endswith("cfg |3|03|prov.polling: the configuration files have not changed")
    assert (service.state, service.reboots) == (State.IDLE, [])


def test_poll_without_a_change_leaves_no_line_by_default() -> None:
    service = polling()
    poll(service)
    assert (asked(service), service.lines) == (FILES, [])


def test_changed_files_reboot_the_phone_without_the_message_of_an_expiry() -> None:
    service = polling()
    service.files["site.cfg"] = CHANGED
    poll(service)
    assert (service.state, service.shown, service.reboots) == (State.REBOOTING, [], [POLL_REBOOT])
    assert service.lines[-1].endswith(f"app1 |*|03|Reboot: {POLL_REBOOT}")
    service.run(service.phone.restart())
    assert service.state is State.IDLE
    assert service.phone.next_poll is None  # the new files do not have it polling


def test_reboot_waits_for_the_last_call() -> None:
    service = polling()
    service.phone.start_call()
    service.files["site.cfg"] = CHANGED
    poll(service)
    assert (service.state, service.reboots) == (State.WAITING_FOR_IDLE, [])
    poll(service, "2026-03-12T03:00")
    assert service.effects == []
    service.run(service.phone.end_call())
    assert (service.state, service.reboots) == (State.REBOOTING, [POLL_REBOOT])


def test_server_that_is_down_is_asked_again_at_the_next_poll() -> None:
    service = polling()
    service.files["0004f2aabbcc.cfg"] = TransferFailed(FailureKind.TIMED_OUT, "no answer", unanswered=True)
    poll(service)
    assert (service.state, waits(service)) == (State.IDLE, [DAY])
    del service.files["0004f2aabbcc.cfg"]
    service.files["site.cfg"] = CHANGED
    poll(service, "2026-03-12T03:00")
    assert service.reboots == [POLL_REBOOT]


def test_clock_set_over_a_poll_polls_at_once() -> None:
    service = polling()
    service.set_clock("2026-03-20T12:00")
    assert asked(service) == FILES
    assert waits(service) == [15 * 3600]


def test_clock_set_short_of_a_poll_or_back_waits_for_it() -> None:
    service = polling()
    for instant, seconds in (("2026-03-11T02:59:30", 30), ("2026-03-05T02:00", 3600)):
        service.set_clock(instant)
        assert (asked(service), waits(service)) == ([], [seconds])


def test_clock_set_does_not_move_a_relative_poll() -> None:
    service = polling("rel", prov_polling_period="7200")
    assert (waits(service), service.phone.next_poll) == ([7200], utc("2026-03-10T14:00"))
    service.set_clock("2026-03-20T12:00")
    assert (asked(service), waits(service), service.phone.next_poll) == ([], [], None)
    poll(service, "2026-03-20T14:00")
    assert (asked(service), waits(service), service.phone.next_poll) == (FILES, [7200], utc("2026-03-20T16:00"))


def test_phone_that_never_had_the_time_polls_only_by_its_uptime() -> None:
    assert waits(polling("rel", now=None)) == [DAY]
    for mode in ("abs", "random"):
        service = polling(mode, now=None)
        assert waits(service) == []
        service.set_clock("2026-03-10T12:00")
        assert waits(service) == [15 * 3600]


def test_expiry_found_when_the_clock_is_set_goes_before_the_poll() -> None:
    service = polling(grants={LDAP: until("2026-03-10")})
    service.set_clock("2026-03-20T12:00")
    assert asked(service) == []
    assert service.reboots == ["a license has expired"]
