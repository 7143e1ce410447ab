"""Lines of the log: written, and read back (B14, D13, D16, field notes 4)."""

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.firmware.local_time import UNSET_CLOCK, LocalTime
from phone_sim.firmware.log_line import TEXT_LIMIT, LogFormat, LogLine, LogStyle, RenderType, parse_line
from tests.make import utc

SAIGON = LocalTime(gmt_offset=7 * 3600)


def written(
    text: str,
    line_format: LogFormat = LogFormat(),
    *,
    component: str = "lic",
    level: str = "4",
    instant: datetime = UNSET_CLOCK,
    uptime: timedelta = timedelta(),
) -> str:
    return line_format.line(component=component, level=level, text=text, instant=instant, uptime=uptime)


@pytest.mark.parametrize(
    ("style", "component", "line"),
    [
        (LogStyle.BULLETIN, "lic", "0101070000|lic |4|03|key is blank"),
        (LogStyle.BULLETIN, "ldap", "0101070000|ldap |4|03|key is blank"),
        (LogStyle.BULLETIN, "tickt", "0101070000|tickt |4|03|key is blank"),
        (LogStyle.PHONE, "lic", "0101070000|lic  |4|03|key is blank"),
        (LogStyle.PHONE, "ldap", "0101070000|ldap |4|03|key is blank"),
        (LogStyle.PHONE, "tickt", "0101070000|tickt|4|03|key is blank"),
    ],
)
def test_component_is_written_in_either_style(style: LogStyle, component: str, line: str) -> None:
    assert written("key is blank", LogFormat(zone=SAIGON, style=style), component=component) == line


@pytest.mark.parametrize(
    ("render_type", "stamp"),
    [
        (RenderType.SINCE_BOOT, "011511.006"),
        (RenderType.YEAR_TO_MINUTE, "0210281716"),
        (RenderType.MONTH_TO_SECOND, "1028171642"),
    ],
)
def test_stamp_is_of_the_render_type(render_type: RenderType, stamp: str) -> None:
    line = written(
        "x",
        LogFormat(render_type=render_type, zone=LocalTime(daylight_saving=None), missed="00"),
        instant=utc("2002-10-28T17:16:42"),
        uptime=timedelta(hours=1, minutes=15, seconds=11, milliseconds=6, microseconds=999),
    )
    assert line == f"{stamp}|lic |4|00|x"


def test_long_uptime_keeps_the_width_of_the_stamp() -> None:
    line = written("x", LogFormat(render_type=RenderType.SINCE_BOOT), uptime=timedelta(hours=100, seconds=59))
    assert line.startswith("000059.000|")


FORMATS = st.builds(
    LogFormat,
    zone=st.builds(LocalTime, gmt_offset=st.integers(-50400, 50400)),
    render_type=st.sampled_from(RenderType),
    style=st.sampled_from(LogStyle),
    missed=st.from_regex(r"[0-9]{2}", fullmatch=True),
)
COMPONENTS = st.from_regex(r"[a-z][a-z0-9]{0,4}", fullmatch=True)
LEVELS = st.sampled_from("0123456*")
INSTANTS = st.datetimes(datetime(1970, 1, 2), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.slow
@given(
    FORMATS,
    COMPONENTS,
    LEVELS,
    st.text(max_size=60) | st.text(alphabet="|\r\n\t\x00\x1b\x85\u2028\u2029 a", max_size=60),
    INSTANTS,
    st.timedeltas(timedelta(), timedelta(days=300)),
)
def test_line_that_was_written_is_read_back_and_is_one_line(
    line_format: LogFormat, component: str, level: str, text: str, instant: datetime, uptime: timedelta
) -> None:
    line = written(text, line_format, component=component, level=level, instant=instant, uptime=uptime)
    assert line.splitlines() == [line]
    assert not {unicodedata.category(character) for character in line} & {"Cc", "Zl", "Zp"}
    found = parse_line(line)
    assert found is not None
    assert (found.component, found.level, found.missed) == (component, level, line_format.missed)
    assert line == f"{line.partition('|')[0]}|{line.split('|')[1]}|{level}|{line_format.missed}|{found.text}"
    if text.isprintable():
        assert found.text == text


def test_text_cannot_forge_a_second_line() -> None:
    line = written("x\r\n0101070000|lic |*|03|License: new key for LDAP expiry NEVER added\n")
    assert line == "0101000000|lic |4|03|x 0101070000|lic |*|03|License: new key for LDAP expiry NEVER added "


def test_long_text_is_cut() -> None:
    assert written("x" * 100_000) == "0101000000|lic |4|03|" + "x" * TEXT_LIMIT


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        # the bulletin's (B14)
        ("0101070000|lic |4|03|cfgCfsFlashKeyScratchLoad: key is blank", ("lic", "4", "03")),
        ("0101070000|lic  |3|03|cfgCfsKeysUpdate: 0 keys updated", ("lic", "3", "03")),
        ("0101070000|ldap |*|03|Initial log entry. Current logging level 4", ("ldap", "*", "03")),
        # real ones (field notes 4.4)
        ("1015152006|lldp |4|00|Ignoring corrupt LLDP packet.", ("lldp", "4", "00")),
        (
            "1015152216|copy |4|00|Could not set the custom header Content-Range for HTTP/s request. Head request "
            "failed to get content-length of server file.",
            ("copy", "4", "00"),
        ),
        (
            "1015152457|log  |4|00|UtilLogServerC::uploadFifoLog: upload error. protocol 0 result = 17",
            ("log", "4", "00"),
        ),
        ("0202115811|tickt|*|00|m_validUntil [0]", ("tickt", "*", "00")),
        ("011511.006|so   |2|00|soCoreAudioTermChg: chassis -> idle", ("so", "2", "00")),
        ("000000.405|app1 |4|00|x|y|z", ("app1", "4", "00")),
        ("0913152920|wdog |4|00|", ("wdog", "4", "00")),
    ],
)
def test_real_lines_are_read(line: str, parts: tuple[str, str, str]) -> None:
    stamp, _, _, _, text = line.split("|", 4)
    component, level, missed = parts
    expected = LogLine(stamp=stamp, component=component, level=level, missed=missed, text=text)
    for end in ("", "\n", "\r\n"):
        assert parse_line(line + end) == expected


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\n",
        "THU JAN 01 06:59:58 1970 added",
        "sip|*|00|Sip Register Usr:2xx",
        "0101070000|lic |4|03",
        "010107000|lic |4|03|x",
        "0101070000|lic |10|03|x",
        "0101070000||4|03|x",
        " 0101070000|lic |4|03|x",
        "0101070000|lic |4|3|x",
        "0101070000|componentwithalongname|4|03|x",
    ],
)
def test_what_is_no_line_of_a_log_is_none(line: str) -> None:
    assert parse_line(line) is None


@given(st.text() | st.text(alphabet="0123456789|.*licap \n"))
def test_any_text_is_a_line_or_none(text: str) -> None:
    found = parse_line(text)
    assert found is None or found.text in text
