"""`--expect`: what a boot has to come to, for the verbs that boot one phone or many."""

from typing import TYPE_CHECKING

import click

from phone_sim.errors import UsageError
from phone_sim.findings.boot_expectation import BootExpectation

if TYPE_CHECKING:
    from phone_sim.runtime.driver import PhoneDriver

_TOLD = 3

expect_option = click.option(
    "--expect",
    type=click.Choice([one.value for one in BootExpectation]),
    help="What counts as success. [default: configured]",
)
require_licensed_option = click.option(
    "--require-licensed", is_flag=True, help="Deprecated: the same as --expect licensed."
)


def expectation(expect: str | None, *, require_licensed: bool = False) -> BootExpectation:
    """The expectation that the options give. Raises UsageError for options that contradict each other."""
    if require_licensed and expect not in (None, BootExpectation.LICENSED.value):
        raise UsageError(f"--require-licensed is --expect licensed, and --expect is {expect}: give one of them")
    if expect is None:
        return BootExpectation.LICENSED if require_licensed else BootExpectation.CONFIGURED
    return BootExpectation(expect)


def check_expected(driver: "PhoneDriver", expected: BootExpectation) -> None:
    """Complain when the last boot falls short of what is expected; of a phone that was switched off, none is judged.

    Raises:
        PhoneSimError, UsageError, BootServerUnreachableError: as `check_boot`.
        LicenseNotValidError: only licenses are missing.
        PhoneSimError: anything else falls short.
    """
    from phone_sim.cli.phone_report import check_boot
    from phone_sim.errors import LicenseNotValidError, PhoneSimError
    from phone_sim.findings.boot_judgment import BootShortcomingKind, judge

    check_boot(driver)
    service = driver.phone.service
    found = judge(service, driver.boot_exchanges, expected) if service is not None else ()
    if not found:
        return
    more = f"; and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
    text = f"not {expected.value} as expected: {'; '.join(map(str, found[:_TOLD]))}{more}"
    if all(one.kind is BootShortcomingKind.NO_LICENSE for one in found):
        raise LicenseNotValidError(text)
    raise PhoneSimError(f"{text} (--expect booted accepts this)")
