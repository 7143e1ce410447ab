"""`phone-sim demo`: the bulletin's story on the terminal, on an embedded boot server and with real requests."""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click

from phone_sim.cli.interruption import result_so_far
from phone_sim.cli.options import json_option
from phone_sim.cli.output import say
from phone_sim.errors import PhoneSimError
from phone_sim.mac_address import DEFAULT_MAC

if TYPE_CHECKING:
    from phone_sim.boot_server.server import BootServer
    from phone_sim.licensing.license_key import LicenseKey
    from phone_sim.runtime.virtual_phone import VirtualPhone
    from phone_sim.scenario.story import StoryStep

MAC = DEFAULT_MAC.digits
OWN_FILE = f"{MAC}-license.cfg"
SITE_SERIAL = "123456789012"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LAST_DAY = date(2026, 3, 5)
LDAP = 2
"""The option bit of the Corporate Directory (D2)."""


@click.command(short_help="Show the whole story: unlicensed, licensed, forged, expired.")
@click.option("--tftp", is_flag=True, help="Let the phone boot over TFTP instead of HTTP.")
@json_option
def command(tftp: bool, as_json: bool) -> None:
    """Show the whole story on an embedded boot server: unlicensed, licensed, forged, expired.

    A phone boots without a license, gets one, another meets a forged one, and a site license runs out during a call.
    The log is what the phone wrote; what just happened is said after it. Time is virtual, requests are real. Stamps
    are local time. Ends with 1 if the feature, the display or a reboot is not as it must be.

    Example: phone-sim demo
    """
    from phone_sim.boot_server.server import BootServer
    from phone_sim.boot_server.site import MemorySite
    from phone_sim.cli.phone_report import print_json
    from phone_sim.scenario.story import STORY, site_files

    told = []
    with BootServer(MemorySite(site_files("feature.corporateDirectory.enabled"))) as server:
        stage = TerminalStage(server, server.tftp_url if tftp else server.url)
        try:
            with result_so_far() as broken_off:
                for number, step in enumerate((step for step in STORY if step.on_terminal), start=1):
                    told.append(stage.tell(number, step))
                    if not as_json:
                        _print(told[-1])
        finally:
            stage.phone.close()
    if as_json:
        print_json([asdict(step) for step in told])
    broken_off.go_on()


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldStep:
    """A step that was told: its title, what it means, what the phone logged, asked for and shows on its display."""

    title: str
    said: str
    log: list[str]
    requests: list[str]
    screen: list[str]


class TerminalStage:
    """The story's phone, and its boot server with licenses that the test pair signs."""

    def __init__(self, server: "BootServer", url: str) -> None:
        self._server = server
        self._url = url
        self.phone = self._new_phone(NOW)
        self._note = ""

    def put_own_license(self) -> None:
        """Put a license for the phone on the boot server."""
        self._put(OWN_FILE, _phone_key())

    def put_forged_license(self) -> None:
        """Put a forged license on the boot server, for another phone, whose clock was never set: the sample log."""
        key = _phone_key()
        self._put(OWN_FILE, key.signed(bytes(len(key.validation))))
        self.phone.close()
        self.phone = self._new_phone(None)
        self._note = (
            " The clock of this phone was never set: the lines of lic, ldap and efk are the bulletin's sample log "
            "(B14). Its dates are the mark for no expiry."
        )

    def put_site_license(self) -> None:
        """Put a site license on the boot server, in place of the other one, and set the clock."""
        from phone_sim.licensing.license_file import SITE_FILE

        self._server.remove(OWN_FILE)
        self._put(SITE_FILE, _site_key())
        self.phone.time.set(NOW)

    def tell(self, number: int, step: "StoryStep") -> ToldStep:
        """Let a step happen; PhoneSimError where something is not as it must be after it."""
        from phone_sim.runtime.virtual_phone import request_line

        before, asked, logged, rebooted = self.phone, *self._counts()
        self._note = ""
        step.act(self)
        if self.phone is not before:
            asked = logged = rebooted = 0
        title = f"{number}. {step.title}"
        self._check(title, step, len(self.phone.reboots) - rebooted)
        return ToldStep(
            title=title,
            said=step.text + self._note,
            log=self.phone.log.splitlines()[logged:],
            requests=[request_line(exchange) for exchange in self.phone.requests[asked:]],
            screen=list(self.phone.screen.lines),
        )

    def _counts(self) -> tuple[int, int, int]:
        """How many requests, lines and reboots of the phone there are."""
        return len(self.phone.requests), len(self.phone.log.splitlines()), len(self.phone.reboots)

    def _check(self, title: str, step: "StoryStep", reboots: int) -> None:
        is_on = self.phone.feature("LDAP").is_enabled
        if is_on != step.is_licensed:
            raise PhoneSimError(f"{title}: the Corporate Directory is {'on' if is_on else 'off'}")
        shown = self.phone.screen
        if not shown.shows(step.display) or step.reboots not in (None, reboots):
            raise PhoneSimError(f"{title}: the phone shows {shown.lines}, and has rebooted {reboots} times")

    def _new_phone(self, now: datetime | None) -> "VirtualPhone":
        """A phone out of its box: blank flash, and a clock at `now` or never set."""
        from phone_sim.runtime.virtual_phone import VirtualPhone
        from phone_sim.runtime.virtual_time import VirtualTime

        return VirtualPhone(self._url, mac=MAC, time=VirtualTime(now))

    def _put(self, name: str, key: "LicenseKey") -> None:
        from phone_sim.licensing.license_file import write

        self._server.put(name, write([key]))


def _phone_key() -> "LicenseKey":
    """A key with the five bits of the sample log (B14)."""
    from phone_sim.authority.signing_key import test_signing_key
    from phone_sim.licensing.expiry import NEVER
    from phone_sim.licensing.license_key import LicenseType, new_key

    grants = dict.fromkeys(range(5), NEVER)
    return test_signing_key().sign(new_key(serial=MAC.upper(), license_type=LicenseType.PHONE, grants=grants))


def _site_key() -> "LicenseKey":
    from phone_sim.authority.signing_key import test_signing_key
    from phone_sim.licensing.expiry import Expiry
    from phone_sim.licensing.license_key import LicenseType, new_key

    grants = {LDAP: Expiry.on(LAST_DAY)}
    return test_signing_key().sign(new_key(serial=SITE_SERIAL, license_type=LicenseType.SITE, grants=grants))


def _print(step: ToldStep) -> None:
    from phone_sim.cli.phone_report import print_log_line

    say(f"\n{step.title}", bold=True)
    for line in step.log:
        print_log_line(line)
    say(f"-> {step.said}", fg="cyan")
