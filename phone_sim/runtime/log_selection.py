"""Lines of a phone's log by component and level."""

from collections.abc import Iterable

from phone_sim.errors import UsageError
from phone_sim.firmware.log_line import parse_line
from phone_sim.firmware.messages import MESSAGE_CATALOG
from phone_sim.models import Feature

_LEVELS = (*"0123456", "*")


def selected_lines(
    lines: Iterable[str], features: Iterable[Feature], *, component: str | None, level: int | str | None
) -> tuple[str, ...]:
    """The lines of this component and this level, where they are given; `features` are those of the phone.

    Raises:
        UsageError: not a level, or not a component of this phone; the message lists them.
    """
    if level is not None and str(level) not in _LEVELS:
        raise UsageError(f"{level!r} is not a level of a phone's log; expected one of: {', '.join(_LEVELS)}")
    parsed = [(line, parts) for line in lines if (parts := parse_line(line)) is not None]
    known = {message.component for message in MESSAGE_CATALOG if "{" not in message.component}
    known |= {feature.component for feature in features} | {parts.component for _, parts in parsed}
    if component is not None and component not in known:
        named = ", ".join(sorted(known))
        raise UsageError(f"{component!r} is not a component of this phone's log; expected one of: {named}")
    return tuple(
        line
        for line, parts in parsed
        if component in (None, parts.component) and (level is None or str(level) == parts.level)
    )
