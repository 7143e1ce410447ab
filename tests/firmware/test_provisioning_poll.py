"""When a phone polls its boot server for a changed configuration: absolute, relative and random."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.firmware.local_time import LocalTime
from phone_sim.firmware.parameters.reader import ParameterReader
from phone_sim.firmware.provisioning_poll import (
    DAY,
    SHORTEST_PERIOD,
    PollMode,
    PollSettings,
    next_poll,
    read_poll_settings,
)
from phone_sim.mac_address import MacAddress
from tests.make import Service, identity, of

MAC = MacAddress("0004f2000001")
GMT = LocalTime(daylight_saving=None)
BOOTED = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)


def polls(settings: PollSettings, count: int, *, zone: LocalTime = GMT, mac: MacAddress = MAC) -> list[datetime]:
    found = [BOOTED]
    for _ in range(count):
        found.append(next_poll(settings, zone, mac, booted_at=BOOTED, after=found[-1]))
    return found[1:]


def settings_of(parameters: dict[str, str]) -> tuple[PollSettings | None, list[str]]:
    reader = ParameterReader(of(parameters), identity().dictionary)
    return read_poll_settings(reader), [problem.name for problem in reader.problems]


def test_relative_counts_from_the_boot() -> None:
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
    st.integers(SHORTEST_PERIOD, 40 * DAY),
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


def test_service_is_left_alone_without_polling() -> None:
    service = Service().phone.service
    assert service is not None
    reader = ParameterReader(service.configuration.parameters, service.session.identity.dictionary)
    assert read_poll_settings(reader) is None
