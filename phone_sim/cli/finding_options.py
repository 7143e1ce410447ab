"""Options about findings: which ones are reported, in which forms, and from which severity a check fails."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from phone_sim.cli.output import Styled, cell, console, say
from phone_sim.cli.report_file import ReportFile, write_report
from phone_sim.errors import UsageError
from phone_sim.findings.finding import Finding, Severity
from phone_sim.printable import visible

if TYPE_CHECKING:
    from phone_sim.findings.selection import Selection

Function = TypeVar("Function", bound=Callable[..., Any])

_COLORS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.INFO: "cyan"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingOptions:
    """What the options say; `selection` takes in what the file of the site says."""

    select: tuple[str, ...]
    ignore: tuple[str, ...]
    fail_on: str | None
    github: bool
    sarif: Path | None
    junit: Path | None

    def selection(self, folder: Path, *, as_json: bool) -> "Selection":
        """What is reported of a site in this folder, and what fails.

        Raises:
            UsageError: an option, or the file of the site, cannot be used; the message names it.
        """
        from phone_sim.findings.selection import read_selection

        if self.github and as_json:
            raise UsageError("--github and --json both print to stdout: give one of them")
        return read_selection(folder).on_command_line(self.select, self.ignore, self.fail_on)

    def report(self, findings: Sequence[Finding], selection: "Selection", *, checked: Path, as_json: bool) -> None:
        """Write the files that are wanted, and print the findings except as JSON; `checked` is the file or folder.

        In reports and workflow commands files have their paths from the working directory: there CI servers look.
        """
        from phone_sim.findings.github import as_workflow_command
        from phone_sim.findings.junit import as_junit
        from phone_sim.findings.sarif import as_sarif

        here, folder = Path.cwd(), checked if checked.is_dir() else Path()
        from_here = [_seen_from(here, finding, folder) for finding in findings]
        if self.sarif is not None:
            write_report("--sarif", self.sarif, as_sarif(from_here))
        if self.junit is not None:
            write_report("--junit", self.junit, as_junit(str(checked), from_here, selection.fails))
        if self.github:
            for finding in from_here:
                say(as_workflow_command(finding))
        elif not as_json:
            for finding in findings:
                _say(finding)


def _say(finding: Finding) -> None:
    color = _COLORS[finding.rule.severity]
    place, message = visible(str(finding.place), kept=""), visible(finding.message, kept="")
    say(Styled(place, bold=True), ": ", Styled(finding.rule.code, fg=color), f" {message}")


def _seen_from(here: Path, finding: Finding, folder: Path) -> Finding:
    path = folder / finding.place.file
    shown = path.absolute().relative_to(here) if path.absolute().is_relative_to(here) else path
    return replace(finding, place=replace(finding.place, file=shown.as_posix()))


def _list_rules(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: ARG001 - click's form
    """List the rules: a table on a terminal, tab-separated in a pipe."""
    if not value or ctx.resilient_parsing:
        return
    from phone_sim.findings.rules import RULES

    terminal = console()
    if terminal.is_terminal:
        from rich.table import Table

        table = Table(box=None)
        for column in ("Rule", "Severity", "What it reports"):
            table.add_column(cell(column), overflow="fold", no_wrap=column != "What it reports")
        for rule in RULES.values():
            table.add_row(cell(rule.code), cell(rule.severity.value), cell(rule.summary))
        terminal.print(table)
    else:
        for rule in RULES.values():
            say(f"{rule.code}\t{rule.severity.value}\t{rule.summary}")
    ctx.exit()


def _explain_rules(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> None:  # noqa: ARG001
    """Print the entries of rules."""
    if not value or ctx.resilient_parsing:
        return
    from phone_sim.findings.guide import rule_text
    from phone_sim.findings.rules import RULES
    from phone_sim.findings.selection import CHECK, matches

    try:
        patterns = CHECK.patterns(value)
    except UsageError as error:
        raise UsageError(f"--explain: {error}") from error
    say("\n\n".join(rule_text(rule) for rule in RULES.values() if matches(rule.code, patterns)))
    ctx.exit()


def fail_on_option(what: str) -> Callable[[Function], Function]:
    """`--fail-on` of a verb; `what` is what fails. Without the option the file of the site decides."""
    return click.option(
        "--fail-on",
        type=click.Choice(["info", "warning", "error", "never"]),
        help=f"Lowest severity that fails the {what}. [default: error]",
    )


_OPTIONS = (
    click.option(
        "--select",
        multiple=True,
        metavar="RULES",
        help="Report only these rules: codes or patterns, comma-separated. Can be repeated.",
    ),
    click.option("--ignore", multiple=True, metavar="RULES", help="Do not report these rules. Can be repeated."),
    fail_on_option("check"),
    click.option("--github", is_flag=True, help="Print the findings as workflow commands of GitHub Actions."),
    click.option("--sarif", type=ReportFile(), metavar="FILE", help="Write the findings as SARIF 2.1.0."),
    click.option("--junit", type=ReportFile(), metavar="FILE", help="Write the findings as JUnit XML."),
    click.option(
        "--rules",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_list_rules,
        help="List the rules, and exit.",
    ),
    click.option(
        "--explain",
        multiple=True,
        metavar="RULE",
        is_eager=True,
        expose_value=False,
        callback=_explain_rules,
        help="Explain a rule, and exit. Can be a pattern.",
    ),
)


def finding_options(function: Function) -> Function:
    """Give a verb the options of `FindingOptions`, which it gets as `reporting`, and `--rules` and `--explain`."""

    @wraps(function)
    def with_reporting(**values: Any) -> Any:
        fields = {name: values.pop(name) for name in FindingOptions.__slots__}
        return function(reporting=FindingOptions(**fields), **values)

    wrapped: Any = with_reporting
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return cast(Function, wrapped)
