"""Open files: each phone that is busy has a socket, and an ordinary user's processes may have no more than 1024."""

import resource

from phone_sim.errors import UsageError

_BESIDE = 100
"""Open files besides the sockets of the phones: the page's connections, libraries, reports; ours."""


def allow_open_files(at_once: int) -> None:
    """Allow this process the open files of so many busy phones.

    Raises:
        UsageError: the system does not; the message says how it would, and how many phones can be busy.
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
