"""The limit of open files: each busy phone has a socket, and the usual limit of a process is 1024."""

import resource

from phone_sim.errors import UsageError

_BESIDE = 100
"""Open files beside the sockets of the phones: the page's connections, libraries, reports (our choice)."""


def allow_open_files(at_once: int) -> None:
    """Raise the limit of this process to the open files of `at_once` busy phones.

    Raises:
        UsageError: the system does not allow it; the message says how to, and how many phones can be busy.
    """
    needed = at_once + _BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise UsageError(
            f"{at_once} phones busy at once need {needed} open files, and {hard} are allowed: allow more (ulimit -Hn "
            f"{needed}, as root), or --at-once {max(1, hard - _BESIDE)}"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
