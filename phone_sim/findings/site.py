"""What is wrong with a whole site: each phone that it has files for reads its configuration, and each file that
phones read is looked into.

It does not know where the files are kept: a site that can be listed and read goes in.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from phone_sim.boot_server.site import Found
from phone_sim.findings.finding import Finding
from phone_sim.findings.site_check import ListedSite, SiteCheck
from phone_sim.findings.site_phones import any_other, phones_of
from phone_sim.findings.subject import Subject
from phone_sim.firmware.master_config import DEFAULT_NAME
from phone_sim.mac_address import MacAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was looked at: the numbers of files and phones, the models and the firmware.

    `files_there` are all that the site has; `files_elsewhere` are on other servers, which were not asked.
    """

    files_read: int
    files_there: int
    files_elsewhere: int
    phones: int
    models: tuple[str, ...]
    firmware: str

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "files_read": self.files_read,
            "files_there": self.files_there,
            "files_elsewhere": self.files_elsewhere,
            "phones": self.phones,
            "models": list(self.models),
            "firmware": self.firmware,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteReport:
    """What was found, by file and line, and what was looked at."""

    findings: tuple[Finding, ...]
    checked: Checked

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {"findings": [one.as_json() for one in self.findings], "checked": self.checked.as_json()}


def check_site(
    site: ListedSite,
    subject: Subject,
    *,
    only: MacAddress | None = None,
    progress: Callable[[int, int], object] = lambda _done, _of: None,
) -> SiteReport:
    """Check the files of a boot server for the phones that it has files for, and for one that has none of its own.

    With `only`, for this phone alone; then nothing is said of files that it does not ask for. `progress` is told how
    many phones are done, and of how many.
    """
    names = tuple(site.names())
    phones = phones_of(names) if only is None else (only,)
    master = site.read(DEFAULT_NAME) if DEFAULT_NAME in names else None
    stranger = any_other(phones, master.data if isinstance(master, Found) else b"")
    check = SiteCheck(site, names, subject, stranger)
    if only is None and (DEFAULT_NAME in names or not phones):
        phones = (*phones, stranger)
    for done, mac in enumerate(phones):
        progress(done, len(phones))
        check.look_at_phone(mac)
    progress(len(phones), len(phones))
    if only is None:
        check.look_at_others(names)
    checked = Checked(
        files_read=check.files_read,
        files_there=len(names),
        files_elsewhere=check.files_elsewhere,
        phones=len(phones),
        models=tuple(model.token for model in subject.models),
        firmware=subject.profile.version,
    )
    return SiteReport(findings=in_order(check.findings(len(phones))), checked=checked)


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings by file and line."""
    return tuple(sorted(findings, key=lambda one: (one.place.file, one.place.line or 0, one.rule.code, one.message)))
