"""Where a phone's log lines go: the log file in memory, and whoever listens.

The file holds what was not uploaded yet, and what the boot server holds from earlier uploads; when to upload what is
the firmware's decision (`phone_sim.firmware.app_log`). This module does not know what a line says.
"""

from collections.abc import Callable

from phone_sim.firmware.effects import LogContents

# A boot that meets a hostile server can log much before it comes to upload; past this, the oldest lines go.
_PENDING_LIMIT = 1024 * 1024


class LogSink:
    """The log file of one phone, with `contents` in it; each line also goes to `listener`.

    `has_changed` once anything was written or erased.
    """

    def __init__(self, listener: Callable[[str], None] | None = None, contents: LogContents | None = None) -> None:
        self._listener = listener
        self._pending = bytearray() if contents is None else bytearray(contents.pending)
        self._on_server = b"" if contents is None else contents.on_server
        self.has_changed = False

    def write(self, line: str) -> None:
        """Add a line, given without its end."""
        self.has_changed = True
        # A path on disk, in a reason, may hold what no encoding has.
        self._pending += line.encode(errors="replace") + b"\n"
        if len(self._pending) > _PENDING_LIMIT:
            del self._pending[: self._pending.index(b"\n", len(self._pending) - _PENDING_LIMIT) + 1]
        if self._listener is not None:
            self._listener(line)

    @property
    def size(self) -> int:
        """Bytes that were not uploaded yet."""
        return len(self._pending)

    def contents(self) -> LogContents:
        """The log file."""
        return LogContents(pending=bytes(self._pending), on_server=self._on_server)

    def forget(self, on_server: bytes) -> None:
        """Erase the log file; the boot server holds `on_server`."""
        self.has_changed = True
        self._pending.clear()
        self._on_server = on_server
