"""From facts to a conclusion: what is wrong, each cause once, and the lines of the log that show it.

No configuration at all is decisive and comes before everything else. Then come the causes that explain a feature that
is off, then all others. A cause is named only where facts show it; a license file that is not there explains nothing
where another one was read. This module knows neither log lines nor how a phone was asked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from phone_sim.fault_catalog import causes
from phone_sim.fault_catalog.cause import Cause
from phone_sim.fault_catalog.cause_of import cause_of
from phone_sim.fault_catalog.fact_text import fact_text
from phone_sim.fault_catalog.facts import (
    Condition,
    Fact,
    FeatureExpired,
    FeatureOff,
    FileRole,
    FileTrouble,
    KeyRead,
    KeysUpdated,
    LicenseRefused,
    NoConfiguration,
    Seen,
    Started,
)
from phone_sim.fault_catalog.found_causes import FoundCauses, Standing, is_about_license_file
from phone_sim.licensing.license_key import LicenseType


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCause:
    """A cause that facts show; `lines` of the log show it, `details` are what is known of it besides, in sentences."""

    cause: Cause
    lines: tuple[str, ...] = ()
    details: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The cause for programs."""
        return {
            "name": self.cause.name,
            "what": self.cause.what,
            "remedy": self.cause.remedy,
            "details": list(self.details),
            "lines": list(self.lines),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPhone:
    """What is known of a phone without its log: facts, and the features that a license covers, by key.

    With `wrote_log` it is the phone of the log; else one that boots now in its place.
    """

    facts: tuple[Fact, ...] = ()
    licensed: tuple[str, ...] = ()
    wrote_log: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What it all comes to: the state of the phone in a few sentences, and the causes, the likeliest first."""

    state: str
    found: tuple[FoundCause, ...]

    @property
    def causes(self) -> tuple[Cause, ...]:
        """The causes alone."""
        return tuple(one.cause for one in self.found)

    @property
    def text(self) -> str:
        """State and first cause, with its remedy, as a paragraph."""
        first = self.found[0]
        what = "" if first.cause.what in self.state else first.cause.what
        return " ".join(filter(None, (self.state, what, *first.details, first.cause.remedy)))


def conclude(log: Sequence[Seen], phone: KnownPhone | None = None) -> Conclusion:
    """The conclusion from the facts of the last boot in a log, and of a phone if one is known."""
    phone = phone or KnownPhone()
    seen = [*log, *map(Seen, phone.facts)] if phone.wrote_log else list(log)
    facts = [one.fact for one in seen]
    is_off = any(isinstance(fact, FeatureOff | FeatureExpired) for fact in facts)
    found = FoundCauses(facts, is_off=is_off)
    for one in seen:
        found.add(one)
    if is_off and not found.explains:
        off = [one.line for one in seen if isinstance(one.fact, FeatureOff | FeatureExpired) and one.line]
        for reason in _reasons(facts, phone):
            found.put(reason, Standing.EXPLAINS, off)
    state = _state(facts, found)
    told = found.in_order()
    if not told:
        quiet = _quiet_state(facts)
        told, state = ((quiet, ()),), quiet.what
    details = _details(phone)
    return Conclusion(
        state=" ".join(filter(None, (state, _now(facts, phone)))),
        found=tuple(
            FoundCause(cause=cause, lines=lines, details=tuple(details.get(cause.name, ()))) for cause, lines in told
        ),
    )


def _reasons(facts: Iterable[Fact], phone: KnownPhone) -> list[Cause]:
    """Why a feature is off where no line says it: what the phone shows, else what the log allows to conclude."""
    known = FoundCauses(phone.facts, is_off=True)
    for fact in phone.facts:
        if isinstance(fact, LicenseRefused) or (isinstance(fact, FileTrouble) and fact.role.is_license):
            known.add(Seen(fact))
    if known.explains:
        return [cause for cause, _ in known.in_order()]
    took = any(isinstance(fact, KeyRead | KeysUpdated) for fact in facts)
    return [causes.LACKS_FEATURE if took else causes.REASON_NOT_SHOWN]


def _details(phone: KnownPhone) -> dict[str, dict[str, None]]:
    """What is known of a phone, in sentences, by the name of the cause; each once."""
    details: dict[str, dict[str, None]] = {}
    for fact in phone.facts:
        if (cause := cause_of(fact)) is not None and (text := fact_text(fact)):
            details.setdefault(cause.name, {})[text] = None
    return details


def _now(facts: Iterable[Fact], phone: KnownPhone) -> str:
    """What a phone that boots now, in place of that of the log, has of what is missing there."""
    if phone.wrote_log:
        return ""
    if any(isinstance(fact, NoConfiguration) for fact in phone.facts):
        return "A phone that boots now gets no whole configuration from the boot server that was given."
    off = dict.fromkeys(fact.feature for fact in facts if isinstance(fact, FeatureOff))
    now = [feature for feature in off if feature in phone.licensed]
    return f"A phone that boots now has a license for {', '.join(now)}: reboot this one (B15)." if now else ""


def _state(facts: Sequence[Fact], found: FoundCauses) -> str:
    """What the facts say of the phone as a whole."""
    sentences = [_state_of_configuration(facts)] if found.is_decisive else []
    off = dict.fromkeys(fact.feature for fact in facts if isinstance(fact, FeatureOff))
    expired = dict.fromkeys(fact.feature for fact in facts if isinstance(fact, FeatureExpired))
    if off:
        sentences.append(f"Off for lack of a license: {', '.join(off)}.")
    elif expired:
        sentences.append(f"The license for {', '.join(expired)} expired while it was in use.")
    elif found.refused:
        sentences.append(_state_with_refused(facts, found.refused))
    elif not found.is_decisive:
        quiet = _quiet_state(facts)
        sentences.append(quiet.what)
        if quiet is causes.NOT_CONFIGURED and any(_hides_configuration(fact) for fact in facts):
            sentences.append("But the phone could not use all of its configuration.")
    return " ".join(sentences)


def _state_of_configuration(facts: Iterable[Fact]) -> str:
    keeps_last = next((fact.keeps_last for fact in facts if isinstance(fact, NoConfiguration)), None)
    after = {True: " It uses the last one that it had.", False: " It has none from before, only defaults.", None: ""}
    return f"The phone got no configuration from a boot server.{after[keeps_last]}"


def _state_with_refused(facts: Iterable[Fact], refused: Sequence[FileTrouble | LicenseRefused]) -> str:
    """The state of a phone to which another file gave what the refused one did not."""
    has_keys = any(isinstance(fact, KeysUpdated) and fact.count for fact in facts)
    head = "All that is configured is licensed." if has_keys else "No feature is off for lack of a license."
    is_site = any(
        fact.role is FileRole.SITE_LICENSE if isinstance(fact, FileTrouble) else fact.type is LicenseType.SITE
        for fact in refused
    )
    verb = "was refused" if any(isinstance(fact, LicenseRefused) for fact in refused) else "could not be used"
    if is_site:
        return f"{head} But the site license {verb}, so phones without one of their own have these features off."
    return f"{head} But a license of this phone {verb}."


def _hides_configuration(fact: Fact) -> bool:
    is_configuration = isinstance(fact, FileTrouble) and fact.role in (FileRole.CONFIGURATION, FileRole.OVERRIDE)
    return fact in (Condition.FILES_IGNORED, Condition.OTHER_FIRMWARE) or (
        is_configuration and cause_of(fact) is not None
    )


def _quiet_state(facts: Sequence[Fact]) -> Cause:
    """What facts without a complaint tell."""
    if any(isinstance(fact, KeyRead) for fact in facts):
        return causes.CLOCK_UNSET if Condition.CLOCK_UNSET in facts else causes.LICENSED
    asked = any(
        is_about_license_file(fact) or (isinstance(fact, FileTrouble) and fact.role.is_license) for fact in facts
    )
    if asked:
        return causes.ASKED_WITHOUT_NEED
    if Condition.BLANK_FLASH in facts:
        return causes.NOT_CONFIGURED
    return causes.LICENSED if any(isinstance(fact, Started) for fact in facts) else causes.NOTHING_SAID
