"""The signals that ask a process to end, and what they are raised as.

This module does not know what a process prints before it ends.
"""

import signal


class Interrupted(KeyboardInterrupt):
    """A signal asks the process to end; `number` is that of the signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def ending_signals() -> list[int]:
    """SIGINT, SIGTERM and SIGHUP, and Ctrl+Break of Windows, as far as there are.

    SIGHUP is not among them where it is ignored, as nohup has it. SIGINT always is: shells have background jobs of a
    script ignore it, and Python has no handler for it then.
    """
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    found = [getattr(signal, name) for name in names if hasattr(signal, name)]
    hang_up = getattr(signal, "SIGHUP", None)
    return [number for number in found if number != hang_up or signal.getsignal(number) is not signal.SIG_IGN]


def exit_code(interruption: KeyboardInterrupt) -> int:
    """What a shell calls it when a process ends by a signal: 130 for SIGINT, 143 for SIGTERM, 129 for SIGHUP."""
    return 128 + (interruption.number if isinstance(interruption, Interrupted) else signal.SIGINT)
