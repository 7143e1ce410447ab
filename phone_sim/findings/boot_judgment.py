"""Whether a phone has booted as expected, and what falls short: the one rule of verbs, fleet, scenarios and tests.

`judge_facts` looks at what the firmware knows of its configuration and licenses, which costs next to nothing: each
error that findings report, but of a license file, is a file that is not in force. `judge` names the places as well, and
looks at the findings.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from phone_sim.boot_server.site import Found
from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.findings.booted_phone import boot_of, findings_of
from phone_sim.findings.documents import shown
from phone_sim.findings.finding import Finding, Place, Severity
from phone_sim.findings.license_files import explains_lack
from phone_sim.findings.offline_boot import OfflineBoot
from phone_sim.findings.site_check import list_place, master_of
from phone_sim.firmware.app_log import LOG_ENDING
from phone_sim.firmware.boot import InService
from phone_sim.firmware.configuration import Configuration
from phone_sim.firmware.effects import Upload, Uploaded
from phone_sim.firmware.features import lacks_proven_license
from phone_sim.firmware.location import shown_name
from phone_sim.firmware.parameters.layers import OWN_MAC, LayerKind
from phone_sim.firmware.unread_file import UnreadFile, UnreadKind
from phone_sim.models import Feature
from phone_sim.printable import visible
from phone_sim.runtime.exchange import Exchange


class BootShortcomingKind(StrEnum):
    """What falls short."""

    NOT_BOOTED = "not_booted"
    NO_CONFIGURATION = "no_configuration"
    """It booted without a configuration from its boot server."""
    FILE_NOT_READ = "file_not_read"
    """A file of its configuration is not in force."""
    FINDING = "finding"
    """A finding is of a level that is not expected."""
    LOG_NOT_UPLOADED = "log_not_uploaded"
    """The boot server did not take its log."""
    NO_LICENSE = "no_license"
    """It has no license for a feature that is configured for use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BootShortcoming:
    """What falls short of the expectation; as text it is one line, and escaped.

    `place` is the file and, where it is known, the line of the fault. `file` is the file that is not in force, where
    that is what falls short, and `feature` the one that has no license.
    """

    kind: BootShortcomingKind
    message: str
    place: Place | None = None
    file: UnreadFile | None = None
    feature: Feature | None = None

    def __str__(self) -> str:
        return visible(self.message if self.place is None else f"{self.place}: {self.message}", kept="")

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "kind": self.kind.value,
            "message": self.message,
            "file": self.place.file if self.place is not None else None,
            "line": self.place.line if self.place is not None else None,
        }


def judge(
    service: InService | None, exchanges: Iterable[Exchange], expectation: BootExpectation
) -> tuple[BootShortcoming, ...]:
    """What falls short of the expectation; nothing for a boot as expected.

    `service` is what the phone booted into, None before that, and `exchanges` are those of the boot.
    """
    facts = judge_facts(service, expectation)
    is_clean = expectation is BootExpectation.CLEAN
    if service is None or not (is_clean or facts):
        return facts
    if service.configuration.problem:
        own = service.session.identity.mac.digits
        return tuple(replace(one, message=one.message.replace(OWN_MAC, own)) for one in facts)
    heard = tuple(exchanges)
    boot, findings = boot_of(service, heard), findings_of(service, heard)
    found = [_placed(fact, boot, findings) for fact in facts]
    if is_clean:
        places = {one.place for one in found}
        files = {boot.path_of(one.file.source) for one in found if one.file is not None}
        more = (one for one in findings if one.place not in places and one.place.file not in files)
        found += (_shortcoming_of(one) for one in more if one.rule.severity is not Severity.INFO)
        found += _not_uploaded(heard)
    return tuple(found)


def judge_facts(service: InService | None, expectation: BootExpectation) -> tuple[BootShortcoming, ...]:
    """What falls short by the facts of the firmware alone; phones with the same faults have the same shortcomings."""
    if service is None:
        return (BootShortcoming(kind=BootShortcomingKind.NOT_BOOTED, message="it has not booted"),)
    configuration = service.configuration
    if problem := configuration.problem:
        trouble = trouble_of(configuration)
        message = f"no configuration: {shown(problem, 200)}{trouble and f' ({trouble})'}"
        return (BootShortcoming(kind=BootShortcomingKind.NO_CONFIGURATION, message=message),)
    if expectation is BootExpectation.BOOTED:
        return ()
    found: list[BootShortcoming] = []  # a fleet asks for it often: most phones have none, and that is known at once
    for file in configuration.unread:
        if file.kind is not UnreadKind.NOT_A_MASTER:
            found.append(_not_read(file))
    for problem in configuration.master.problems:
        message = f"CONFIG_FILES: {shown(problem, 200)}"
        found.append(BootShortcoming(kind=BootShortcomingKind.FILE_NOT_READ, message=message))
    if expectation is BootExpectation.LICENSED:
        found += _not_licensed(service)
    return tuple(found)


def trouble_of(configuration: Configuration) -> str:
    """Why a boot server that answers gives no configuration, `000000000000.cfg: gzip, not XML`; empty if it has none.

    It is what came of the last configuration file that was not missing.
    """
    if not configuration.answered:
        return ""
    for one in reversed(configuration.unread):
        is_missing = one.kind in (UnreadKind.MISSING, UnreadKind.NOT_ASKED)
        if not is_missing and one.source.kind is not LayerKind.CONTACTS:
            return f"{shown(shown_name(one.source.file))}: {shown(one.reason, 200)}"
    return ""


def is_lost_log(exchange: Exchange) -> bool:
    """True for a log that the boot server did not take."""
    return _is_lost_upload(exchange) and exchange.request.location.name.endswith(LOG_ENDING)


def _is_lost_upload(exchange: Exchange) -> bool:
    return isinstance(exchange.request, Upload) and not isinstance(exchange.reply, Uploaded)


def _not_licensed(service: InService) -> Iterator[BootShortcoming]:
    for gate in service.gates:
        if lacks_proven_license(gate):
            message = f"{gate.feature.key}: {gate.reason}"
            yield BootShortcoming(kind=BootShortcomingKind.NO_LICENSE, message=message, feature=gate.feature)


def _not_read(file: UnreadFile) -> BootShortcoming:
    name, reason = shown(shown_name(file.source.file)), shown(file.reason, 200)
    place = None
    match file.kind:
        case UnreadKind.MISSING:
            message = f"{name} is not there ({reason})"
        case UnreadKind.REFUSED:
            message = f"{name} was not given: {reason}"
        case UnreadKind.NOT_WHOLE:
            message = f"{name} did not come whole: {reason}"
        case UnreadKind.NOT_ASKED:
            message = f"{name} was not asked for, since the boot server did not give another file whole"
        case _:
            place, message = Place(file=name, line=file.line), reason
    return BootShortcoming(kind=BootShortcomingKind.FILE_NOT_READ, place=place, message=message, file=file)


def _placed(fact: BootShortcoming, boot: OfflineBoot, findings: tuple[Finding, ...]) -> BootShortcoming:
    """The same with the phone's own name for the file, and what the findings say of it."""
    if fact.feature is not None:
        return _unlicensed(fact, fact.feature, boot, findings)
    if fact.kind is not BootShortcomingKind.FILE_NOT_READ:
        return fact
    file, message = fact.file, fact.message.replace(OWN_MAC, boot.identity.mac.digits)
    if file is None or (file.source.kind is LayerKind.LISTED and fact.place is None):
        return replace(fact, place=list_place(boot, master_of(boot)), message=message)
    path = boot.path_of(file.source)
    for one in findings:
        if one.place.file == path and one.rule.severity is Severity.ERROR:
            return replace(fact, place=one.place, message=one.message)
    return replace(fact, place=Place(file=path, line=file.line), message=message)


def _unlicensed(
    fact: BootShortcoming, feature: Feature, boot: OfflineBoot, findings: tuple[Finding, ...]
) -> BootShortcoming:
    """The same with what the findings say of the activation file that was to license the feature."""
    for one in findings:
        answer = boot.answers.get(one.place.file)
        if isinstance(answer, Found) and explains_lack(one, answer.data, feature.bit, boot.identity.mac.serial):
            return replace(fact, place=one.place, message=f"{fact.message}: {one.message}")
    return fact


def _shortcoming_of(finding: Finding) -> BootShortcoming:
    return BootShortcoming(kind=BootShortcomingKind.FINDING, place=finding.place, message=finding.message)


def _not_uploaded(exchanges: Iterable[Exchange]) -> Iterator[BootShortcoming]:
    """The first file that the boot server did not take: a log, or what was changed on the phone before."""
    for exchange in exchanges:
        if _is_lost_upload(exchange):
            what = "the log" if is_lost_log(exchange) else shown(exchange.request.location.name)
            message = f"{what} was not uploaded: {shown(getattr(exchange.reply, 'reason', ''), 200)}"
            yield BootShortcoming(kind=BootShortcomingKind.LOG_NOT_UPLOADED, message=message)
            return
