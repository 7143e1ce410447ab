"""The complaints in a log: the lines of level 4 and above, and the message that each is."""

from datetime import UTC, datetime, timedelta

from phone_sim.audit.complaints import complaints_in, is_complaint
from phone_sim.firmware.log_line import LogFormat
from phone_sim.firmware.messages import BAD_PARAMETER, MESSAGE_CATALOG, NOT_PERFORMED, Message


def line_of(message: Message, values: dict[str, str]) -> str:
    """The line that a phone logs with a message."""
    return LogFormat().line(
        component=message.component.format(**values),
        level=message.level,
        text=message.text.format(**values),
        instant=datetime(2026, 3, 2, tzinfo=UTC),
        uptime=timedelta(),
    )


class Values(dict[str, str]):
    """A value for each name."""

    def __missing__(self, name: str) -> str:
        return f"<{name}>"


def test_each_message_is_known_again() -> None:
    wanted = [message for message in MESSAGE_CATALOG if is_complaint(message.level)]
    lines = [
        LogFormat().line(
            component=message.component.format_map(Values()),
            level=message.level,
            text=message.text.format_map(Values()),
            instant=datetime(2026, 3, 2, tzinfo=UTC),
            uptime=timedelta(),
        )
        for message in wanted
    ]
    assert [one.message for one in complaints_in(lines)] == wanted


def test_values_are_read_from_the_line() -> None:
    values = {"name": "a.b", "value": "x (site.cfg, line 3)", "expected": "0 or 1", "used": "0"}
    (complaint,) = complaints_in([line_of(BAD_PARAMETER, values)])
    assert (complaint.message, complaint.values) == (BAD_PARAMETER, values)
    del values["expected"]
    (other,) = complaints_in([line_of(NOT_PERFORMED, values)])
    assert (other.message, other.values) == (NOT_PERFORMED, values)


def test_line_that_was_cut_is_known_by_its_beginning() -> None:
    values = {"name": "a.b", "value": "x" * 600, "expected": "0", "used": "0"}
    (complaint,) = complaints_in([line_of(BAD_PARAMETER, values)])
    assert complaint.message in (BAD_PARAMETER, NOT_PERFORMED)
    assert complaint.values == {"name": "a.b"}


def test_other_levels_and_other_lines_are_no_complaints() -> None:
    lines = ["0101000000|app1 |*|03|started", "0101000000|copy |3|03|File x is not there", "no line of a log", ""]
    assert list(complaints_in(lines)) == []
    (unknown,) = complaints_in(["0101000000|net  |5|03|Parameter x is broken"])
    assert (unknown.line, unknown.message) == ("net 5: Parameter x is broken", None)
