"""Instants as people and files give them: aware datetimes in UTC, within the years that a phone can meet.

This module does not know what happens at an instant.
"""

from datetime import UTC, datetime

from phone_sim.errors import UsageError

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
"""What a clock that was never set shows (D12)."""
END = datetime(2187, 1, 1, tzinfo=UTC)
"""The end of the years that the slots of a license key can name (D3); that no time goes beyond is our choice."""
RANGE = f"between {FIRST.year} and {END.year - 1}"


def in_range(value: datetime) -> datetime | None:
    """The instant in UTC, which a datetime without an offset is in; None for one out of range."""
    try:
        instant = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:  # near the years 1 and 9999
        return None
    return instant if FIRST <= instant < END else None


def parse_instant(value: datetime | str) -> datetime:
    """The instant in UTC of a datetime or its text in ISO 8601, which is UTC without an offset.

    Raises:
        UsageError: the text is not a time, or the time is out of range.
    """
    try:
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        raise UsageError(f"{value!r} is not a time such as 2026-12-01T02:00 or 2026-12-01T02:00+07:00") from error
    if (instant := in_range(parsed)) is None:
        raise UsageError(f"{value!r} is not {RANGE}" if isinstance(value, str) else f"{value} is not {RANGE}")
    return instant
