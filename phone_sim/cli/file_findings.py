"""What is wrong with a site or a configuration file, as `phone-sim check` shows it."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from phone_sim.cli.output import Styled, say
from phone_sim.cli.phone_report import print_json, talk
from phone_sim.findings.finding import Finding, Severity
from phone_sim.findings.single_file import check_file
from phone_sim.findings.site import SiteReport, check_site
from phone_sim.mac_address import MacAddress
from phone_sim.printable import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from phone_sim.findings.subject import Subject

_COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}
_MODELS_NAMED = 3


def check_configuration(path: Path, data: bytes, subject: "Subject", mac: str | None, *, as_json: bool) -> None:
    """Check a folder, or a file with these contents, and print what is found; ends with 1 where that fails."""
    from phone_sim.boot_server.folder_site import FolderSite
    from phone_sim.licensing.license_file import SIZE_LIMIT

    only = None if mac is None else MacAddress.parse(mac)
    if path.is_dir():
        with _progress() as progress:
            report = check_site(FolderSite(path, read_limit=SIZE_LIMIT), subject, only=only, progress=progress)
    else:
        report = check_file(str(path), data, subject, only=only)
    if as_json:
        print_json(report.as_json())
    else:
        for finding in report.findings:
            _say(finding)
        talk(summary(report))
    if fails(report):
        click.get_current_context().exit(1)


def fails(report: SiteReport) -> bool:
    """True where a finding is so grave that the command fails."""
    return report.has_at_least(Severity.ERROR)


def summary(report: SiteReport) -> str:
    """How many findings of each severity there are, and what was looked at."""
    counts = Counter(one.rule.severity for one in report.findings)
    found = ", ".join(
        _count(counts[severity], severity.value if severity is Severity.INFO else f"{severity.value}s")
        for severity in reversed(Severity)
        if counts[severity]
    )
    checked = report.checked
    models = ", ".join(checked.models[:_MODELS_NAMED])
    more = f" and {len(checked.models) - _MODELS_NAMED} more models" if len(checked.models) > _MODELS_NAMED else ""
    elsewhere = f"; {checked.files_elsewhere} on other servers were not read" if checked.files_elsewhere else ""
    return (
        f"{found or 'Nothing found'}: {checked.files_read} of {_count(checked.files_there, 'files')} read by "
        f"{_count(checked.phones, 'phones')} with firmware {checked.firmware}, as {models}{more}{elsewhere}"
    )


def _count(number: int, things: str) -> str:
    return f"{number} {things.removesuffix('s') if number == 1 else things}"


def _say(finding: Finding) -> None:
    color = _COLORS[finding.rule.severity]
    place, message = visible(str(finding.place), kept=""), visible(finding.message, kept="")
    say(Styled(place, bold=True), ": ", Styled(finding.rule.code, fg=color), f" {message}")


@contextmanager
def _progress() -> "Iterator[Callable[[int, int], None]]":
    """A bar on a terminal, beside the result."""
    with click.progressbar(length=1, label="Phones", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def progress(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        yield progress
