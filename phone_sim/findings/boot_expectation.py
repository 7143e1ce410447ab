"""What can be expected of a boot. It does not know how a boot is judged."""

from enum import Enum


class BootExpectation(Enum):
    """What is expected of a boot.

    Findings about license files count for `CLEAN`; for `LICENSED` counts what the phone took from them.
    """

    BOOTED = "booted"
    """In service with a configuration that its boot server gave it in this boot, whatever is missing of it."""
    CONFIGURED = "configured"
    """Booted, every file that CONFIG_FILES lists was read whole, and no finding about its files is an error."""
    CLEAN = "clean"
    """Configured, no finding is an error or a warning, and the boot server took the log."""
    LICENSED = "licensed"
    """Configured, and every feature that is configured for use has a valid license if it needs one."""
