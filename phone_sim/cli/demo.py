"""`phone-sim demo`: the bulletin's story in four chapters, on an embedded boot server and with real requests."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from phone_sim.cli.options import json_option
from phone_sim.errors import PhoneSimError

if TYPE_CHECKING:
    from phone_sim.licensing.license_key import LicenseKey
    from phone_sim.runtime.transport import Transport

MODEL = "SPIP_670"
MAC = "0004f2000001"
SITE_SERIAL = "123456789012"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LAST_DAY = date(2026, 3, 5)
MASTER = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<APPLICATION APP_FILE_PATH="sip.ld" CONFIG_FILES="features.cfg, site.cfg" LOG_FILE_DIRECTORY="logs"
  OVERRIDES_DIRECTORY="" CONTACTS_DIRECTORY="" LICENSE_DIRECTORY=""/>
"""
SITE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<site>
  <license license.polling.time="02:00"/>
  <tcpIpApp tcpIpApp.sntp.gmtOffset="25200" tcpIpApp.sntp.daylightSavings.enable="0"/>
</site>
"""
FEATURES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<features feature.corporateDirectory.enabled="1"/>
"""


@click.command(short_help="Show the whole story: unlicensed, licensed, forged, expired.")
@click.option("--tftp", is_flag=True, help="Let the phone boot over TFTP instead of HTTP.")
@json_option
def command(tftp: bool, as_json: bool) -> None:
    """Show the whole story on an embedded boot server: unlicensed, licensed, forged, expired.

    A phone boots without a license, gets one, another meets a forged one, and a site license runs out during a call.
    The log is what the phone wrote; what just happened is said after it. Time is virtual, requests are real. Stamps
    are UTC until the phone has read its GMT offset. Ends with 1 if the feature, the display or a reboot is not as it
    must be.

    Example: phone-sim demo
    """
    from phone_sim.boot_server.folder_site import FolderSite
    from phone_sim.boot_server.server import BootServer
    from phone_sim.cli.phone_report import print_json
    from phone_sim.runtime.transport import network_transport

    steps = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        with BootServer(FolderSite(folder)) as server, closing(network_transport()) as transport:
            for step in _story(DemoStage(folder, server.tftp_url if tftp else server.url, transport)):
                steps.append(step)
                if not as_json:
                    _print(step)
    if as_json:
        print_json([asdict(step) for step in steps])


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoStep:
    """One thing that happened: its title, what the phone logged and asked for, what its display says, what it means."""

    title: str
    said: str
    log: list[str]
    requests: list[str]
    screen: list[str]


class DemoStage:
    """A boot server's folder, and the phone that is being shown."""

    def __init__(self, folder: Path, url: str, transport: "Transport") -> None:
        self._folder = folder
        self._url = url
        self._transport = transport
        for name, text in (("000000000000.cfg", MASTER), ("features.cfg", FEATURES), ("site.cfg", SITE)):
            (folder / name).write_bytes(text.encode())

    def take_phone(self, now: datetime | None) -> None:
        """Take a phone out of its box: blank flash, and a clock at `now` or never set."""
        from phone_sim.runtime.virtual_phone import VirtualPhone
        from phone_sim.runtime.virtual_time import VirtualTime

        self.phone = VirtualPhone(self._url, model=MODEL, mac=MAC, time=VirtualTime(now), transport=self._transport)

    def put(self, name: str, keys: "list[LicenseKey]") -> None:
        """Put an activation file on the boot server; without keys, take it away."""
        from phone_sim.licensing.license_file import write

        path = self._folder / name
        if keys:
            path.write_bytes(write(keys))
        else:
            path.unlink()

    def step(
        self,
        title: str,
        act: Callable[[], object],
        said: str,
        *,
        directory_on: bool,
        display: str = "",
        reboots: int = 0,
    ) -> DemoStep:
        """Let something happen; then the Corporate Directory must be on or off, and the rest as it is given here."""
        from phone_sim.runtime.virtual_phone import request_line

        before, logged = len(self.phone.requests), len(self.phone.log)
        act()
        if self.phone.feature("LDAP").is_enabled != directory_on:
            raise PhoneSimError(f"{title}: the Corporate Directory is not {'on' if directory_on else 'off'}")
        shown = self.phone.screen.lines
        if display not in ("", *shown) or len(self.phone.reboots) != reboots:
            raise PhoneSimError(f"{title}: the phone shows {shown}, reboots: {self.phone.reboots}")
        return DemoStep(
            title=title,
            said=said,
            log=self.phone.log[logged:].splitlines(),
            requests=[request_line(exchange) for exchange in self.phone.requests[before:]],
            screen=list(shown),
        )


def _print(step: DemoStep) -> None:
    from phone_sim.cli.phone_report import print_log_line

    click.secho(f"\n{step.title}", bold=True)
    for line in step.log:
        print_log_line(line)
    click.secho(f"-> {step.said}", fg="cyan")


def _story(stage: DemoStage) -> Iterator[DemoStep]:
    from phone_sim.authority.signing_key import test_signing_key
    from phone_sim.licensing.expiry import NEVER, Expiry
    from phone_sim.licensing.license_file import SITE_FILE
    from phone_sim.licensing.license_key import LicenseType, new_key

    sign = test_signing_key().sign
    own_file = f"{MAC}-license.cfg"
    phone_key = sign(new_key(serial=MAC.upper(), license_type=LicenseType.PHONE, grants=dict.fromkeys(range(5), NEVER)))
    forged_key = phone_key.signed(bytes(len(phone_key.validation)))
    site_grants = {2: Expiry.on(LAST_DAY)}
    site_key = sign(new_key(serial=SITE_SERIAL, license_type=LicenseType.SITE, grants=site_grants))

    stage.take_phone(NOW)
    yield stage.step(
        "1. Corporate Directory is configured, and there is no license",
        stage.phone.boot,
        "The phone asked for the site's and for its own license file, found neither, logged that, switched the feature "
        "off and carried on (B9, B13).",
        directory_on=False,
    )
    stage.put(own_file, [phone_key])
    yield stage.step(
        "2. The license is put on the boot server, and the phone is rebooted by hand",
        stage.phone.boot,
        "The license file was downloaded and its signature verified; the feature is on (B6, B7, B15). From now on the "
        "key is in flash, and no license file is asked for.",
        directory_on=True,
        reboots=1,
    )
    stage.put(own_file, [forged_key])
    stage.take_phone(None)
    yield stage.step(
        "3. A phone whose clock was never set meets a forged license",
        stage.phone.boot,
        "The keys were read, then their signature was found not valid, so none was kept. The lines of lic, ldap and "
        "efk are the bulletin's sample log (B14). Its dates are the mark for no expiry.",
        directory_on=False,
    )
    stage.put(own_file, [])
    stage.put(SITE_FILE, [site_key])
    stage.take_phone(NOW)
    yield stage.step(
        f"4. A site license, whose last day is {LAST_DAY}",
        stage.phone.boot,
        "The site's license file serves every phone of the site; the phone's own was not asked for (B4, D8).",
        directory_on=True,
    )
    yield from _expiry(stage)


def _expiry(stage: DemoStage) -> Iterator[DemoStep]:
    from phone_sim.firmware.screen import RECONFIGURING

    polling_time = datetime.combine(LAST_DAY + timedelta(days=1), time(2, 0), UTC) - timedelta(hours=7)

    def call_over_polling_time() -> None:
        stage.phone.time.run_until(polling_time - timedelta(minutes=2))
        stage.phone.start_call()
        stage.phone.time.run_until(polling_time + timedelta(minutes=1))

    def hang_up() -> None:
        stage.phone.time.run_until(polling_time + timedelta(minutes=17))
        stage.phone.end_call()

    yield stage.step(
        "5. The night after that day, at 01:58, a call begins; at 02:00 licenses are checked",
        call_over_polling_time,
        "The license has run out, but an active call is not interrupted: the phone waits (B12, D15).",
        directory_on=True,
    )
    yield stage.step(
        "6. At 02:17 the call ends",
        hang_up,
        f"The display says: {RECONFIGURING} (B12)",
        directory_on=True,
        display=RECONFIGURING,
    )
    yield stage.step(
        "7. The phone reboots",
        lambda: stage.phone.time.run(timedelta(minutes=1)),
        "The boot server still has the old license, which is over: the feature is gone, and the phone carries on "
        "(B12, B13).",
        directory_on=False,
        reboots=1,
    )
