"""The limit of open files: each busy phone has a socket, and the usual limit of a process is 1024."""

import sys

from phone_sim.errors import UsageError

_BESIDE = 100
"""Open files beside the sockets of the phones: the page's connections, libraries, reports (our choice)."""


def allow_open_files(at_once: int) -> None:
    """Raise the limit of this process to the open files of `at_once` busy phones.

    Raises:
        UsageError: the system does not allow it; the message says how to, and how many phones can be busy.
    """
    if sys.platform == "win32":
        return  # its sockets are not open files
    import resource

    needed = at_once + _BESIDE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    except (OSError, ValueError) as error:  # macOS allows less than a hard limit of infinity says
        allowed = soft if hard == resource.RLIM_INFINITY else hard
        raise UsageError(
            f"{at_once} phones busy at once need {needed} open files, and {allowed} are allowed: allow more (ulimit "
            f"-Hn {needed}, as root), or --at-once {max(1, allowed - _BESIDE)}"
        ) from error
