"""A phone: what happens to it, and the flow that answers each event.

Each method moves the phone along the lifecycle table and returns a flow for a driver to perform; an event that the
present state does not know raises LifecycleError before anything is done. This module does not know who performs its
flows.
"""

from dataclasses import replace
from datetime import datetime

from phone_sim.errors import LifecycleError
from phone_sim.firmware import menu, messages, screen
from phone_sim.firmware.app_log import upload_log
from phone_sim.firmware.boot import InService, boot, local_date
from phone_sim.firmware.boot_rom import run_boot_rom
from phone_sim.firmware.call_list import call_ended
from phone_sim.firmware.check_sync import check_sync_settings, configuration_has_changed
from phone_sim.firmware.contact_change import add_contact, check_contact
from phone_sim.firmware.contact_directory import Contact
from phone_sim.firmware.corporate_directory import search_corporate_directory
from phone_sim.firmware.daily_check import daily_check
from phone_sim.firmware.effects import ClockReading, Flow, ReadClock, Reboot, Show
from phone_sim.firmware.kept_change import Origin
from phone_sim.firmware.keypad import Press
from phone_sim.firmware.lifecycle import LifecycleEvent, State
from phone_sim.firmware.local_time import UNSET_CLOCK
from phone_sim.firmware.location import BootServerAddress
from phone_sim.firmware.menu import Change, Search
from phone_sim.firmware.menu_pages import Facts
from phone_sim.firmware.network_effects import Move
from phone_sim.firmware.parameter_change import CHANGE_REBOOTS, change_parameter, check_change, features_wanted
from phone_sim.firmware.phone_life import PhoneLife
from phone_sim.firmware.provisioning_poll import PollMode, next_poll
from phone_sim.firmware.time_memory import NOTHING_REMEMBERED
from phone_sim.firmware.time_sync import synchronize
from phone_sim.firmware.timer_effects import PollAfter, WakeAt

SERVER_REBOOT = "the boot server has changed"
CHECK_SYNC_REBOOT = "check-sync"
POLL_REBOOT = "the configuration has changed (prov.polling)"


class Phone(PhoneLife):
    """A phone: its events and what it does about them."""

    __slots__ = ()

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
        self.call_list = ()

    def reboot(self, reason: str = "by hand") -> Flow[None]:
        """Restart, ending any calls."""
        self._move(LifecycleEvent.REBOOT_REQUESTED)
        return self._restarting(reason)

    def end_call(self) -> Flow[None]:
        """A call ends; after the last one a phone that waits for it reboots (D15)."""
        if self.service is None or self.calls == 0:
            raise LifecycleError("there is no call to end")
        if self.calls == 1:
            self._move(LifecycleEvent.LAST_CALL_ENDED)
        began, self._began = self._began[0], self._began[1:]
        return self._ending_call(self.service, began)

    def check_sync(self) -> Flow[None]:
        """A NOTIFY check-sync: reboot, after the last call, at once or only if the configuration has changed (D15)."""
        return self._syncing(self.service) if self.service is not None and self._in_service else _nothing()

    def change(self, name: str, value: str, origin: Origin) -> Flow[None]:
        """A parameter is changed: it is in force at once; the phone reboots where that switches a feature (our choice).

        Raises LifecycleError where it is not in service, and UsageError for what `check_change` refuses.
        """
        service = self._changeable
        check_change(name, value, self.running.dictionary)
        return self._changing(service, name, value, origin)

    def add_contact(self, contact: Contact) -> Flow[None]:
        """A contact is added to the contact directory. Raises LifecycleError and UsageError as `change` does."""
        service = self._changeable
        check_contact(service, contact)
        return self._adding(service, contact)

    def polling_time(self) -> Flow[None]:
        """The daily check (B12); one a local date (D12)."""
        return self._checking(self.service) if self.service is not None and self._in_service else _nothing()

    def poll(self) -> Flow[None]:
        """A poll of the configuration files: reboot, after the last call, if they have changed (field notes 14)."""
        service = self.service
        is_on = service is not None and service.session.settings.polling is not None  # it may be off since
        return self._polling(service) if service is not None and is_on and self._in_service else _nothing()

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

    def press(self, key: Press) -> Flow[None]:
        """A key is pressed: move through the menus (B18). A phone that boots, reboots or is off does not notice."""
        return self._pressed(self.service, key) if self.service is not None and self.takes_keys else _nothing()

    def licenses(self, reading: ClockReading) -> screen.Frame:
        """Menu > Status > Licenses (B18)."""
        service = self.service
        if service is None:
            return screen.Frame()
        return screen.licenses_page(self.identity.features, service.ring, local_date(service.session, reading))

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
        match self.menu.action:
            case Search(text=text):
                page = await self._search(service, text)
                self.menu = menu.with_results(self.menu, page.lines)
            case Change(parameter=parameter, value=value):
                self.menu = menu.after_change(self.menu)
                await self._changing(service, parameter, value, Origin.PHONE)
                facts = replace(facts, service=self.service or service)
                if self.state is State.REBOOTING:
                    return
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
            self.next_poll = None
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

    async def _adding(self, service: InService, contact: Contact) -> None:
        self.service = await add_contact(service, contact)

    async def _changing(self, service: InService, name: str, value: str, origin: Origin) -> None:
        before = service.session.settings
        changed = self.service = await change_parameter(service, name, value, origin)
        after = changed.session.settings
        if self._in_service and features_wanted(changed) != features_wanted(service):
            await self._rebooting_when_idle(changed, CHANGE_REBOOTS[origin])
        elif self._in_service:
            reading = await ReadClock()
            await self._wait_for_polling_time(changed, reading)
            if (after.polling, after.zone) != (before.polling, before.zone):  # else it is due when it was
                await self._wait_for_poll(changed, reading)

    async def _ending_call(self, service: InService, began: datetime | None) -> None:
        self.call_list = await call_ended(service, self.call_list, began)
        if self.state is State.REBOOTING:
            await self._leaving_service()


def _is_over(due: datetime | None, reading: ClockReading) -> bool:
    """True when the clock shows that something is due, or was."""
    return due is not None and reading.instant is not None and due <= reading.instant


async def _nothing() -> None:
    return
