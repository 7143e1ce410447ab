"""Where a phone is in its life: its state, its calls, and how it leaves service for a reboot.

What happens to it is in `phone_sim.firmware.phone`.
"""

from datetime import datetime

from phone_sim.errors import LifecycleError
from phone_sim.firmware import lifecycle, messages, screen
from phone_sim.firmware.boot import InService
from phone_sim.firmware.call_list import Call
from phone_sim.firmware.effects import Pause, Reboot, Show
from phone_sim.firmware.lifecycle import LifecycleEvent, State
from phone_sim.firmware.menu import CLOSED, Menu
from phone_sim.firmware.session import Identity

MESSAGE_SECONDS = 5
"""How many seconds the display says that the phone is reconfiguring before it reboots (our choice)."""
LICENSE_REBOOT = "a license has expired"


class PhoneLife:
    """A phone in its life.

    `state` is where it is in its life, `call_list` its calls since power on, `service` what it booted into,
    `next_check` the instant of its next daily check, `menu` what is open on the display. `next_poll` is the instant of
    its next poll of the configuration files, None without one, or as long as the clock does not tell.
    """

    __slots__ = ("_began", "_reason", "call_list", "identity", "menu", "next_check", "next_poll", "service", "state")

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.state = State.OFF
        self.service: InService | None = None
        self.call_list: tuple[Call, ...] = ()
        self._began: tuple[datetime | None, ...] = ()
        self.next_check: datetime | None = None
        self.next_poll: datetime | None = None
        self.menu: Menu = CLOSED
        self._reason = ""
        """Why it reboots when the last call has ended."""

    def start_call(self, at: datetime | None = None) -> None:
        """A call begins; `at` is what the clock shows, None while it is unset."""
        self._move(LifecycleEvent.CALL_STARTED)
        self._began = (*self._began, at)

    @property
    def running(self) -> Identity:
        """The phone as the firmware makes it that it has booted (D28); before, as `identity` says."""
        return self.identity if self.service is None else self.service.session.identity

    @property
    def calls(self) -> int:
        """Its active calls."""
        return len(self._began)

    @property
    def takes_keys(self) -> bool:
        """True in service, with a call up or without."""
        return self.state in (State.IDLE, State.IN_CALL, State.WAITING_FOR_IDLE)

    @property
    def _changeable(self) -> InService:
        if self.service is None or not self.takes_keys:
            raise LifecycleError(f"a phone that is {self.state.value} cannot be changed: boot it first")
        return self.service

    @property
    def _in_service(self) -> bool:
        return self.state in (State.IDLE, State.IN_CALL)

    def _move(self, event: LifecycleEvent) -> None:
        self.state = lifecycle.after(self.state, event)

    def _forget(self) -> None:
        self.service = None
        self._began = ()
        self.next_check = self.next_poll = None
        self.menu = CLOSED

    async def _rebooting_when_idle(self, service: InService, reason: str) -> None:
        self._move(LifecycleEvent.REBOOT_NEEDED)
        self._reason = reason
        if self.state is State.WAITING_FOR_IDLE:
            await service.session.say(messages.REBOOT_WAITS, reason=self._reason, calls=self.calls)
        else:
            await self._leaving_service()

    async def _expired(self, service: InService) -> None:
        self._reason = LICENSE_REBOOT
        if self.state is State.WAITING_FOR_IDLE:
            await service.session.say(messages.WAITING_FOR_IDLE, calls=self.calls)
        else:
            await self._leaving_service()

    async def _leaving_service(self) -> None:
        """Reboot; where that removes what is not licensed any more, say so before (B12)."""
        if self._reason == LICENSE_REBOOT:
            await Show(screen.message(screen.RECONFIGURING))
            await Pause(MESSAGE_SECONDS)
        await self._restarting(self._reason)

    async def _restarting(self, reason: str) -> None:
        if self.service is not None:
            await self.service.session.say(messages.REBOOTING, reason=reason)
        await Reboot(reason)
