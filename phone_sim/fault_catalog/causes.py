"""Why a feature is not on, or is: what a log can tell, and what to do about it.

A log does not tell all. That a signature is not valid, for one, looks the same whether the key was edited, damaged or
signed by somebody else; then the cause names all of it, the likeliest first.
"""

from dataclasses import dataclass
from enum import Enum


class Weight(Enum):
    """When a cause that a log shows is told, and whether it explains a feature that is off."""

    ALWAYS = "explains a feature that is off, and is told even if none is off"
    WHEN_OFF = "explains a feature that is off; if none is off, another file gave the phone what it needs"
    BESIDES = "explains no feature that is off, and is told in addition"
    STATE = "the state of a phone whose log has no complaint, told if there is nothing else to tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A cause: its name, what is the matter, and what to do.

    Of several causes the one with the lowest `rank` is told first.
    """

    name: str
    what: str
    remedy: str
    rank: int
    weight: Weight


RAN_OUT_IN_USE = 30
"""The rank of `OVER` after a reboot for a license that expired while in use."""

SIGNATURE = Cause(
    name="signature",
    what="The key was changed after it was signed (edited by hand, or damaged on its way), or an authority signed it "
    "that this phone does not trust.",
    remedy="Put the activation file on the boot server again just as it came. If that does not help, compare the "
    "authority's public key with the phone's trust anchor.",
    rank=50,
    weight=Weight.WHEN_OFF,
)
MALFORMED_KEY = Cause(
    name="malformed-key",
    what="The key is not in its form: an attribute was cut, retyped or written in lower case, or a phone license was "
    "given an end.",
    remedy="Put the activation file on the boot server again just as it came, as bytes and not by way of an editor.",
    rank=40,
    weight=Weight.WHEN_OFF,
)
OTHER_PHONES = Cause(
    name="other-phones",
    what="The file has keys, but none with this phone's MAC as its serial: it is another phone's file, or the MAC was "
    "given without its leading zeros.",
    remedy="Redeem a license number for this phone's MAC, with all 12 digits, and use the file that comes of it.",
    rank=80,
    weight=Weight.WHEN_OFF,
)
NOT_A_FILE = Cause(
    name="not-an-activation-file",
    what="What the boot server sent under the license file's name is no activation file: a web page, an empty file, or "
    "one that was cut off or edited.",
    remedy="Ask the boot server for the file with a browser and look at it. A missing file must be answered with 404.",
    rank=70,
    weight=Weight.WHEN_OFF,
)
NO_FILE = Cause(
    name="no-license-file",
    what="The phone looked for a license file and found none when it booted: it is in another directory, has another "
    "name, or was put there later.",
    remedy="Put the file where LICENSE_DIRECTORY of the master configuration file says, else in the root, as "
    "<MAC>-license.cfg in lower case, and reboot the phone: it looks at no other time (B15, B17).",
    rank=100,
    weight=Weight.WHEN_OFF,
)
OVER = Cause(
    name="license-over",
    what="By the phone's clock the license has run out. If it has not, the clock is ahead.",
    remedy="Renew the license, put the new file on the boot server and reboot the phone; or see to its SNTP server.",
    rank=60,
    weight=Weight.WHEN_OFF,
)
LACKS_FEATURE = Cause(
    name="license-lacks-feature",
    what="The license is in order, but it does not include the feature that is configured.",
    remedy="Order a license for that feature, or switch it off in the configuration.",
    rank=110,
    weight=Weight.WHEN_OFF,
)
FIRMWARE = Cause(
    name="firmware-too-old",
    what="This model has no licensing in this firmware (B2).",
    remedy="Update the phone's firmware.",
    rank=10,
    weight=Weight.ALWAYS,
)
NOT_ON_MODEL = Cause(
    name="not-on-this-model",
    what="A feature is configured that this model does not have, with or without a license (B3).",
    remedy="Switch it off for this model, in a file that CONFIG_FILES_<model> of the master configuration file names.",
    rank=120,
    weight=Weight.BESIDES,
)
SERVER = Cause(
    name="boot-server",
    what="The boot server gave no answer, or no whole one, so the phone goes by what it has in flash.",
    remedy="See that the boot server runs and can be reached from the phone's network, then reboot the phone.",
    rank=90,
    weight=Weight.ALWAYS,
)
CORPORATE_DIRECTORY_SERVER = Cause(
    name="directory-server",
    what="The server at dir.corp.address could not be reached, or refused the user, the password or the search.",
    remedy="See that it runs, and that the dir.corp parameters (address, port, transport, user, password, baseDN) fit "
    "it; the server's own log tells what it was asked.",
    rank=140,
    weight=Weight.BESIDES,
)
FLASH = Cause(
    name="flash",
    what="The phone's flash cannot be read, so the licenses in it are lost to the phone.",
    remedy="Let the phone fetch its license file again; if flash fails again, replace the phone's storage.",
    rank=20,
    weight=Weight.ALWAYS,
)
TIME_SERVER = Cause(
    name="time-server",
    what="A time server tells the same time again and again, or the time changed, changed back and changed once more. "
    "The phone does not follow it, and its clock may be wrong; so a license that is over by it may hold.",
    remedy="Mend the server that the log names, or let tcpIpApp.sntp.address name another; then cut the phone's power "
    "and switch it on.",
    rank=135,
    weight=Weight.BESIDES,
)
CONFIGURATION = Cause(
    name="configuration",
    what="A configuration file, or a value in one, cannot be used; what depends on it has its default.",
    remedy="Mend the file and the line that the log names, and reboot the phone.",
    rank=130,
    weight=Weight.BESIDES,
)
NOT_CONFIGURED = Cause(
    name="not-configured",
    what="No feature that needs a license is configured for use, so the phone asked for no license file (B9).",
    remedy="Switch the feature on in the configuration, and reboot the phone.",
    rank=200,
    weight=Weight.STATE,
)
CLOCK_UNSET = Cause(
    name="clock-unset",
    what="The phone's clock was never set: it shows 1970, and nothing expires for it.",
    remedy="Give the phone an SNTP server that answers.",
    rank=200,
    weight=Weight.STATE,
)
LICENSED = Cause(
    name="licensed",
    what="Licenses were found, and nothing in this log complains of them.",
    remedy="Nothing needs to be done.",
    rank=200,
    weight=Weight.STATE,
)
NOTHING_SAID = Cause(
    name="nothing-said",
    what="This log says nothing of licenses.",
    remedy="Reboot the phone and read the log of its boot; log.level.change.lic must not be above 4.",
    rank=200,
    weight=Weight.STATE,
)

CAUSES = tuple(value for value in list(globals().values()) if isinstance(value, Cause))
