"""The causes that facts show, and how much each explains: gathered fact by fact, then told in order."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeGuard

from phone_sim.fault_catalog import causes
from phone_sim.fault_catalog.cause import Cause, Weight
from phone_sim.fault_catalog.cause_of import cause_of
from phone_sim.fault_catalog.causes import CAUSES
from phone_sim.fault_catalog.facts import (
    Condition,
    Fact,
    FeatureExpired,
    FileRole,
    FileTrouble,
    KeyRead,
    KeysUpdated,
    LicenseRefused,
    NoConfiguration,
    Objection,
    Seen,
    Trouble,
)

_OF_BOOT_SERVER = (Condition.NO_BOOT_SERVER, Condition.SERVER_ADDRESS, Condition.TLS_VERSION)


class Standing(IntEnum):
    """How much a cause explains."""

    DECISIVE = 0
    EXPLAINS = 1
    BESIDES = 2


@dataclass(slots=True)
class GatheredCause:
    """A cause that facts show, while they are gathered; `lines` has each line once, in order."""

    cause: Cause
    standing: Standing
    lines: dict[str, None] = field(default_factory=dict)


class FoundCauses:
    """The causes that facts show, each with its standing and its lines.

    `is_decisive` says that there is no configuration at all, `refused` has what is told although no feature is off.
    """

    def __init__(self, facts: Sequence[Fact], *, is_off: bool) -> None:
        self._is_off = is_off
        self.is_decisive = any(isinstance(fact, NoConfiguration) or fact is Condition.NO_BOOT_SERVER for fact in facts)
        self._ran_out = any(isinstance(fact, FeatureExpired) for fact in facts)
        self.refused: list[FileTrouble | LicenseRefused] = []
        self._found: dict[str, GatheredCause] = {}
        # The lines about a signature do not name the key; where the vendor's is the only one, they are about it.
        keys = [fact for fact in facts if isinstance(fact, LicenseRefused) and fact.file]
        objections = {fact.objection for fact in keys}
        self._is_vendors = Objection.VENDOR_KEY in objections and Objection.SIGNATURE not in objections
        # Where a license file was read, one that is missing was not needed, or would not have been asked for.
        self._has_answered = any(is_about_license_file(fact) for fact in facts)

    @property
    def explains(self) -> bool:
        """True when something explains a feature that is off."""
        return any(one.standing is not Standing.BESIDES for one in self._found.values())

    def add(self, one: Seen) -> None:
        """Take a fact into account."""
        cause, standing = cause_of(one.fact), Standing.BESIDES
        if cause is None:
            return
        if self._is_vendors and cause is causes.SIGNATURE and isinstance(one.fact, LicenseRefused):
            cause = causes.VENDOR_KEY
        if isinstance(one.fact, FileTrouble):
            if not self._counts(one.fact):
                return
            standing = self._standing_of_file(one.fact)
        elif self.is_decisive and (isinstance(one.fact, NoConfiguration) or one.fact in _OF_BOOT_SERVER):
            standing = Standing.DECISIVE
        elif cause.weight in (Weight.ALWAYS, Weight.WHEN_OFF):
            standing = Standing.EXPLAINS
        if standing is Standing.EXPLAINS and cause.weight is not Weight.ALWAYS and not self._is_off:
            if not _is_refused(one.fact):
                return
            self.refused.append(one.fact)
            standing = Standing.BESIDES
        self.put(cause, standing, () if one.line is None else (one.line,))

    def put(self, cause: Cause, standing: Standing, lines: Iterable[str] = ()) -> None:
        """Add a cause, or lines to one that is there."""
        gathered = self._found.setdefault(cause.name, GatheredCause(cause, standing))
        gathered.standing = min(standing, gathered.standing)
        gathered.lines.update(dict.fromkeys(lines))

    def in_order(self) -> tuple[tuple[Cause, tuple[str, ...]], ...]:
        """All causes with their lines, the likeliest first.

        That there is no configuration is no cause of its own where the reason is known; its lines show that one.
        """
        told = sorted(self._found.values(), key=self._rank)
        general = self._found.get(causes.NO_CONFIGURATION.name)
        if general is not None and told[0] is not general:
            told.remove(general)
            told[0].lines.update(general.lines)
        return tuple((one.cause, tuple(one.lines)) for one in told)

    def _counts(self, fact: FileTrouble) -> bool:
        """False for a file whose absence is normal."""
        if fact.trouble is not Trouble.MISSING:
            return True
        if fact.role is FileRole.MASTER:
            return self.is_decisive
        return not (fact.role.is_license and self._has_answered)

    def _standing_of_file(self, fact: FileTrouble) -> Standing:
        is_decisive = fact.role is FileRole.MASTER or (
            fact.role is FileRole.CONFIGURATION and fact.trouble.is_of_transfer
        )
        if self.is_decisive and is_decisive:
            return Standing.DECISIVE
        return Standing.EXPLAINS if fact.role.is_license else Standing.BESIDES

    def _rank(self, one: "GatheredCause") -> tuple[float, float]:
        expired = self._found.get(causes.EXPIRED.name)
        # What expired in use is why the phone rebooted; by a doubtful clock it may be valid.
        expired_rank = rank_of(causes.FLASH) + 0.5 if self._ran_out else rank_of(causes.EXPIRED)
        if one.cause is causes.TIME_SERVER and expired is not None:
            return expired.standing, expired_rank - 0.1
        if one.cause is causes.NO_CONFIGURATION:  # the reason for it comes before it
            return one.standing, len(CAUSES)
        return one.standing, expired_rank if one is expired else rank_of(one.cause)


def rank_of(cause: Cause) -> int:
    """The place of a cause among all, the likeliest first."""
    return CAUSES.index(cause)


def is_about_license_file(fact: Fact) -> bool:
    """True for what shows that the boot server had something else to say of a license file than that it is missing."""
    is_file = isinstance(fact, FileTrouble) and fact.role.is_license and fact.trouble is not Trouble.MISSING
    return is_file or isinstance(fact, LicenseRefused | KeyRead | KeysUpdated)


def _is_refused(fact: Fact) -> TypeGuard[FileTrouble | LicenseRefused]:
    """True for a license file or key that is told even where another one gave the phone what it needs."""
    match fact:
        case FileTrouble(trouble=trouble):
            return trouble is not Trouble.MISSING
        case LicenseRefused(objection=objection):
            return objection in (Objection.VENDOR_KEY, Objection.SIGNATURE, Objection.FORM)
    return False
