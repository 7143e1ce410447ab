"""Where a phone's log lines go: the log file in memory, and whoever listens.

The file holds what was not uploaded yet, and what the boot server holds from earlier uploads; when to upload what is
the firmware's decision (`phone_sim.firmware.app_log`). This module does not know what a line says.
"""

from collections.abc import Callable

from phone_sim.firmware.effects import LogContents
from phone_sim.firmware.stage import Stage

# A boot that meets a hostile server can log much before it comes to upload; past this, the oldest lines go.
_PENDING_LIMIT = 1024 * 1024


class LogSink:
    """The log files of one phone, with `contents` in that of the application; each line also goes to `listener`.

    `has_changed` once anything was written or erased.
    """

    def __init__(self, listener: Callable[[str], None] | None = None, contents: LogContents | None = None) -> None:
        self._listener = listener
        self._pending = {Stage.APPLICATION: bytearray() if contents is None else bytearray(contents.pending)}
        self._on_server = {} if contents is None else {Stage.APPLICATION: contents.on_server}
        self.has_changed = False

    def write(self, line: str, stage: Stage = Stage.APPLICATION) -> None:
        """Add a line, given without its end, to the log of a stage."""
        self.has_changed = True
        pending = self._pending.setdefault(stage, bytearray())
        # A path on disk, in a reason, may hold what no encoding has.
        pending += line.encode(errors="replace") + b"\n"
        if len(pending) > _PENDING_LIMIT:
            del pending[: pending.index(b"\n", len(pending) - _PENDING_LIMIT) + 1]
        if self._listener is not None:
            self._listener(line)

    @property
    def size(self) -> int:
        """Bytes of the application's log that were not uploaded yet."""
        return len(self._pending[Stage.APPLICATION])

    def contents(self, stage: Stage = Stage.APPLICATION) -> LogContents:
        """The log file of a stage."""
        return LogContents(pending=bytes(self._pending.get(stage, b"")), on_server=self._on_server.get(stage, b""))

    def forget(self, on_server: bytes, stage: Stage = Stage.APPLICATION) -> None:
        """Erase the log file of a stage; the boot server holds `on_server`."""
        self.has_changed = True
        self._pending[stage] = bytearray()
        self._on_server[stage] = on_server
