"""The typed values of parameters, and what becomes of bad ones (B12, D17, field notes 4.2 and 5)."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.firmware.lease import LeaseInfo
from phone_sim.firmware.local_time import STOCK_DAYLIGHT_SAVING, Changeover, DaylightSaving, LocalTime
from phone_sim.firmware.log_line import LogFormat, RenderType
from phone_sim.firmware.settings import LogSettings, Settings
from tests.make import POLLING_TIME, of, settings_of

DST = "tcpIpApp.sntp.daylightSavings."
UPLOAD = "log.render.file.upload."


def settings(**values: str) -> Settings:
    return settings_by({name.replace("_", "."): value for name, value in values.items()})


def settings_by(values: dict[str, str]) -> Settings:
    return settings_of(of(values), None, "lic", "ldap")


def test_stock_settings() -> None:
    found = settings()
    assert found.problems == ()
    assert found.polling_time == time.fromisoformat(POLLING_TIME)
    assert found.zone == LocalTime(gmt_offset=0, daylight_saving=STOCK_DAYLIGHT_SAVING)
    assert found.log.levels == {"lic": 3, "ldap": 4}
    assert (found.log.file_size, found.log.upload_period, found.log.append_limit) == (32768, 86400, 524288)


def test_empty_value_means_the_default() -> None:
    names = (
        "license.polling.time",
        "tcpIpApp.sntp.gmtOffset",
        f"{DST}enable",
        "log.render.type",
        "log.level.change.lic",
    )
    assert settings_by(dict.fromkeys(names, "")) == settings()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("02:00", time(2)),
        (" 02:00 ", time(2)),
        ("00:00", time(0)),
        ("23:59", time(23, 59)),
        ("19:30", time(19, 30)),
    ],
)
def test_polling_time_is_read(value: str, expected: time) -> None:
    found = settings(license_polling_time=value)
    assert (found.polling_time, found.problems) == (expected, ())


@pytest.mark.parametrize(
    "value",
    [
        "2:00",
        "24:00",
        "02:60",
        "0200",
        "02:00:00",
        "2am",
        "2:00am",
        "-1:00",
        "02.00",
        "02:0",
        "\uff10\uff12\uff1a\uff10\uff10",
        "0\uff12:00",
        "02:0\u0660",
        "02:00\n02:00",
        "x" * 1000,
    ],
)
def test_bad_polling_time_is_reported_and_the_default_is_used(value: str) -> None:
    found = settings(license_polling_time=value)
    assert found.polling_time == time.fromisoformat(POLLING_TIME)
    (problem,) = found.problems
    assert (problem.name, problem.value) == ("license.polling.time", value[:40])
    assert (problem.expected, problem.used) == ("00:00 to 23:59", POLLING_TIME)


@pytest.mark.slow
@given(st.times())
def test_every_minute_of_a_day_can_be_the_polling_time(at: time) -> None:
    assert settings(license_polling_time=f"{at:%H:%M}").polling_time == at.replace(second=0, microsecond=0)


def test_zone_and_rule_are_read() -> None:
    found = settings_by(
        {
            "tcpIpApp.sntp.gmtOffset": "-18000",
            f"{DST}start.month": "4",
            f"{DST}start.date": "22",
            f"{DST}start.time": "3",
            f"{DST}start.dayOfWeek": "7",
            f"{DST}stop.month": "10",
            f"{DST}stop.dayOfWeek": "2",
            f"{DST}stop.dayOfWeek.lastInMonth": "1",
        }
    )
    assert found.zone == LocalTime(
        gmt_offset=-18000,
        daylight_saving=DaylightSaving(
            start=Changeover(month=4, day=22, hour=3, weekday=5),
            stop=Changeover(month=10, day=1, hour=2, weekday=0, last_in_month=True),
        ),
    )


def test_fixed_days_have_no_weekday() -> None:
    rule = settings_by({f"{DST}fixedDayEnable": "1", f"{DST}start.date": "31"}).zone.daylight_saving
    assert rule is not None
    assert rule.start == Changeover(month=3, day=31, hour=2, weekday=None)
    assert rule.stop == Changeover(month=11, day=1, hour=2, weekday=None)


def test_offset_and_time_server_of_the_device_count_where_nothing_else_is_said() -> None:
    """D21."""
    device = {"device.sntp.gmtOffset": "-21600", "device.sntp.serverName": "192.0.2.123"}
    on = {"device.set": "1", **{f"{name}.set": "1" for name in device}}
    own = {"tcpIpApp.sntp.gmtOffset": "3600", "tcpIpApp.sntp.address": "own.example"}
    lease = LeaseInfo(gmt_offset=7200, time_servers=("192.0.2.42",))

    def told(values: dict[str, str], lease: LeaseInfo | None = None) -> tuple[int, tuple[str, ...]]:
        found = settings_of(of(values), lease)
        return found.zone.gmt_offset, found.sntp.servers

    assert told(device) == (0, ())
    assert told(device | on) == (-21600, ("192.0.2.123",))
    assert told(device | on | own) == (3600, ("own.example",))
    assert told(device | on, lease) == (7200, ("192.0.2.42",))


def test_daylight_saving_can_be_off() -> None:
    assert settings_by({f"{DST}enable": "0"}).zone.daylight_saving is None


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("tcpIpApp.sntp.gmtOffset", ["-43200", "+3600", "46800", "0"], ["46801", "-43201", "1h", "1.5", "9" * 5000]),
        (f"{DST}enable", ["0", "1", "true", "false"], ["2", "True", "-1"]),
        (f"{DST}fixedDayEnable", ["0", "1"], ["2"]),
        (f"{DST}start.month", ["1", "12"], ["0", "13", "March"]),
        (f"{DST}start.date", ["1", "28"], ["0", "29"]),
        (f"{DST}start.time", ["0", "23"], ["24", "-1"]),
        (f"{DST}stop.dayOfWeek", ["1", "7"], ["0", "8"]),
        (f"{DST}start.dayOfWeek.lastInMonth", ["0", "1"], ["2"]),
        ("log.render.type", ["0", "1", "2"], ["3", "x"]),
        ("log.render.level", ["0", "6"], ["7", "-1"]),
        ("log.render.file.size", ["1", "180"], ["0", "181"]),
        (f"{UPLOAD}period", ["0", "2147483647"], ["2147483648", "-1"]),
        (f"{UPLOAD}append", ["0", "1"], ["2"]),
        (f"{UPLOAD}append.sizeLimit", ["0", "2147483647"], ["2147483648", "-1"]),
        (f"{UPLOAD}append.limitMode", ["delete", "Stop"], ["keep", "0"]),
        ("log.level.change.lic", ["0", "6"], ["7", "*", "\uff13", "3 4"]),
    ],
)
def test_each_number_has_its_range(name: str, good: list[str], bad: list[str]) -> None:
    for value in good:
        assert settings_by({name: value}).problems == ()
    for value in bad:
        (problem,) = settings_by({name: value}).problems
        assert (problem.name, problem.value) == (name, value[:40])
        assert settings_by({name: value}).log == settings().log
        assert settings_by({name: value}).zone == settings().zone


def test_log_settings_are_read() -> None:
    found = settings_by(
        {
            "log.render.type": "0",
            "log.render.level": "5",
            "log.render.file.size": "32",
            f"{UPLOAD}period": "60",
            f"{UPLOAD}append": "0",
            f"{UPLOAD}append.sizeLimit": "2",
            f"{UPLOAD}append.limitMode": "stop",
            "log.level.change.ldap": "0",
            "tcpIpApp.sntp.gmtOffset": "3600",
        }
    ).log
    assert found == LogSettings(
        levels={"lic": 3, "ldap": 0},
        render_level=5,
        format=LogFormat(zone=LocalTime(gmt_offset=3600), render_type=RenderType.SINCE_BOOT),
        file_size=32768,
        upload_period=60,
        append=False,
        append_limit=2048,
        stop_at_limit=True,
    )


@pytest.mark.parametrize(
    ("values", "component", "lowest"),
    [
        ({}, "lic", 3),
        ({}, "ldap", 4),
        ({}, "cfg", 4),
        ({"log.level.change.lic": "0"}, "lic", 1),  # log.render.level is 1
        ({"log.level.change.lic": "0", "log.render.level": "0"}, "lic", 0),
        ({"log.level.change.lic": "5"}, "lic", 5),
        ({"log.render.level": "6"}, "lic", 6),
    ],
)
def test_lines_are_written_from_a_level_on(values: dict[str, str], component: str, lowest: int) -> None:
    log = settings_by(values).log
    assert [log.writes(component, str(level)) for level in range(7)] == [level >= lowest for level in range(7)]
    assert log.writes(component, "*")


@given(st.dictionaries(st.sampled_from(["license.polling.time", "log.render.type", f"{DST}start.date"]), st.text()))
def test_any_values_give_settings(values: dict[str, str]) -> None:
    found = settings_by(values)
    assert {problem.name for problem in found.problems} <= set(values)
