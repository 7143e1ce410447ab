"""A syslog(3) socket that writes each message to a file. It knows nothing of who writes to it or what it means."""

import os
import socket
import threading
from pathlib import Path

_LONGEST_MESSAGE = 8192
_SECONDS_TO_READ = 60.0

# Messages to ourselves; syslog(3) begins each of its own with "<".
_MARK = b"mark"
_END = b"end"


class SyslogSocket:
    """A socket `log` in a folder that is to become a program's /dev; one line per message goes to `file`.

    A thread reads it, since the kernel holds only a few messages, after which the writing program waits.
    """

    def __init__(self, folder: Path, file: Path) -> None:
        # A socket's path has at most 107 bytes and a test's folder may be longer: go by way of the open folder.
        self._folder = os.open(folder, os.O_PATH | os.O_DIRECTORY)
        self._path = f"/proc/self/fd/{self._folder}/log"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self._path)
        self._file = file
        self._mark_read = threading.Event()
        self._reader = threading.Thread(target=self._read, name="syslog", daemon=True)
        self._reader.start()

    def flush(self) -> None:
        """Return when all that was sent before this call is in the file; once closed, it is.

        Raises:
            RuntimeError: when that is not so after five seconds.
        """
        if not self._reader.is_alive():
            return
        self._mark_read.clear()
        self._send(_MARK)
        if not self._mark_read.wait(_SECONDS_TO_READ):
            raise RuntimeError("the syslog socket is not being read")

    def close(self) -> None:
        """Read what there is, then close the socket."""
        self._send(_END)
        self._reader.join(_SECONDS_TO_READ)
        self._socket.close()
        os.close(self._folder)

    def _send(self, message: bytes) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(_SECONDS_TO_READ)
            sender.sendto(message, self._path)

    def _read(self) -> None:
        with self._file.open("wb", buffering=0) as file:
            while (message := self._socket.recv(_LONGEST_MESSAGE)) != _END:
                if message == _MARK:
                    self._mark_read.set()
                else:
                    file.write(message.rstrip(b"\n\0") + b"\n")
