"""Which check, or which rules about files, each complaint in a phone's log belongs to."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from phone_sim.audit.complaints import Complaint
from phone_sim.audit.finding import AuditFinding, Verdict, bad
from phone_sim.audit.kept_out import LOGIN
from phone_sim.audit.observations import AuditQuestion, Observations, ObservedBoot, wants_login
from phone_sim.audit.remedies import remedy_of
from phone_sim.findings import license_files, license_keys, master_files, parameter_files, site_rules
from phone_sim.findings.contact_directories import CONTACT_DIRECTORY_RULES
from phone_sim.findings.documents import DOCUMENT_RULES
from phone_sim.findings.finding import Rule
from phone_sim.findings.in_force import MODEL, NOT_PERFORMED, REJECTED
from phone_sim.findings.other_documents import OTHER_DOCUMENT_RULES
from phone_sim.findings.site_check import CALL_LISTS_ENDING, DIRECTORY_ENDING
from phone_sim.firmware import messages
from phone_sim.firmware.effects import NotFound, Refused, TransferFailed
from phone_sim.firmware.master_config import DEFAULT_NAME
from phone_sim.firmware.messages import Message
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.licensing.license_file import FILE_ENDING
from phone_sim.mac_address import MacAddress

OTHER_COMPLAINTS = "other-complaints"
"""The check that has what belongs to no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The names of a check or of rules; a complaint that `decides` is a fault, whatever else was seen."""

    names: tuple[str, ...]
    decides: bool = True


def _rules(*rules: Rule) -> Owner:
    return Owner(names=tuple(rule.code for rule in rules))


def _check(name: str, *, decides: bool = True) -> Owner:
    return Owner(names=(name,), decides=decides)


_KEY = _rules(
    license_keys.SIGNATURE_NOT_VALID,
    license_keys.VENDOR_KEY,
    license_keys.MALFORMED,
    license_files.NOT_AN_ACTIVATION_FILE,
)
_EXPIRED = Owner(names=(license_keys.EXPIRED.code,), decides=False)
"""A later key of the same file may renew the license, and then nothing is wrong."""
_SIGNATURE = Owner(names=(*_KEY.names, "activation-files"))
_USUAL = _check("every-model-boots", decides=False)
"""An audit's phone has blank flash and speaks to its boot server alone, so that it complains of that on any server."""
_UNLICENSED = _check("features-licensed", decides=False)
_VALUE = _rules(parameter_files.VALUE, REJECTED, NOT_PERFORMED)
"""A long value may cut the line before it says which."""
_NOT_IN_AN_AUDIT = _check(OTHER_COMPLAINTS)

OWNERS: Mapping[Message, Owner] = {
    messages.KEY_IS_BLANK: _USUAL,
    messages.SIGNATURE_NOT_VALID: _SIGNATURE,
    messages.PHONE_LICENSE_NOT_VALID: _SIGNATURE,
    messages.SITE_LICENSE_NOT_VALID: _SIGNATURE,
    messages.LICENSE_NOT_VALID: _SIGNATURE,
    messages.KEY_MALFORMED: _KEY,
    messages.LICENSE_EXPIRED: _EXPIRED,
    messages.FEATURE_EXPIRED: _EXPIRED,
    messages.NOT_AN_ACTIVATION_FILE: _rules(license_files.NOT_AN_ACTIVATION_FILE, *DOCUMENT_RULES),
    messages.TOO_MANY_KEYS: _rules(license_keys.TOO_MANY),
    messages.NO_KEY_FOR_PHONE: _rules(
        license_keys.FOR_OTHER_PHONE,
        license_files.NO_KEYS,
        license_files.UNKNOWN_ELEMENT,
        license_files.PHONE_KEY_IN_SITE_FILE,
        license_keys.MALFORMED,
    ),
    messages.FEATURE_NOT_AVAILABLE: _UNLICENSED,
    messages.NOT_LICENSED: _UNLICENSED,
    messages.CORPORATE_DIRECTORY_NOT_LICENSED: _UNLICENSED,
    messages.CORPORATE_DIRECTORY_FAILED: _UNLICENSED,
    messages.FIRMWARE_TOO_OLD: _UNLICENSED,
    messages.NOT_ON_THIS_MODEL: Owner(names=(MODEL.code,), decides=False),
    messages.LOG_UPLOAD_FAILED: _check("log-upload", decides=False),
    messages.LOG_LENGTH_NOT_TOLD: _check("log-upload", decides=False),
    messages.LOG_UPLOAD_LEFT_OUT: _check("log-upload"),
    messages.FILE_LEFT_OUT: _check("every-model-boots"),
    messages.NO_BOOT_SERVER: _check("every-model-boots"),
    messages.NO_CONFIGURATION: _check("every-model-boots"),
    messages.NEVER_CONFIGURED: _check("every-model-boots"),
    messages.BOOT_SERVER_NOT_USED: _USUAL,
    messages.NO_TIME: _USUAL,
    messages.TIME_STANDS_STILL: _USUAL,
    messages.TIME_CONTRADICTS: _USUAL,
    messages.CORPORATE_DIRECTORY_BIND_FAILED: _USUAL,
    messages.CORPORATE_DIRECTORY_SEARCH_FAILED: _USUAL,
    messages.MASTER_NOT_READABLE: _rules(*DOCUMENT_RULES, master_files.NOT_A_MASTER, master_files.PARAMETER_FILE),
    messages.PARAMETERS_INSTEAD_OF_MASTER: _rules(master_files.PARAMETER_FILE),
    messages.IGNORED_IN_MASTER: _rules(master_files.BESIDE),
    messages.CONFIG_FILES_TOO_LONG: _rules(site_rules.LIST),
    messages.CONFIG_NOT_READABLE: _rules(*DOCUMENT_RULES, *OTHER_DOCUMENT_RULES),
    messages.CONTACTS_NOT_READABLE: _rules(*DOCUMENT_RULES, *CONTACT_DIRECTORY_RULES),
    messages.PRE_3_3_PARAMETERS: _rules(parameter_files.PRE_3_3),
    messages.LATER_PARAMETERS: _rules(parameter_files.TOO_NEW),
    messages.NOT_PERFORMED: _VALUE,
    messages.BAD_PARAMETER: _VALUE,
    messages.DOWNLOAD_FAILED: _check("configuration-files"),
    messages.IMAGE_NOT_USABLE: _check("firmware-images"),
    messages.OVERRIDES_GONE: _NOT_IN_AN_AUDIT,
    messages.UPLOAD_FAILED: _NOT_IN_AN_AUDIT,
    messages.OPTION_REFUSED: _NOT_IN_AN_AUDIT,
    messages.NO_LEASE: _NOT_IN_AN_AUDIT,
    messages.FLASH_DAMAGED: _NOT_IN_AN_AUDIT,
    messages.FLASH_UNREADABLE: _NOT_IN_AN_AUDIT,
    messages.FLASH_KEY_NOT_VALID: _NOT_IN_AN_AUDIT,
    messages.FLASH_WRITE_FAILED: _NOT_IN_AN_AUDIT,
    messages.WAITING_FOR_IDLE: _NOT_IN_AN_AUDIT,
}
"""The owner of each message of level 4 and above. `DOWNLOAD_FAILED` has one for each kind of file, see `owner_of`."""

_OF_WHAT_KEEPS_OUT = (
    messages.DOWNLOAD_FAILED,
    messages.IMAGE_NOT_USABLE,
    messages.LOG_UPLOAD_FAILED,
    messages.NO_CONFIGURATION,
    messages.NEVER_CONFIGURED,
)


def owner_of(complaint: Complaint, mac: MacAddress, *, kept_out: str = "", reply: object = None) -> Owner:
    """The owner of a complaint of the phone with this address.

    `kept_out` is the check that says what keeps it from all files, empty where nothing does. `reply` is the server's
    for a file that was not downloaded, None if it is not known.
    """
    message = complaint.message
    if message is None:
        return _NOT_IN_AN_AUDIT
    if kept_out and message in _OF_WHAT_KEEPS_OUT:
        return _check(kept_out)
    if message is messages.DOWNLOAD_FAILED:
        if isinstance(reply, Refused) and wants_login(reply):
            return _check(LOGIN)
        # That a file is missing is judged by the answers: no activation file, for one, is normal.
        name, decides = complaint.values["name"], _is_fault(reply)
        if name.endswith(FILE_ENDING):
            return _check("missing-licenses", decides=decides)
        if name in (f"{mac}.cfg", DEFAULT_NAME):
            return _check("master-configuration", decides=decides)
        if name.endswith((DIRECTORY_ENDING, CALL_LISTS_ENDING)):
            return _check("contact-directory", decides=False)
    return OWNERS[message]


def _is_fault(reply: object) -> bool:
    """True where the server was asked, and neither gave the file nor said that it is missing."""
    if isinstance(reply, TransferFailed):
        return reply.kind is not FailureKind.NOT_ASKED
    return isinstance(reply, Refused)


def with_complaints(findings: Iterable[AuditFinding], seen: Observations, *, kept_out: str) -> tuple[AuditFinding, ...]:
    """The findings, each with the complaints that belong to it as evidence; what belongs to none is bad by itself.

    What is no fault of the server is evidence of the last check, so that no complaint is left out without a word.
    """
    found = list(findings)
    lines: dict[int, Counter[str]] = {}
    deciding: set[int] = set()
    passed_over: Counter[str] = Counter()
    remedies: dict[int, str] = {}
    replied = (
        (complaint, reply_to(complaint, boot, seen))
        for boot in seen.boots
        for complaint in dict.fromkeys(boot.complaints)
    )
    for (complaint, reply), count in Counter(replied).items():
        owner = owner_of(complaint, seen.mac, kept_out=kept_out, reply=reply)
        place = None if owner is _USUAL else _place(found, owner, complaint)
        if place is None and owner.decides:
            place = _place(found, _NOT_IN_AN_AUDIT, complaint)
        if place is None or not (owner.decides or _tells(found[place])):
            passed_over[complaint.line] += count
            continue
        lines.setdefault(place, Counter())[complaint.line] += count
        deciding |= {place} if owner.decides else set()
        remedies[place] = remedies.get(place) or remedy_of([reply])
    for place, counts in lines.items():
        found[place] = _with_lines(found[place], counts, decides=place in deciding, remedy=remedies[place])
    return tuple(_with_passed_over(one, passed_over) for one in found)


def reply_to(complaint: Complaint, boot: ObservedBoot, seen: Observations) -> object:
    """What the server answered for the file that a complaint says was not downloaded; None if that is not known.

    A server that refuses each missing file in the same way is told so once, by the check of missing files.
    """
    if complaint.message is not messages.DOWNLOAD_FAILED:
        return None
    name = complaint.values["name"]
    replies = [one.reply for one in boot.exchanges if one.request.location.name == name]
    failed = [reply for reply in replies if isinstance(reply, NotFound | Refused | TransferFailed)]
    reply = failed[-1] if failed else None
    missing = seen.answers.get(AuditQuestion.MISSING)
    if isinstance(reply, Refused) and missing is not None and missing.code == reply.status:
        return reply if wants_login(reply) else None
    return reply


def _place(found: list[AuditFinding], owner: Owner, complaint: Complaint) -> int | None:
    """Which of the findings a complaint belongs to: rather one about the file or the parameter that it names."""
    places = [number for number, one in enumerate(found) if one.check.name in owner.names]
    named = set(complaint.values.values())
    return min(places, key=lambda number: not _is_about(found[number], named), default=None)


def _is_about(finding: AuditFinding, named: set[str]) -> bool:
    place = finding.place
    return place is not None and bool({place.file.rpartition("/")[2], place.file, place.parameter} & named)


def _tells(finding: AuditFinding) -> bool:
    """True where lines that decide nothing are evidence."""
    return finding.is_bad or finding.judgment.verdict is Verdict.UNKNOWN


def _with_lines(finding: AuditFinding, counts: Counter[str], *, decides: bool, remedy: str) -> AuditFinding:
    lines = [f"logged in {count} boot{'s' if count > 1 else ''}: {line}" for line, count in counts.items()]
    if _tells(finding):
        return replace(finding, judgment=finding.judgment.with_evidence(*lines))
    return replace(finding, judgment=bad(*lines, remedy=remedy)) if decides else finding


def _with_passed_over(finding: AuditFinding, passed_over: Counter[str]) -> AuditFinding:
    if finding.check.name != OTHER_COMPLAINTS or finding.is_bad:
        return finding
    lines = (
        f"no fault by itself, in {count} boot{'s' if count > 1 else ''}: {line}" for line, count in passed_over.items()
    )
    return replace(finding, judgment=finding.judgment.with_evidence(*lines))
