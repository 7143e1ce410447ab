"""What can be expected of a boot. It does not know how a boot is judged."""

from enum import Enum


class BootExpectation(Enum):
    """What is expected of a boot.

    The facts of the firmware cover every finding of level error, so that `CONFIGURED` needs no other.
    """

    BOOTED = "booted"
    """In service with a configuration that its boot server gave it in this boot, whatever is missing of it."""
    CONFIGURED = "configured"
    """Booted, every file that CONFIG_FILES lists was read whole, and no finding is of level error."""
    CLEAN = "clean"
    """Configured, no finding is of level error or warning, and the boot server took the log."""
    LICENSED = "licensed"
    """Configured, and every feature that is configured for use has a valid license if it needs one."""
