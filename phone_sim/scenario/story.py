"""The bulletin's story on one phone: no license, a forged one, a real one, and its end during a call (B9 to B18).

It is told on the terminal and on a page. This is what they tell; each adds how it is shown, and a boot server on which
it happens. This module knows neither of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from phone_sim.errors import PhoneSimError
from phone_sim.firmware.daily_check import expiry_moments
from phone_sim.firmware.keypad import Key
from phone_sim.firmware.screen import NO_LICENSE, RECONFIGURING
from phone_sim.runtime.driven_phone import DrivenPhone

_TO_LICENSES = (Key.MENU, Key.DIGIT_1, Key.DIGIT_4)
"""Menu > Status > Licenses."""

_MASTER = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<APPLICATION APP_FILE_PATH="sip.ld" CONFIG_FILES="features.cfg, site.cfg" LOG_FILE_DIRECTORY="logs"
  OVERRIDES_DIRECTORY="" CONTACTS_DIRECTORY="" LICENSE_DIRECTORY=""/>
"""
_SITE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<site>
  <license license.polling.time="02:00"/>
  <tcpIpApp tcpIpApp.sntp.gmtOffset="25200" tcpIpApp.sntp.daylightSavings.enable="0"/>
</site>
"""
_FEATURES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<features {}/>
"""


def site_files(*switches: str) -> dict[str, bytes]:
    """The files of the story's boot server, on which these parameters have the value 1."""
    features = _FEATURES.format("\n  ".join(f'{switch}="1"' for switch in switches))
    files = {"000000000000.cfg": _MASTER, "features.cfg": features, "site.cfg": _SITE}
    return {name: text.encode() for name, text in files.items()}


class StoryStage(Protocol):
    """Where the story happens: a phone on virtual time, and a boot server with its licenses."""

    @property
    def phone(self) -> DrivenPhone:
        """The phone of which the story is told at the moment."""

    def put_own_license(self) -> None:
        """Put a license of the phone's own on the boot server."""

    def put_forged_license(self) -> None:
        """Put a forged license on the boot server, for a phone that has none yet."""

    def put_site_license(self) -> None:
        """Put a license of the site that ends on the boot server, and no other; the phone's clock is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryStep:
    """A step: what happens, what it shows, and what has to be so after it.

    `is_licensed` is whether the features that need a license are on, `display` a line on the display, `reboots` the
    number of reboots in this step; empty and None: any. `on_terminal` and `on_page` are where it is told.
    """

    title: str
    text: str
    act: Callable[[StoryStage], object] = lambda _: None
    is_licensed: bool = False
    display: str = ""
    reboots: int | None = None
    on_terminal: bool = True
    on_page: bool = True


def _show_licenses(stage: StoryStage) -> None:
    if stage.phone.screen.title:  # a menu is open
        stage.phone.press(Key.MENU)
    stage.phone.press(*_TO_LICENSES)


def _own_license(stage: StoryStage) -> None:
    stage.put_own_license()
    stage.phone.boot()


def _forged_license(stage: StoryStage) -> None:
    stage.put_forged_license()
    stage.phone.boot()


def _eve_of_the_last_day(stage: StoryStage) -> None:
    eve, _ = _expiry(stage)
    stage.phone.time.run_until(eve)
    _show_licenses(stage)


def _call_before_the_check(stage: StoryStage) -> None:
    _run_to_the_check(stage, minutes=-2)
    stage.phone.start_call()


def _end_of_the_call(stage: StoryStage) -> None:
    _run_to_the_check(stage, minutes=17)
    stage.phone.end_call()


def _run_to_the_check(stage: StoryStage, *, minutes: int) -> None:
    """Let time pass until so many minutes after the check that finds the license expired; negative: before it."""
    _, check = _expiry(stage)
    stage.phone.time.run_until(check + timedelta(minutes=minutes))


def _expiry(stage: StoryStage) -> tuple[datetime, datetime]:
    service = stage.phone.driver.phone.service
    moments = None if service is None else expiry_moments(service)
    if moments is None:
        raise PhoneSimError(f"the story cannot go on: the phone {stage.phone.mac} has no license in use that ends")
    return moments


STORY = (
    StoryStep(
        title="A phone out of its box",
        text="Nothing is in its flash. The boot server configures features that need a license, and has no license "
        "file yet.",
        on_terminal=False,
    ),
    StoryStep(
        title="Power on, without a license",
        text="The phone reads its configuration, asks for the site's license file and for its own, and finds neither. "
        "It logs that, switches the features off, and carries on (B9, B13).",
        act=lambda stage: stage.phone.boot(),
        reboots=0,
    ),
    StoryStep(
        title="Menu > Status > Licenses",
        text="The phone has nothing to list: No license installed. (B18)",
        act=_show_licenses,
        display=NO_LICENSE,
        on_terminal=False,
    ),
    StoryStep(
        title="A license for this phone is put on the boot server, and the phone is rebooted by hand",
        text="The license file is downloaded, its signature is verified, and the features are on (B6, B7, B15). The "
        "key is in flash now: no license file is asked for any more.",
        act=_own_license,
        is_licensed=True,
        reboots=1,
        on_page=False,  # a phone license cannot be removed (B11), so the story could not go on with this phone
    ),
    StoryStep(
        title="A forged license",
        text="Somebody puts a license on the boot server whose signature was changed. The phone reads the keys, finds "
        "that the signature is not valid, and keeps none of them (B7, B14).",
        act=_forged_license,
    ),
    StoryStep(
        title="A site license is put on the boot server",
        text="It ends in a few days. Nothing changes on the phone: it looks for a license file only when it boots "
        "(B15).",
        act=lambda stage: stage.put_site_license(),
        reboots=0,
    ),
    StoryStep(
        title="Reboot by hand",
        text="The site's license file is downloaded, its signature is verified, and the features are on (B6, B7, B15). "
        "It is for every phone of the site, so the phone does not ask for its own file (B4, D8).",
        act=lambda stage: stage.phone.boot(),
        is_licensed=True,
        reboots=1,
    ),
    StoryStep(
        title="The day before the last day",
        text="Menu > Status > Licenses says until when each license is valid; the arrow keys move through the list "
        "(B18).",
        act=_eve_of_the_last_day,
        is_licensed=True,
        reboots=0,
        on_terminal=False,
    ),
    StoryStep(
        title="A call, two minutes before the licenses are checked",
        text="The last day ended at midnight, but the phone looks only once a day, at license.polling.time: 02:00 "
        "(B12). Until then the features stay on.",
        act=_call_before_the_check,
        is_licensed=True,
        reboots=0,
    ),
    StoryStep(
        title="The polling time",
        text="The phone finds that the license has expired. An active call is not interrupted, so it waits (B12, D15).",
        act=lambda stage: _run_to_the_check(stage, minutes=1),
        is_licensed=True,
        reboots=0,
    ),
    StoryStep(
        title="The call ends",
        text="The display says: Reconfiguring network, please wait. The phone is about to reboot, to remove what is "
        "not licensed any more (B12).",
        act=_end_of_the_call,
        is_licensed=True,
        display=RECONFIGURING,
        reboots=0,
    ),
    StoryStep(
        title="The phone has rebooted",
        text="The boot server still has the old license, which has expired. The features are off again, this is "
        "logged, and the phone carries on (B12, B13).",
        act=lambda stage: stage.phone.time.run(timedelta(minutes=1)),
        reboots=1,
    ),
)
