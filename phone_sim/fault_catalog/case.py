"""What a case of the fault catalog is: a site, a phone, and what happens to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum

from phone_sim.default_phone import DEFAULT_MODEL
from phone_sim.fault_catalog.cause import Cause

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MASTER = b'<APPLICATION CONFIG_FILES="features.cfg, site.cfg"/>\n'
ASKING_SITE = (
    b'<site tcpIpApp.sntp.address="ntp.example" tcpIpApp.sntp.resyncPeriod="3600"'
    b' tcpIpApp.sntp.gmtOffset="25200" tcpIpApp.sntp.daylightSavings.enable="0"/>\n'
)
"""A site whose phones ask a time server each hour."""
SITE = b'<site tcpIpApp.sntp.gmtOffset="25200" tcpIpApp.sntp.daylightSavings.enable="0"/>\n'
CORPORATE_DIRECTORY = b'<features feature.corporateDirectory.enabled="1"/>\n'
NOTHING = b'<features feature.corporateDirectory.enabled="0"/>\n'
AS_IT_CAME = "Put the file on the boot server again, just as it came."
NOTHING_TO_FIX = "Nothing: this is how it should be."


class Ending(Enum):
    """What happens after the first boot."""

    NOTHING = "nothing"
    NIGHT = "the night passes, with the polling time in it"
    LICENSE_PUT = "the license is put on the boot server, and nobody reboots the phone"
    SERVER_DOWN = "the boot server goes down, and the phone is rebooted"
    FLASH_DAMAGED = "a bit of flash flips, and the phone is rebooted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A fault, or what looks like one.

    `wrong` is what is the matter, `field` how that comes about, `fix` what mends it; `cause` is what a reader of the
    log should think of first. `files` makes the activation files on the boot server, by path. `now` is the phone's
    clock, None for never set. `time_server` is what the site's time server tells, by the number of the question and the
    true time; without one the phone asks nobody. `shown` are the log components that are shown of the case, None for
    all.
    """

    wrong: str
    field: str
    fix: str
    cause: Cause
    files: Callable[[], Mapping[str, bytes]] = dict
    model: str = DEFAULT_MODEL
    firmware: str = "3.3.0"
    now: datetime | None = NOW
    features: bytes = CORPORATE_DIRECTORY
    site: bytes = SITE
    time_server: Callable[[int, datetime], datetime] | None = None
    ending: Ending = Ending.NOTHING
    shown: frozenset[str] | None = None
