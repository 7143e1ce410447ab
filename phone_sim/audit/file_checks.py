"""What is in the files that the phones of an audit were given, by the rules of `findings`.

Which files a server has, and how it answers, is not judged here: the answers say that. Nothing is asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import unquote, urlsplit, urlunsplit

from phone_sim.audit.finding import AuditFinding, Check, Judgment, bad, good, not_applicable, unknown
from phone_sim.audit.observations import FilesSeen, Observations, ObservedBoot
from phone_sim.audit.site_checks import switches_overridden
from phone_sim.boot_server.site import MemorySite
from phone_sim.findings import finding as in_files
from phone_sim.findings.in_force import EMPTY, MASKED
from phone_sim.findings.license_files import LICENSE_FILE_RULES
from phone_sim.findings.license_keys import LICENSE_KEY_RULES, SIGNATURE_NOT_VALID
from phone_sim.findings.site import check_site
from phone_sim.findings.site_rules import LIST, SITE_RULES
from phone_sim.findings.subject import Subject
from phone_sim.firmware.effects import Fetched
from phone_sim.firmware.location import BootServerAddress
from phone_sim.firmware.master_config import DEFAULT_NAME
from phone_sim.licensing.license_file import FILE_ENDING
from phone_sim.mac_address import MacAddress

_LICENSE_RULES = frozenset((*LICENSE_FILE_RULES, *LICENSE_KEY_RULES))
_JUDGED_BY_ANSWERS = frozenset(SITE_RULES) - {LIST}


def look_into_files(
    boots: Iterable[ObservedBoot], server: BootServerAddress, subject: Subject, mac: MacAddress
) -> FilesSeen:
    """The files that phones were given by this boot server, and what is wrong with what is in them."""
    files = _fetched(boots, server.root)
    site = dict(files)
    if server.master is not None and server.master in site:
        # A phone whose address names a master configuration file asks for it before all others.
        site.pop(f"{mac}.cfg", None)
        site[DEFAULT_NAME] = site.pop(server.master)
    report = check_site(MemorySite(site), subject, only=mac)
    found = [_renamed(one, server.master) for one in report.findings if one.rule not in _JUDGED_BY_ANSWERS]
    is_undecided = subject.anchor is None and any(one.rule is SIGNATURE_NOT_VALID for one in found)
    return FilesSeen(
        names=tuple(sorted(files)),
        findings=tuple(one for one in found if not (is_undecided and one.rule is SIGNATURE_NOT_VALID)),
        is_signature_undecided=is_undecided,
    )


def _fetched(boots: Iterable[ObservedBoot], root: str) -> Mapping[str, bytes]:
    files: dict[str, bytes] = {}
    for boot in boots:
        for one in boot.exchanges:
            url = urlunsplit(urlsplit(one.url)._replace(query=""))
            if isinstance(one.reply, Fetched) and not one.is_head and url.startswith(root):
                files.setdefault(unquote(url.removeprefix(root)), one.reply.data)
    return files


def _renamed(finding: in_files.Finding, master: str | None) -> in_files.Finding:
    if master is None or finding.place.file != DEFAULT_NAME:
        return finding
    return replace(finding, place=replace(finding.place, file=master))


def file_contents(seen: Observations) -> Judgment:
    """Phones can use what is in their files; `faults_in_files` has what they cannot."""
    names = [name for name in seen.files.names if not name.endswith(FILE_ENDING)]
    return good(*names) if names else unknown("no configuration file was served")


def activation_files(seen: Observations) -> Judgment:
    """Phones can use the license keys; `faults_in_files` has those that they cannot."""
    names = [name for name in seen.files.names if name.endswith(FILE_ENDING)]
    if not names:
        return not_applicable("no activation file was served")
    if seen.files.is_signature_undecided:
        return unknown(*names, "the signatures: name the public key of the authority: --trust")
    return good(*names)


def faults_in_files(seen: Observations) -> Mapping[str, list[AuditFinding]]:
    """The faults in files, by the name of the check in whose place they are reported."""
    faults: dict[str, list[AuditFinding]] = {}
    overridden = switches_overridden(seen)
    for one in seen.files.findings:
        if one.rule in (MASKED, EMPTY) and one.place.parameter in overridden:
            continue  # the check of overrides says what comes of it
        is_of_license = one.rule in _LICENSE_RULES or one.place.file.endswith(FILE_ENDING)
        faults.setdefault("activation-files" if is_of_license else "file-contents", []).append(_fault(one))
    return faults


def _fault(one: in_files.Finding) -> AuditFinding:
    rule = one.rule
    check = Check(name=rule.code, meaning=rule.why, remedy=one.what_to_do, severity=rule.severity)
    return AuditFinding(check=check, judgment=bad(f"{one.place}: {one.message}"), place=one.place, message=one.message)
