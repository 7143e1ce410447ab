"""What is wrong with a site or a configuration file, as `phone-sim check` shows it."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from phone_sim.cli.finding_options import FindingOptions
from phone_sim.cli.output import shows_progress
from phone_sim.cli.phone_report import print_json, talk
from phone_sim.findings.finding import Severity
from phone_sim.findings.single_file import check_file
from phone_sim.findings.site import SiteReport, check_site
from phone_sim.mac_address import MacAddress

if TYPE_CHECKING:
    from collections.abc import Callable

    from phone_sim.findings.selection import Selection
    from phone_sim.findings.subject import Subject

_MODELS_NAMED = 3


def check_configuration(
    path: Path,
    data: bytes,
    subject: "Subject",
    mac: str | None,
    *,
    reporting: FindingOptions,
    selection: "Selection",
    as_json: bool,
) -> None:
    """Check a folder, or a file with these contents, and print what is found; ends with 1 where that fails."""
    from phone_sim.boot_server.folder_site import FolderSite
    from phone_sim.licensing.license_file import SIZE_LIMIT

    only = None if mac is None else MacAddress.parse(mac)
    if path.is_dir():
        with _progress() as progress:
            report = check_site(FolderSite(path, read_limit=SIZE_LIMIT), subject, only=only, progress=progress)
    else:
        report = check_file(path.as_posix(), data, subject, only=only)
    report = replace(report, findings=selection.reported(report.findings))
    reporting.report(report.findings, selection, checked=path, as_json=as_json)
    if as_json:
        print_json(report.as_json())
    else:
        talk(summary(report))
    if any(map(selection.fails, report.findings)):
        click.get_current_context().exit(1)


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
    others = checked.files_elsewhere
    elsewhere = f"; {others} on other servers {'was' if others == 1 else 'were'} not read" if others else ""
    more_about = "; phone-sim check --explain RULE says more" if found else ""
    return (
        f"{found or 'Nothing found'}: {checked.files_read} of {_count(checked.files_there, 'files')} read by "
        f"{_count(checked.phones, 'phones')} with firmware {checked.firmware}, as {models}{more}{elsewhere}{more_about}"
    )


def _count(number: int, things: str) -> str:
    return f"{number} {things.removesuffix('s') if number == 1 else things}"


@contextmanager
def _progress() -> "Iterator[Callable[[int, int], None]]":
    """A bar on a terminal, beside the result."""
    with click.progressbar(length=1, label="Phones", file=sys.stderr, hidden=not shows_progress()) as bar:

        def progress(done: int, of: int) -> None:
            bar.length = of
            bar.update(done - bar.pos)

        yield progress
