"""A phone of a fleet, between the things that happen to it: the firmware's own phone, its flash and its log.

It holds no thread, no socket and no timer; when something is to happen to it is a number. This module does not know
what happens.
"""

import math
import zlib

from phone_sim.firmware.effects import LogContents
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.phone import Phone

NEVER = math.inf
_WINDOW, _MEMORY = -11, 4


class FleetPhone:
    """A phone of a fleet.

    `number` is its place in the population. Times are seconds of the fleet's clock since the fleet began: `check` is
    its next daily check that finds something, `upload` its next upload of the log, `reboot` when it is rebooted by
    hand, `powered_on` the beginning of its last boot, `due` when it is to be woken. `reboots` counts its reboots.
    """

    __slots__ = ("_log", "check", "due", "flash", "number", "phone", "powered_on", "reboot", "reboots", "upload")

    def __init__(self, number: int, phone: Phone) -> None:
        self.number = number
        self.phone = phone
        self.flash = FlashContents()
        self.check = self.upload = self.reboot = self.due = NEVER
        self.powered_on = 0.0
        self.reboots = 0
        self._log: tuple[bytes, bytes] = (b"", b"")

    @property
    def has_unsent_log(self) -> bool:
        """True when lines were logged that the boot server does not have."""
        return bool(self._log[0])

    @property
    def log(self) -> LogContents:
        """Its log file."""
        pending, packed = self._log
        return LogContents(pending=pending, on_server=zlib.decompress(packed, _WINDOW) if packed else b"")

    @log.setter
    def log(self, contents: LogContents) -> None:
        # Logs shrink to a third, and are read again only for the next upload.
        self._log = (contents.pending, _packed(contents.on_server) if contents.on_server else b"")


def _packed(data: bytes) -> bytes:
    # What zlib sets up as a rule is a hundred times the size of a log.
    packer = zlib.compressobj(1, zlib.DEFLATED, _WINDOW, _MEMORY)
    return packer.compress(data) + packer.flush()
