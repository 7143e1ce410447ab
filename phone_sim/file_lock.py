"""Locks on open files: of several processes, one has it. The system takes it away when the file is closed.

`fcntl.flock` on Linux and macOS; on Windows, which has only locks on bytes that nobody else can read, on a byte far
behind the end of the file. This module does not know what is in a file.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from phone_sim.errors import UsageError

if sys.platform == "win32":
    import msvcrt

    _FAR_BEHIND = 2**31 - 2

    def try_lock(descriptor: int) -> bool:
        """Lock an open file until it is closed; False where another has it. Raises OSError where there are no locks."""
        place = os.lseek(descriptor, 0, os.SEEK_CUR)
        os.lseek(descriptor, _FAR_BEHIND, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        finally:
            os.lseek(descriptor, place, os.SEEK_SET)
        return True

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Lock an open file until it is closed; False where another has it. Raises OSError where there are no locks."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Hold `what` by the lock of a file, which says the holder's process id and stays when the lock is gone.

    To remove the file could leave two processes with a lock each, on files of one name.

    Raises:
        UsageError: another process holds it; the message says which.
        OSError: the file cannot be written or locked.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not try_lock(descriptor):
            holder = os.read(descriptor, 20).decode("ascii", "replace").strip() or "(unknown)"
            raise UsageError(f"{what} is in use by process {holder}")
        os.ftruncate(descriptor, 0)
        os.write(descriptor, b"%d\n" % os.getpid())
        yield
    finally:
        os.close(descriptor)
