"""`phone-sim scenario`: runs scenario files and says which went as expected."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from phone_sim.cli.options import json_option
from phone_sim.cli.report_file import ReportFile, write_report

if TYPE_CHECKING:
    from phone_sim.scenario.case import Scenario


@click.command(short_help="Run scenario files: phones, a boot server, expectations.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--junit", type=ReportFile(), metavar="FILE", help="File for JUnit XML.")
@click.option("--seed", type=click.IntRange(min=0), help="What chance= and corrupt go by. [default: the file's]")
@json_option
def command(files: tuple[Path, ...], junit: Path | None, seed: int | None, as_json: bool) -> None:
    """Run scenario FILEs: phones and a boot server, what happens to them, and what is expected.

    A line for each FILE says ok or failed, and how long it took; a failure shows what was expected and found, and the
    end of the log. All files are read before the first is run. The license keys of a scenario are signed with the test
    pair. Ends with 1 if a scenario failed, and with 2 if a FILE is none; the message names file, line and key.

    Example: phone-sim scenario fixtures/scenarios/*.phone.toml
    """
    from phone_sim.cli.report import print_json
    from phone_sim.scenario import report
    from phone_sim.scenario.run import run_scenario

    outcomes = []
    for scenario in _read(files):
        outcomes.append(outcome := run_scenario(scenario, seed))
        color = "green" if outcome.passed else "red"
        click.secho(report.progress_line(outcome), fg=color, err=as_json)
        if not outcome.passed:
            click.echo(report.failure_text(outcome), err=as_json)
    if as_json:
        print_json([report.as_json(outcome) for outcome in outcomes])
    write_report("--junit", junit, report.as_junit(outcomes))
    if not all(outcome.passed for outcome in outcomes):
        click.get_current_context().exit(1)


def _read(files: tuple[Path, ...]) -> "list[Scenario]":
    """The scenarios; every file that is none is named."""
    from phone_sim.errors import UsageError
    from phone_sim.scenario.read import read_scenario

    scenarios, wrong = [], []
    for file in files:
        try:
            scenarios.append(read_scenario(file))
        except UsageError as error:
            wrong.append(str(error))
    if wrong:
        raise UsageError("\n".join(wrong))
    return scenarios
