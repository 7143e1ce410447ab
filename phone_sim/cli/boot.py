"""`phone-sim boot`: one boot of one phone."""

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import click

from phone_sim.cli.expectation import check_expected, expect_option, expectation, require_licensed_option
from phone_sim.cli.interruption import result_so_far
from phone_sim.cli.option_types import Instant
from phone_sim.cli.options import PhoneOptions, json_option, phone_options
from phone_sim.cli.output import say

if TYPE_CHECKING:
    from phone_sim.findings.boot_expectation import BootExpectation
    from phone_sim.runtime.clock import Clock, ManualClock
    from phone_sim.runtime.driver import PhoneDriver


@click.command(short_help="Boot a phone once against a boot server and print its log.")
@phone_options
@click.option("--now", type=Instant(), help="Time on the phone's clock, UTC without an offset. [default: the time]")
@click.option("--unset-clock", is_flag=True, help="The clock was never set: it shows 1970 and nothing expires.")
@expect_option
@require_licensed_option
@click.option("--requests", "show_requests", is_flag=True, help="Show each request and its outcome on stderr.")
@click.option("--find", metavar="TEXT", help="Then search the corporate directory for names that begin so.")
@json_option
def command(
    phone: PhoneOptions,
    now: datetime | None,
    unset_clock: bool,
    expect: str | None,
    require_licensed: bool,
    show_requests: bool,
    find: str | None,
    as_json: bool,
) -> None:
    """Boot a phone once against a boot server and print its log.

    The log is on stdout. Which features are on, and why, is on stderr. With --state-dir the phone keeps its license
    keys and its last configuration for the next boot, as a real one does in flash; one process at a time has it.

    Ends with 1 when the boot falls short of --expect, with 3 when no boot server answers, and with 4 when only licenses
    are missing; the last line on stderr says what falls short, with file and line. What --expect can be:

    \b
    booted      in service with a configuration of the boot server, even if files are missing or unreadable
    configured  booted, every file that CONFIG_FILES lists was read whole, no finding but of licenses is an error; a
                file by the phone's own MAC address counts as well, though check and audit call a missing one an info
    clean       configured, no finding is an error or a warning, and the boot server took the log
    licensed    configured, and every feature in use has a valid license

    Example: phone-sim boot --server tftp://127.0.0.1:6969/ --model SPIP_670 --mac 0004f2000001
    """
    from phone_sim.cli import phone_report
    from phone_sim.runtime.scheduler import HeapScheduler
    from phone_sim.runtime.virtual_phone import request_line

    clock, still = _clocks(phone, now, is_unset=unset_clock)
    expected = expectation(expect, require_licensed=require_licensed)
    lines: list[str] = []
    with (
        phone.plugged_in(
            clock, HeapScheduler(still), lines.append if as_json else phone_report.print_log_line
        ) as driver,
        result_so_far() as broken_off,
    ):
        driver.power_on()
        if find is not None:
            driver.search_corporate_directory(find)
    if phone.sntp:
        phone_report.check_time(driver)
    _report(driver, expected, lines if as_json else None, with_directory=find is not None)
    if show_requests:
        say("\n".join(request_line(exchange) for exchange in driver.exchanges), err=True)
    broken_off.go_on()
    check_expected(driver, expected)


def _clocks(phone: PhoneOptions, now: datetime | None, *, is_unset: bool) -> "tuple[Clock, ManualClock]":
    """The clock that the phone reads, and one that stands still, so that nothing falls due.

    Raises:
        UsageError: the options contradict each other.
    """
    from phone_sim.errors import UsageError
    from phone_sim.runtime.clock import ManualClock, ScaledClock, SystemClock

    if now is not None and is_unset:
        raise UsageError("--now sets the clock that --unset-clock leaves unset: give one of them")
    phone.check_clock(("--now", now is not None), ("--unset-clock", is_unset))
    still = ManualClock(now)
    if now is not None or is_unset:
        return still, still
    return ScaledClock(None) if phone.sntp else SystemClock(), still


def _report(
    driver: "PhoneDriver", expected: "BootExpectation", lines: list[str] | None, *, with_directory: bool
) -> None:
    """Say what came of the boot; as JSON with the `lines` of the log, unless they are None."""
    from phone_sim.cli import phone_report

    if lines is None:
        phone_report.say_summary(driver)
    else:
        directory = {"directory": asdict(driver.frame)} if with_directory else {}
        phone_report.print_json(phone_report.phone_report(driver, lines, expected) | directory)
    if with_directory:
        say(phone_report.frame_text(driver.frame), err=True)
