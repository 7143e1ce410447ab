"""The virtual phone of the public API and of the pytest plugin: it knows what is wrong with its files."""

from phone_sim.errors import BootNotAsExpectedError, LifecycleError, UsageError
from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.findings.boot_judgment import BootShortcoming, judge
from phone_sim.findings.booted_phone import findings_of
from phone_sim.findings.finding import Finding
from phone_sim.runtime import virtual_phone


class VirtualPhone(virtual_phone.VirtualPhone):
    __doc__ = virtual_phone.VirtualPhone.__doc__

    def boot(self, *, expect: BootExpectation | str | None = None) -> None:
        """Switch it on, or reboot it if it is on (B15); it has booted on return, with or without a boot server.

        `expect` is what the boot has to come to, as for `phone-sim boot --expect`: `booted`, `configured`, `clean` or
        `licensed`. Without it, any boot will do.

        Raises:
            BootNotAsExpectedError: the boot falls short of it; the message says how, with file and line. It is an
                AssertionError, too.
            UsageError: there is no such expectation.
        """
        expected = None if expect is None else _expectation(expect)
        super().boot()
        if expected is not None and (found := self.shortcomings(expected)):
            raise BootNotAsExpectedError(
                "\n".join([f"{self.mac} is not {expected.value} as expected:", *(f"  {one}" for one in found)])
            )

    def shortcomings(self, expect: BootExpectation | str = BootExpectation.CONFIGURED) -> tuple[BootShortcoming, ...]:
        """What falls short of an expectation in its last boot, with file and line; nothing if all is as expected.

        Raises:
            UsageError: there is no such expectation.
        """
        return judge(self._present.phone.service, self.driver.boot_exchanges, _expectation(expect))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the files that it read in its last boot, as `phone-sim check` finds it in a site.

        Raises:
            LifecycleError: the phone has not booted.
        """
        service = self._present.phone.service
        if service is None:
            raise LifecycleError(f"a phone that is {self.state.value} has read no files: boot it first")
        return findings_of(service, self.driver.boot_exchanges)


def _expectation(word: BootExpectation | str) -> BootExpectation:
    try:
        return BootExpectation(word)
    except ValueError:
        known = ", ".join(one.value for one in BootExpectation)
        raise UsageError(f"unknown expectation {str(word)[:80]!r}; expected one of: {known}") from None
