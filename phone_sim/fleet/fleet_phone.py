"""A phone of a fleet between its runs: the firmware's phone, with its flash, its log and the times it is due.

It holds no thread, no socket and no timer. This module does not know what a phone does when it is due.
"""

import math
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from phone_sim.findings.boot_judgment import BootShortcoming, BootShortcomingKind
from phone_sim.firmware.boot import InService
from phone_sim.firmware.effects import LogContents
from phone_sim.firmware.features import Gate
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.phone import Phone
from phone_sim.mac_address import MacAddress

NEVER = math.inf
_WINDOW, _MEMORY = -11, 4


class ShortcomingKind(StrEnum):
    """What keeps a phone from being as expected: what falls short of its boot, or what became of the phone."""

    NO_CONFIGURATION = BootShortcomingKind.NO_CONFIGURATION
    FILE_NOT_READ = BootShortcomingKind.FILE_NOT_READ
    FINDING = BootShortcomingKind.FINDING
    LOG_NOT_UPLOADED = BootShortcomingKind.LOG_NOT_UPLOADED
    NO_LICENSE = BootShortcomingKind.NO_LICENSE
    LOST = "lost"
    """Its worker is lost."""
    COMING_UP = "coming_up"
    """It is not in service yet."""
    NOT_SWITCHED_ON = "not_switched_on"
    OTHER = "other"
    """One of several shortcomings that are counted as one."""


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """Why a phone is not as expected: a kind for programs, and a text for people."""

    kind: ShortcomingKind
    text: str

    @classmethod
    def of_boot(cls, found: BootShortcoming) -> Self:
        """What falls short of a boot that has ended."""
        return cls(ShortcomingKind(found.kind), str(found))


NOT_SWITCHED_ON = Shortcoming(ShortcomingKind.NOT_SWITCHED_ON, "it was not switched on")


class FleetPhone:
    """A phone of a fleet; `firmware` is what runs on it.

    `number` is its number in the population. Times are seconds of the fleet's clock since the fleet began: `check` is
    its next daily check that finds something, `poll` its next poll of the configuration files, `upload` its next upload
    of the log, `reboot` its next reboot by hand, `powered_on` the start of its last boot, `due` the next time that
    something is due. `reboots` counts its reboots.
    """

    __slots__ = (
        "_log",
        "check",
        "due",
        "firmware",
        "flash",
        "number",
        "poll",
        "powered_on",
        "reboot",
        "reboots",
        "upload",
    )

    def __init__(self, number: int, firmware: Phone) -> None:
        self.number = number
        self.firmware = firmware
        self.flash = FlashContents()
        self.check = self.poll = self.upload = self.reboot = self.due = NEVER
        self.powered_on = 0.0
        self.reboots = 0
        self._log: tuple[bytes, bytes] = (b"", b"")

    @property
    def mac(self) -> MacAddress:
        """Its MAC address."""
        return self.firmware.identity.mac

    @property
    def state(self) -> State:
        """Its state in the lifecycle."""
        return self.firmware.state

    @property
    def service(self) -> InService | None:
        """Its configuration and what follows from it, None until it has booted."""
        return self.firmware.service

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The gates of its features, none until it has booted."""
        return self.service.gates if self.service is not None else ()

    @property
    def has_unsent_log(self) -> bool:
        """True when it has logged lines that the boot server does not have."""
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
    # By default zlib allocates a hundred times the size of a log.
    packer = zlib.compressobj(1, zlib.DEFLATED, _WINDOW, _MEMORY)
    return packer.compress(data) + packer.flush()
