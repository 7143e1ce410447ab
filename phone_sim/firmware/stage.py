"""The two stages of a phone's start: who asks for files and writes the log (field notes 1.2, D28)."""

from enum import Enum


class Stage(Enum):
    """A stage; its value is in the name of its log, `<mac>-boot.log` and `<mac>-app.log`."""

    BOOT_ROM = "boot"
    """The boot ROM, which UC Software 4.0 and later call the Updater."""
    APPLICATION = "app"

    def log_name(self, mac: object) -> str:
        """The name of its log on the boot server."""
        return f"{mac}-{self.value}.log"
