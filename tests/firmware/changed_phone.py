"""A phone in service that is changed, on a boot server that keeps what it uploads; for tests of what phones write."""

from typing import Any

from phone_sim.firmware.effects import Refused, TransferFailed, Upload, Uploaded, UploadReply
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.kept_change import KeptChange, Origin
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.parameters.provenance import Setting
from phone_sim.firmware.transfer_facts import FailureKind
from tests.make import Service, path_of

CLOCK = "lcl.datetime.time.24HourClock"
REFUSALS: list[UploadReply] = [
    Refused("Forbidden", 403),
    TransferFailed(FailureKind.CONNECTION_REFUSED, "Connection refused", unanswered=True),
]


class ChangedPhone(Service):
    """A phone whose boot server keeps what it uploads, unless its reply says otherwise."""

    def reply(self, effect: Any) -> object:
        """As the boot server answers."""
        reply = super().reply(effect)
        if isinstance(effect, Upload) and isinstance(reply, Uploaded):
            self.files[path_of(effect)] = effect.body
        return reply

    def change(self, name: str, value: str, origin: Origin = Origin.PHONE) -> None:
        """Change a parameter, with no memory of what was asked before."""
        self.effects.clear()
        self.lines.clear()
        self.run(self.phone.change(name, value, origin))

    def boot(self) -> None:
        """Reboot by hand."""
        self.effects.clear()
        self.lines.clear()
        if self.phone.state is not State.REBOOTING:
            self.run(self.phone.reboot())
        self.run(self.phone.restart())

    def setting(self, name: str = CLOCK) -> Setting:
        """A parameter in force."""
        assert self.phone.service is not None
        return self.phone.service.parameters[name]

    @property
    def changes(self) -> tuple[KeptChange, ...]:
        """The changes in flash."""
        assert isinstance(self.flash, FlashContents)
        return self.flash.changes
