"""Explaining a phone's log: what each line means, and what it all comes to.

A log is read into lines, these show facts, and facts lead to a conclusion. This module does not know where a log comes
from.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from phone_sim.fault_catalog.cause import Cause
from phone_sim.fault_catalog.cause_of import cause_of
from phone_sim.fault_catalog.conclusion import Conclusion, FoundCause, KnownPhone, conclude
from phone_sim.fault_catalog.facts import Condition, Fact, FeatureExpired, FeatureOff, LicenseRefused, Seen, Started
from phone_sim.fault_catalog.known_line import KnownLine
from phone_sim.fault_catalog.log_lines import ReadLine, read_log
from phone_sim.firmware import messages
from phone_sim.firmware.messages import Message, Source
from phone_sim.licensing.license_key import LicenseType

# What the clock shows in the first minutes after power on when it was never set: 1970 began, at some whole hour (D12).
_UNSET_STAMP = re.compile(r"(0101|1231)\d\d0[0-4]\d\d\|")
_OPENING = (messages.INITIAL_ENTRY, messages.KEY_IS_BLANK)
_PROVISIONING = "Prov|Starting to provision"
_TYPES = {
    messages.PHONE_LICENSE_NOT_VALID: LicenseType.PHONE,
    messages.SITE_LICENSE_NOT_VALID: LicenseType.SITE,
}
_LICENSING = ("lic", "ldap")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedLine:
    """A line of a log, and the fact that it shows; `known` is None for an unknown line."""

    line: str
    component: str
    known: KnownLine | None
    fact: Fact | None

    @property
    def message(self) -> Message | None:
        """The message that it is."""
        return None if self.known is None else self.known.message

    @property
    def source(self) -> Source | None:
        """Where its wording comes from."""
        return None if self.known is None else self.known.message.source

    @property
    def causes(self) -> tuple[Cause, ...]:
        """All causes that the line points to, the likeliest first."""
        shown = None if self.fact is None else cause_of(self.fact)
        suggested = () if self.known is None else self.known.suggests
        return suggested if shown is None else (shown, *suggested)

    @property
    def is_licensing(self) -> bool:
        """True for a line that is about licenses, or about what keeps a phone from them."""
        return self.component in _LICENSING or bool(self.causes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The lines of a log, and the conclusion from those of the last boot in it, the `boot`.

    `phones` are the phones that a syslog server names in it; the explanation is about the last of them alone.
    """

    lines: tuple[ExplainedLine, ...]
    boot: tuple[ExplainedLine, ...]
    conclusion: Conclusion
    phones: tuple[str, ...]

    @property
    def mac(self) -> str:
        """The MAC address of the phone that logged last, as the phone says it; empty if it does not."""
        return next((line.fact.mac for line in reversed(self.lines) if isinstance(line.fact, Started)), "")

    def causes_of(self, line: ExplainedLine) -> tuple[FoundCause, ...]:
        """What lies behind a line: what was found by it, else what it points to by itself."""
        found = tuple(one for one in self.conclusion.found if line.line in one.lines)
        if not found and isinstance(line.fact, FeatureOff) and line in self.boot:
            found = self.conclusion.found[:1]
        return found or tuple(FoundCause(cause=cause) for cause in line.causes)


def explain(text: str, phone: KnownPhone | None = None) -> Explanation:
    """Explain a log, with what is known of a phone besides."""
    read = read_log(text)
    # The phone that logged last stands at the end.
    phones = tuple(reversed(dict.fromkeys(line.origin for line in reversed(read) if line.origin)))
    if phones:
        read = tuple(line for line in read if line.origin in ("", phones[-1]))
    lines = tuple(_explained(line, after) for line, after in zip(read, chain(read[1:], [None]), strict=False))
    boot = _last_boot(lines)
    return Explanation(lines=lines, boot=boot, conclusion=conclude(_seen(boot), phone), phones=phones)


def _explained(line: ReadLine, after: ReadLine | None) -> ExplainedLine:
    fact = None if line.known is None or line.known.fact is None else line.known.fact(line.values)
    # The line about the key comes first, then the one about the license, which names its type (B14).
    if isinstance(fact, LicenseRefused) and fact.type is None and after is not None and after.message in _TYPES:
        fact = replace(fact, type=_TYPES[after.message])
    return ExplainedLine(line=line.line, component=line.component, known=line.known, fact=fact)


def _seen(lines: Sequence[ExplainedLine]) -> list[Seen]:
    """The facts of the lines."""
    seen = [Seen(line.fact, line.line) for line in lines if line.fact is not None]
    if lines and all(_UNSET_STAMP.match(line.line) for line in lines):
        seen.append(Seen(Condition.CLOCK_UNSET))
    return seen


def _last_boot(lines: tuple[ExplainedLine, ...]) -> tuple[ExplainedLine, ...]:
    """The lines of the last boot, with what led to it when that was a license that expired.

    Not every real phone says when it starts, but a part of the phone that opens for the second time tells of a reboot.
    """
    expired = tuple(line for line in lines if isinstance(line.fact, FeatureExpired))[-1:]
    start, opened = 0, set[str]()
    for place, line in enumerate(lines):
        is_opening = line.message in _OPENING or (line.message is not None and line.message.text == _PROVISIONING)
        if line.message is messages.STARTED or (is_opening and line.component in opened):
            start, opened = place, set()
        if is_opening:
            opened.add(line.component)
    return (*expired, *lines[start:]) if start else lines
