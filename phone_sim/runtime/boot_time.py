"""How long the transfers of a boot may take together (our choice: no source says that real phones have such a limit).

A server that drips keeps each transfer just below its own limit, and could hold a boot for hours. This module does not
know what is transferred.
"""

import math

from phone_sim.firmware.effects import TransferFailed
from phone_sim.firmware.transfer_facts import FailureKind

BOOT_TIMEOUTS = 60
"""The limit in timeouts: as often as a phone waits for an answer, may it wait for all that it asks in a boot."""
BOOT_SECONDS = 5.0 * BOOT_TIMEOUTS
"""The limit of a phone that is given no timeout of its own."""


class BootTime:
    """What is left of the seconds for a boot, between `begin` and `end`; else there is no limit.

    The transfer that is under way when they are spent goes on to its own limit; no file is asked for after that.
    """

    __slots__ = ("_limit", "_spent")

    def __init__(self, limit: float = math.inf) -> None:
        self._limit = limit
        self._spent: float | None = None

    def begin(self) -> None:
        """A boot begins."""
        self._spent = 0.0

    def end(self) -> None:
        """It is over."""
        self._spent = None

    def spend(self, seconds: float) -> None:
        """A transfer took so long."""
        if self._spent is not None:
            self._spent += seconds

    @property
    def refusal(self) -> TransferFailed | None:
        """The reply for a file that is not asked for any more; None while there is time."""
        if self._spent is None or self._spent < self._limit:
            return None
        reason = f"the boot server took {self._spent:.0f} s of this boot, and is given up"
        return TransferFailed(FailureKind.NOT_ASKED, reason, unanswered=True)
