"""phone_sim as on Windows: `python -m tests.without_posix VERB ...` runs a verb, and without words imports all modules.

The modules of phone_sim cannot import what Windows does not have, and find `sys.platform` to be win32. The standard
library and other packages are left as they are. So this shows what phone_sim itself asks for, and not how Windows acts.
"""

import builtins
import errno
import fcntl
import importlib
import os
import sys
import warnings
from types import ModuleType
from typing import Any

from tests.modules import module_names

MISSING_MODULES = (
    "_posixsubprocess crypt curses fcntl grp nis ossaudiodev posix pty pwd readline resource spwd syslog termios tty"
)
MISSING_NAMES = {
    "os": """
        O_ASYNC O_CLOEXEC O_DIRECT O_DIRECTORY O_DSYNC O_NDELAY O_NOCTTY O_NOFOLLOW O_NONBLOCK O_PATH O_SYNC O_TMPFILE
        SCHED_OTHER WNOHANG chown chroot confstr ctermid fchdir fchmod fchown fdatasync fork forkpty get_blocking
        getegid geteuid getgid getgroups getloadavg getpgid getpgrp getpriority getresuid getsid getuid initgroups
        killpg lchown lockf major makedev minor mkfifo mknod nice openpty pathconf pipe2 posix_fadvise posix_fallocate
        posix_spawn pread preadv pwrite pwritev register_at_fork sched_getaffinity sched_setaffinity sched_yield
        sendfile set_blocking setgid setpgid setpriority setsid setuid statvfs sync sysconf tcgetpgrp ttyname uname
        wait wait3 wait4 waitid
    """,
    "signal": """
        ITIMER_REAL SIGALRM SIGBUS SIGCHLD SIGCONT SIGHUP SIGKILL SIGPIPE SIGQUIT SIGSTOP SIGTSTP SIGTTIN SIGTTOU
        SIGUSR1 SIGUSR2 SIGWINCH SIG_BLOCK SIG_SETMASK SIG_UNBLOCK alarm getitimer pause pthread_kill pthread_sigmask
        setitimer siginterrupt sigpending sigtimedwait sigwait sigwaitinfo
    """,
    "socket": """
        AF_NETLINK AF_PACKET AF_UNIX AF_VSOCK CMSG_LEN CMSG_SPACE IP_TRANSPARENT MSG_DONTWAIT MSG_NOSIGNAL SCM_RIGHTS
        SO_BINDTODEVICE SO_DOMAIN SO_MARK SO_PEERCRED SO_PRIORITY SO_PROTOCOL SO_REUSEPORT if_nametoindex recv_fds
        send_fds
    """,
    "select": "epoll kqueue poll",
    "sys": "",
    "time": "clock_gettime clock_settime pthread_getcpuclockid tzset",
    "gevent.os": "fork make_nonblocking nb_read nb_write",
}
OTHER_VALUES = {"os": {"name": "nt"}, "sys": {"platform": "win32"}}


class LockingModule(ModuleType):
    """The locks of Windows, as the system here can do them: on a byte of a file."""

    LK_NBLCK = 2

    @staticmethod
    def locking(descriptor: int, mode: int, count: int) -> None:
        """Lock bytes from the place in the file on, or raise PermissionError."""
        assert mode == LockingModule.LK_NBLCK
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, count, 0, os.SEEK_CUR)
        except OSError as error:
            raise PermissionError(errno.EACCES, "Permission denied") from error


ADDED_MODULES = {"msvcrt": LockingModule("msvcrt")}

real_import = builtins.__import__


class WindowsModule(ModuleType):
    """A module without the names that it does not have on Windows."""

    def __init__(self, real: ModuleType) -> None:
        super().__init__(real.__name__)
        self.__dict__.update(OTHER_VALUES.get(real.__name__, {}))
        self._real = real

    def __getattr__(self, name: str) -> Any:
        if name in MISSING_NAMES[self._real.__name__].split():
            raise AttributeError(f"module {self._real.__name__!r} has no attribute {name!r} on Windows")
        return getattr(self._real, name)


windows_modules: dict[str, WindowsModule] = {}


def import_as_on_windows(name: str, *place: Any, **options: Any) -> Any:
    """Import for a module of phone_sim what Windows has, and for others what there is."""
    importer = place[0] if place else options.get("globals")
    if not str((importer or {}).get("__name__")).startswith("phone_sim"):
        return real_import(name, *place, **options)
    if name.partition(".")[0] in MISSING_MODULES.split():
        raise ModuleNotFoundError(f"No module named {name!r} on Windows", name=name)
    if name in ADDED_MODULES:
        return ADDED_MODULES[name]
    found = real_import(name, *place, **options)
    if found.__name__ in MISSING_NAMES:
        return windows_modules.setdefault(found.__name__, WindowsModule(found))
    return found


def main() -> None:
    """Run the verb of the command line, or import all modules."""
    builtins.__import__ = import_as_on_windows
    warnings.filterwarnings("error", category=EncodingWarning, module="phone_sim")
    if sys.argv[1:]:
        from phone_sim.cli.main import main as run

        run(prog_name="phone-sim")
    for name in ("phone_sim.fleet.users", *module_names()):  # Locust first: it replaces sockets and TLS
        importlib.import_module(name)


if __name__ == "__main__":
    main()
