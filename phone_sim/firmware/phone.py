"""A phone: what happens to it, and the flow that answers each event.

Each method moves the phone along the lifecycle table and returns a flow for a driver to perform; an event that the
present state does not know raises LifecycleError before anything is done. This module does not know who performs its
flows.
"""

from dataclasses import replace
from datetime import datetime

from phone_sim.errors import LifecycleError
from phone_sim.firmware import lifecycle, menu, messages, screen
from phone_sim.firmware.app_log import upload_log
from phone_sim.firmware.boot import InService, boot, local_date
from phone_sim.firmware.boot_rom import run_boot_rom
from phone_sim.firmware.check_sync import check_sync_settings, configuration_has_changed
from phone_sim.firmware.corporate_directory import search_corporate_directory
from phone_sim.firmware.daily_check import daily_check
from phone_sim.firmware.effects import ClockReading, Flow, Pause, PollAfter, ReadClock, Reboot, Show, WakeAt
from phone_sim.firmware.keypad import Press
from phone_sim.firmware.lifecycle import LifecycleEvent, State
from phone_sim.firmware.local_time import UNSET_CLOCK
from phone_sim.firmware.location import BootServerAddress
from phone_sim.firmware.menu import CLOSED, Menu
from phone_sim.firmware.menu_pages import Facts
from phone_sim.firmware.network_effects import Move
from phone_sim.firmware.provisioning_poll import PollMode, next_poll
from phone_sim.firmware.session import Identity
from phone_sim.firmware.time_memory import NOTHING_REMEMBERED
from phone_sim.firmware.time_sync import synchronize

MESSAGE_SECONDS = 5
"""How long the display says that the phone is reconfiguring before it reboots; ours."""
LICENSE_REBOOT = "a license has expired"
SERVER_REBOOT = "the boot server has changed"
CHECK_SYNC_REBOOT = "check-sync"
POLL_REBOOT = "the configuration has changed (prov.polling)"


class Phone:
    """A phone.

    `state` is where it is in its life, `calls` its active calls, `service` what it booted into, `next_check` the
    instant of its next daily check, `menu` what is open on the display. `next_poll` is the instant of its next poll of
    the configuration files, None without one, or as long as the clock does not tell.
    """

    __slots__ = ("_reason", "calls", "identity", "menu", "next_check", "next_poll", "service", "state")

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.state = State.OFF
        self.service: InService | None = None
        self.calls = 0
        self.next_check: datetime | None = None
        self.next_poll: datetime | None = None
        self.menu: Menu = CLOSED
        self._reason = ""
        """Why it reboots when the last call has ended."""

    def power_on(self) -> Flow[None]:
        """Boot (B15: this is when a new license is fetched)."""
        self._move(LifecycleEvent.POWER_ON)
        return self._booting()

    def restart(self) -> Flow[None]:
        """Boot after a reboot; the driver's answer to `Reboot`."""
        self._move(LifecycleEvent.RESTARTED)
        return self._booting()

    def cut_power(self) -> None:
        """Lose everything but flash. The driver closes the flow that is under way."""
        self._move(LifecycleEvent.POWER_CUT)
        self._forget()

    def reboot(self, reason: str = "by hand") -> Flow[None]:
        """Restart, ending any calls."""
        self._move(LifecycleEvent.REBOOT_REQUESTED)
        return self._restarting(reason)

    def start_call(self) -> None:
        """A call begins."""
        self._move(LifecycleEvent.CALL_STARTED)
        self.calls += 1

    def end_call(self) -> Flow[None]:
        """A call ends; after the last one a phone that waits for it reboots (D15)."""
        if self.calls == 0:
            raise LifecycleError("there is no call to end")
        if self.calls == 1:
            self._move(LifecycleEvent.LAST_CALL_ENDED)
        self.calls -= 1
        return self._leaving_service() if self.state is State.REBOOTING else _nothing()

    def check_sync(self) -> Flow[None]:
        """A NOTIFY check-sync: reboot, after the last call, at once or only if the configuration has changed (D15)."""
        return self._syncing(self.service) if self.service is not None and self._in_service else _nothing()

    def polling_time(self) -> Flow[None]:
        """The daily check (B12); one a local date (D12)."""
        return self._checking(self.service) if self.service is not None and self._in_service else _nothing()

    def poll(self) -> Flow[None]:
        """A poll of the configuration files: reboot, after the last call, if they have changed (field notes 14)."""
        return self._polling(self.service) if self.service is not None and self._in_service else _nothing()

    def clock_set(self) -> Flow[None]:
        """The clock was set or changed: check and poll if their time was passed over, then wait for the next one."""
        return self._adjusting(self.service) if self.service is not None and self._in_service else _nothing()

    def ask_time(self) -> Flow[None]:
        """Ask for the time again: its period is over."""
        return self._synchronizing(self.service) if self.service is not None else _nothing()

    def upload_log(self, *, full: bool = False) -> Flow[None]:
        """Upload the log: its period is over, or it is `full`."""
        if self.service is None:
            return _nothing()
        self.service.session.reachable = True  # it may be again
        folder = self.service.configuration.master.log_file_directory
        return upload_log(self.service.session, folder, full=full)

    def search_corporate_directory(self, text: str) -> Flow[None]:
        """Search the corporate directory for people whose name begins with the text, and show them."""
        if self.service is None or not self.takes_keys:
            raise LifecycleError(f"a phone that is {self.state.value} cannot search the corporate directory")
        return self._searching(self.service, text)

    @property
    def takes_keys(self) -> bool:
        """True in service, with a call up or without."""
        return self.state in (State.IDLE, State.IN_CALL, State.WAITING_FOR_IDLE)

    def press(self, key: Press) -> Flow[None]:
        """A key is pressed: move through the menus (B18). A phone that boots, reboots or is off does not notice."""
        return self._pressed(self.service, key) if self.service is not None and self.takes_keys else _nothing()

    def licenses(self, reading: ClockReading) -> screen.Frame:
        """Menu > Status > Licenses (B18)."""
        service = self.service
        if service is None:
            return screen.Frame()
        return screen.licenses_page(self.identity.features, service.ring, local_date(service.session, reading))

    @property
    def _in_service(self) -> bool:
        return self.state in (State.IDLE, State.IN_CALL)

    def _move(self, event: LifecycleEvent) -> None:
        self.state = lifecycle.after(self.state, event)

    def _forget(self) -> None:
        self.service = None
        self.calls = 0
        self.next_check = self.next_poll = None
        self.menu = CLOSED

    async def _booting(self) -> None:
        remembered = self.service.session.time_memory if self.service is not None else NOTHING_REMEMBERED
        self._forget()
        starting = self.identity.boot_rom
        identity = self.identity if starting is None else await run_boot_rom(self.identity, starting)
        outcome = await boot(identity, remembered)
        if isinstance(outcome, Move):
            await self._going_to(outcome.target)
            return
        self.service = outcome
        self._move(LifecycleEvent.BOOTED)
        await self._wait_for_polling_time(outcome, outcome.reading)
        await self._wait_for_poll(outcome, outcome.reading)

    async def _going_to(self, server: BootServerAddress) -> None:
        """Reboot from another boot server, which replaces one that was given by hand (D21)."""
        if self.identity.boot_server:
            self.identity = replace(self.identity, boot_server=server.address)
        self._move(LifecycleEvent.BOOT_SERVER_CHANGED)
        await Reboot(SERVER_REBOOT)

    async def _pressed(self, service: InService, key: Press) -> None:
        reading = await ReadClock()
        facts = Facts(identity=service.session.identity, service=service, today=local_date(service.session, reading))
        self.menu = menu.pressed(self.menu, key, facts)
        if self.menu.action is not None:
            page = await self._search(service, self.menu.action.text)
            self.menu = menu.with_results(self.menu, page.lines)
        await Show(menu.frame(self.menu, facts))

    async def _searching(self, service: InService, text: str) -> None:
        await Show(await self._search(service, text))

    def _search(self, service: InService, text: str) -> Flow[screen.Frame]:
        return search_corporate_directory(service.session, service.gates, service.configuration.parameters, text)

    async def _checking(self, service: InService) -> None:
        reading = await ReadClock()
        today = local_date(service.session, reading)
        if today is not None and (await daily_check(service, today)):
            self._move(LifecycleEvent.LICENSE_EXPIRED)
            await self._expired(service)
        else:
            await self._wait_for_polling_time(service, reading)

    async def _synchronizing(self, service: InService) -> None:
        if (await synchronize(service.session)) and self._in_service:
            await self._adjusting(service)

    async def _adjusting(self, service: InService) -> None:
        reading = await ReadClock()
        if _is_over(self.next_check, reading):
            await self._checking(service)
        else:
            await self._wait_for_polling_time(service, reading)
        if self._in_service:
            await self._adjusting_poll(service, reading)

    async def _adjusting_poll(self, service: InService, reading: ClockReading) -> None:
        polling = service.session.settings.polling
        if polling is not None and polling.mode is PollMode.RELATIVE:
            self.next_poll = None  # it comes after the same time as before, at whatever instant that is now
        elif _is_over(self.next_poll, reading):
            await self._polling(service)
        else:
            await self._wait_for_poll(service, reading)

    async def _wait_for_polling_time(self, service: InService, reading: ClockReading) -> None:
        """Ask to be woken at the next polling time; with an unset clock there is none (B12, D12)."""
        if reading.instant is not None:
            settings = service.session.settings
            self.next_check = settings.zone.next_occurrence(settings.polling_time, reading.instant)
            await WakeAt(self.next_check)

    async def _wait_for_poll(self, service: InService, reading: ClockReading) -> None:
        """Ask to be woken at the next poll of the configuration files, where the parameters switch that on.

        Only relative polls need no clock; the others have no time while it was never set (our choice, as D12).
        """
        settings, now = service.session.settings, reading.instant
        polling, booted_at = settings.polling, service.reading.instant or UNSET_CLOCK
        if polling is None:
            return
        if now is not None:
            self.next_poll = next_poll(polling, settings.zone, self.identity.mac, booted_at=booted_at, after=now)
            await PollAfter((self.next_poll - now).total_seconds())
        elif polling.mode is PollMode.RELATIVE:
            await PollAfter(polling.period)

    async def _polling(self, service: InService) -> None:
        # Waiting begins first, so that the seconds of the transfers do not put off the polls after this one.
        await self._wait_for_poll(service, await ReadClock())
        if await configuration_has_changed(service, messages.POLL_UNCHANGED):
            await self._rebooting_when_idle(service, POLL_REBOOT)

    async def _syncing(self, service: InService) -> None:
        await service.session.say(messages.CHECK_SYNC)
        is_always = check_sync_settings(service).always_reboots
        if is_always or await configuration_has_changed(service, messages.CONFIGURATION_UNCHANGED):
            await self._rebooting_when_idle(service, CHECK_SYNC_REBOOT)

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


def _is_over(due: datetime | None, reading: ClockReading) -> bool:
    """True when the clock shows that something is due, or was."""
    return due is not None and reading.instant is not None and due <= reading.instant


async def _nothing() -> None:
    return
