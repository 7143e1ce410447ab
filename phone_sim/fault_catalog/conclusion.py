"""From facts to a conclusion: what is wrong, each cause once, and the lines of the log that show it.

No configuration at all is decisive and comes before everything else. Then come the causes that explain a feature that
is off, then all others. A cause is named only where facts show it; a license file that is not there explains nothing
where another one was read. This module knows neither log lines nor how a phone was asked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeGuard

from phone_sim.fault_catalog import causes
from phone_sim.fault_catalog.cause_of import cause_of
from phone_sim.fault_catalog.causes import Cause, Weight
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
    Objection,
    Seen,
    Started,
    Trouble,
)
from phone_sim.licensing.license_key import LicenseType

_OF_BOOT_SERVER = (Condition.NO_BOOT_SERVER, Condition.SERVER_ADDRESS, Condition.TLS_VERSION)


class _Standing(IntEnum):
    """How much a cause explains."""

    DECISIVE = 0
    EXPLAINS = 1
    BESIDES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCause:
    """A cause that facts show; `lines` of the log show it, `details` are what is known of it besides, in sentences."""

    cause: Cause
    lines: tuple[str, ...] = ()
    details: tuple[str, ...] = ()


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
    found = _Found(facts, is_off=is_off)
    for one in seen:
        found.add(one)
    if is_off and not found.explains:
        for explanation in _reasons(seen, phone):
            found.put(explanation, _Standing.EXPLAINS)
    told = found.in_order()
    state = _state(facts, found)
    if not told:
        quiet = _quiet_state(facts)
        told = (FoundCause(cause=quiet),)
        state = quiet.what
    details = _details(phone)
    return Conclusion(
        state=" ".join(filter(None, (state, _licensed_now(facts, phone)))),
        found=tuple(
            FoundCause(
                cause=one.cause,
                lines=one.lines,
                details=tuple(dict.fromkeys((*one.details, *details.get(one.cause.name, ())))),
            )
            for one in told
        ),
    )


class _Found:
    """The causes that facts show, each with its standing and its lines."""

    def __init__(self, facts: Sequence[Fact], *, is_off: bool) -> None:
        self._is_off = is_off
        self.is_decisive = any(isinstance(fact, NoConfiguration) or fact is Condition.NO_BOOT_SERVER for fact in facts)
        self.ran_out = any(isinstance(fact, FeatureExpired) for fact in facts)
        self.refused: list[FileTrouble | LicenseRefused] = []
        self._found: dict[str, tuple[_Standing, FoundCause]] = {}
        # Where a license file was read, one that is missing was not needed, or would not have been asked for.
        self._reads_license = any(_is_read_license(fact) for fact in facts)

    @property
    def explains(self) -> bool:
        """True when something explains a feature that is off."""
        return any(standing is not _Standing.BESIDES for standing, _ in self._found.values())

    def add(self, one: Seen) -> None:
        """Take a fact into account."""
        cause, standing = cause_of(one.fact), _Standing.BESIDES
        if cause is None:
            return
        if isinstance(one.fact, FileTrouble):
            if not self._counts(one.fact):
                return
            standing = self._standing_of_file(one.fact)
        elif self.is_decisive and (isinstance(one.fact, NoConfiguration) or one.fact in _OF_BOOT_SERVER):
            standing = _Standing.DECISIVE
        elif cause.weight in (Weight.ALWAYS, Weight.WHEN_OFF):
            standing = _Standing.EXPLAINS
        if standing is _Standing.EXPLAINS and cause.weight is not Weight.ALWAYS and not self._is_off:
            if not _is_refused(one.fact):
                return
            self.refused.append(one.fact)
            standing = _Standing.BESIDES
        self.put(FoundCause(cause=cause, lines=() if one.line is None else (one.line,)), standing)

    def put(self, found: FoundCause, standing: _Standing) -> None:
        """Add a cause, or lines and details to one that is there."""
        before = self._found.get(found.cause.name)
        if before is not None:
            standing = min(standing, before[0])
            found = FoundCause(
                cause=found.cause,
                lines=tuple(dict.fromkeys((*before[1].lines, *found.lines))),
                details=tuple(dict.fromkeys((*before[1].details, *found.details))),
            )
        self._found[found.cause.name] = standing, found

    def in_order(self) -> tuple[FoundCause, ...]:
        """All causes, the likeliest first.

        That there is no configuration is no cause of its own where the reason is known; its lines show that one.
        """
        ranked = sorted(self._found.values(), key=self._rank)
        told = [one for _, one in ranked]
        decisive = [one for standing, one in ranked if standing is _Standing.DECISIVE]
        general = next((one for one in decisive if one.cause is causes.NO_CONFIGURATION), None)
        if general is not None and len(decisive) > 1:
            told.remove(general)
            told[0] = FoundCause(cause=told[0].cause, lines=(*told[0].lines, *general.lines), details=told[0].details)
        return tuple(told)

    def _counts(self, fact: FileTrouble) -> bool:
        """False for a file whose absence is normal."""
        if fact.trouble is not Trouble.MISSING:
            return True
        if fact.role is FileRole.MASTER:
            return self.is_decisive
        return not (fact.role.is_license and self._reads_license)

    def _standing_of_file(self, fact: FileTrouble) -> _Standing:
        is_decisive = fact.role is FileRole.MASTER or (
            fact.role is FileRole.CONFIGURATION and fact.trouble.is_of_transfer
        )
        if self.is_decisive and is_decisive:
            return _Standing.DECISIVE
        return _Standing.EXPLAINS if fact.role.is_license else _Standing.BESIDES

    def _rank(self, ranked: tuple[_Standing, FoundCause]) -> tuple[float, float]:
        standing, found = ranked
        expired = self._found.get(causes.EXPIRED.name)
        # What expired in use is why the phone rebooted; by a doubtful clock it may be valid.
        expired_rank = causes.FLASH.rank + 0.5 if self.ran_out else causes.EXPIRED.rank
        if found.cause is causes.TIME_SERVER and expired is not None:
            return expired[0], expired_rank - 0.1
        return standing, expired_rank if found.cause is causes.EXPIRED else found.cause.rank


def _is_read_license(fact: Fact) -> bool:
    """True for what shows that a license file came."""
    is_file = isinstance(fact, FileTrouble) and fact.role.is_license and fact.trouble is not Trouble.MISSING
    return is_file or isinstance(fact, LicenseRefused | KeyRead | KeysUpdated)


def _is_refused(fact: Fact) -> TypeGuard[FileTrouble | LicenseRefused]:
    """True for a license file or key that is told even where another one gave the phone what it needs."""
    match fact:
        case FileTrouble(trouble=trouble):
            return trouble is not Trouble.MISSING
        case LicenseRefused(objection=objection):
            return objection in (Objection.SIGNATURE, Objection.FORM)
    return False


def _reasons(seen: Iterable[Seen], phone: KnownPhone) -> list[FoundCause]:
    """Why a feature is off where no line says it: what the phone shows, else what the log allows to conclude."""
    lines = tuple(one.line for one in seen if isinstance(one.fact, FeatureOff | FeatureExpired) and one.line)
    known = [cause_of(fact) for fact in phone.facts if _explains_license(fact)]
    if any(known):
        return [FoundCause(cause=cause, lines=lines) for cause in dict.fromkeys(known) if cause is not None]
    took = any(isinstance(one.fact, KeyRead | KeysUpdated) for one in seen)
    return [FoundCause(cause=causes.LACKS_FEATURE if took else causes.REASON_NOT_SHOWN, lines=lines)]


def _explains_license(fact: Fact) -> bool:
    return isinstance(fact, LicenseRefused) or (isinstance(fact, FileTrouble) and fact.role.is_license)


def _details(phone: KnownPhone) -> dict[str, tuple[str, ...]]:
    """What is known of a phone, in sentences, by the name of the cause."""
    details: dict[str, tuple[str, ...]] = {}
    for fact in phone.facts:
        if (cause := cause_of(fact)) is not None and (text := fact_text(fact)):
            details[cause.name] = (*details.get(cause.name, ()), text)
    return details


def _licensed_now(facts: Iterable[Fact], phone: KnownPhone) -> str:
    off = [fact.feature for fact in facts if isinstance(fact, FeatureOff)]
    now = [feature for feature in dict.fromkeys(off) if feature in phone.licensed]
    return f"A phone that boots now has a license for {', '.join(now)}: reboot this one (B15)." if now else ""


def _state(facts: Sequence[Fact], found: _Found) -> str:
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
    who = (
        "phones without a license of their own will have these features off"
        if is_site
        else "this phone relies on another"
    )
    return f"{head} But a license file was refused: {who}."


def _hides_configuration(fact: Fact) -> bool:
    is_configuration = isinstance(fact, FileTrouble) and fact.role in (FileRole.CONFIGURATION, FileRole.OVERRIDE)
    return fact is Condition.FILES_IGNORED or (is_configuration and cause_of(fact) is not None)


def _quiet_state(facts: Sequence[Fact]) -> Cause:
    """What facts without a complaint tell."""
    if any(isinstance(fact, KeyRead) for fact in facts):
        return causes.CLOCK_UNSET if Condition.CLOCK_UNSET in facts else causes.LICENSED
    asked = any(_is_read_license(fact) or (isinstance(fact, FileTrouble) and fact.role.is_license) for fact in facts)
    if asked:
        return causes.ASKED_WITHOUT_NEED
    if Condition.BLANK_FLASH in facts:
        return causes.NOT_CONFIGURED
    return causes.LICENSED if any(isinstance(fact, Started) for fact in facts) else causes.NOTHING_SAID
