"""The system's time for virtual phones: it passes by itself, and what falls due is made up for at the next look.

No thread waits, so a phone does nothing while nobody looks at it. This module does not know who sets the system's
clock; in a test, freezegun may.
"""

from datetime import UTC, datetime, timedelta

from phone_sim.runtime.virtual_time import VirtualTime


class SystemTime(VirtualTime):
    """Time that follows the system's clock.

    Each use of a phone first lets the time pass that has passed since the last one (`catch_up`): daily checks, reboots
    and uploads happen in order, each at its time. A system clock that was set back sets the phones' clock back. A phone
    that `set` or SNTP has given another time keeps the difference.
    """

    def __init__(self) -> None:
        self._seen = datetime.now(UTC)
        super().__init__(self._seen)

    @property
    def now(self) -> datetime | None:
        """The time in UTC, or None after SNTP's phone has lost it."""
        self.catch_up()
        return super().now

    def catch_up(self) -> None:
        """Let the time pass that has passed on the system's clock; while another thread lets time pass, do nothing."""
        if not self._passing.acquire(blocking=False):
            return  # to wait could be for ever: that thread may need the phone that this one has
        try:
            seen, self._seen = self._seen, datetime.now(UTC)
            passed = self._seen - seen
            if passed > timedelta():
                self.run(passed)
            elif passed and super().now is not None:
                self.set(self.clock.instant() + passed)
        finally:
            self._passing.release()
