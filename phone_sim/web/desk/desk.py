"""The desk: phones, their time, their boot server.

All of it is for the desk's own thread: other threads hand over what they want done, by `Desk.do`.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Self, TypeVar

from phone_sim.errors import UsageError
from phone_sim.firmware.daily_check import expiry_moments
from phone_sim.mac_address import MacAddress
from phone_sim.models import Requirement
from phone_sim.runtime.identity import make_identity
from phone_sim.runtime.model_files import load_features
from phone_sim.runtime.virtual_phone import mac_addresses
from phone_sim.web.desk.phone import DeskPhone, network_of_a_desk
from phone_sim.web.desk.server import DeskServer
from phone_sim.web.desk.time import DeskTime

PHONES_LIMIT = 50
"""Most phones on a desk; ours."""

Result = TypeVar("Result")


class Desk:
    """Phones on one clock, that boot from one server; a context manager that takes all away in the end.

    `start` is the time on the clock at first, by default the real one; `speed` how fast it goes. `phones` are in the
    order in which they were put there.
    """

    def __init__(self, server: DeskServer, *, start: datetime | None = None, speed: float = 1.0) -> None:
        self.server = server
        self.time = DeskTime(start or datetime.now(UTC).replace(microsecond=0), speed)
        self._phones: dict[MacAddress, DeskPhone] = {}
        self._addresses = mac_addresses("desk")
        self.time.after_work(self._notice)

    def do(self, work: Callable[[], Result]) -> Result:
        """Let the desk's thread do something, from any thread; returns or raises what that does."""
        return self.time.do(work)

    @property
    def phones(self) -> tuple[DeskPhone, ...]:
        """The phones at this moment."""
        return tuple(self._phones.values())

    def phone(self, mac: MacAddress) -> DeskPhone:
        """The phone with this MAC address.

        Raises:
            UsageError: there is none on the desk.
        """
        if mac not in self._phones:
            raise UsageError(f"there is no phone {mac} on the desk")
        return self._phones[mac]

    def put(
        self, model: str, mac: MacAddress | None = None, firmware: str | None = None, *, boot_rom: bool = False
    ) -> DeskPhone:
        """Put a phone on the desk, off and with blank flash, that boots from the desk's server, first its `boot_rom`.

        Raises:
            UsageError: the desk is full, has that phone, or the model or firmware is not known.
        """
        identity = make_identity(
            self.server.url,
            model=model,
            mac=mac or next(one for one in self._addresses if one not in self._phones),
            firmware=firmware,
            trust=self.server.anchor,
            boot_rom=boot_rom,
        )
        return self.add(DeskPhone(identity, self.time.virtual, network=network_of_a_desk()))

    def add(self, phone: DeskPhone) -> DeskPhone:
        """Put a phone on the desk, which has to live in the desk's time.

        Raises:
            UsageError: the desk is full, or has that phone.
        """
        if len(self._phones) >= PHONES_LIMIT:
            raise UsageError(f"there are {PHONES_LIMIT} phones on the desk, which is all that it holds")
        if phone.mac in self._phones:
            raise UsageError(f"the phone {phone.mac} is on the desk already")
        self._phones[phone.mac] = phone
        return phone

    def take(self, mac: MacAddress) -> None:
        """Take a phone off the desk. Raises UsageError where there is none."""
        self.phone(mac).close()
        del self._phones[mac]

    def clear(self) -> None:
        """Take everything off: phones, activation files, faults."""
        self._close_phones()
        if self.server.is_ours:
            self.server.switch(up=True)
            self.server.set_faults([])
            self.server.remove_licenses()

    def license(self, mac: MacAddress | None, last_day: date | None, software: str = "") -> str:
        """Publish a license for a phone, or for the site when there is no MAC; returns the license number.

        Without `software` (features by key, with commas) it is for all that the phone, or any on the desk, needs a
        license for.

        Raises:
            UsageError: a license has no such terms, nothing needs one, or the boot server is not ours.
        """
        models = [phone.identity.model for phone in self.phones if mac in (None, phone.mac)]
        asked = Requirement.LICENSE_REQUIRED
        needed = [one.key for one in load_features() if any(model.requirement(one) is asked for model in models)]
        if not software and not needed:
            raise UsageError("no phone on the desk is known to need a license for anything")
        return self.server.license(mac, software or ", ".join(needed), last_day)

    def next_polling_time(self, mac: MacAddress) -> datetime:
        """When the phone checks its licenses next (B12). Raises UsageError where it does not."""
        check = self.phone(mac).driver.phone.next_check
        if check is None:
            raise UsageError(f"the phone {mac} is not waiting for a polling time: it is {self.phone(mac).state.value}")
        return check

    def next_poll(self, mac: MacAddress) -> datetime:
        """When the phone polls its configuration files next (`prov.polling.*`). Raises UsageError where it does not."""
        phone = self.phone(mac)
        poll = phone.driver.phone.next_poll
        if poll is None:
            waits = "is not waiting for a poll of its files (prov.polling.enabled)"
            raise UsageError(f"the phone {mac} {waits}: it is {phone.state.value}")
        return poll

    def expiry_of(self, mac: MacAddress) -> tuple[datetime, datetime]:
        """The noon of the day before the last day of the license that ends first, and the check that finds it over.

        Raises:
            UsageError: the phone has no license in use that ends.
        """
        service = self.phone(mac).driver.phone.service
        moments = None if service is None else expiry_moments(service)
        if moments is None:
            raise UsageError(f"the phone {mac} has no license in use that ends")
        return moments

    def stop(self) -> None:
        """Take on nothing more, and cut the power of all phones, also of one that boots. From any thread, at once."""
        self.time.stop()
        for phone in self.phones:
            phone.cut_power()

    def close(self) -> None:
        """Take all phones off and end the desk's thread; the server is its owner's."""
        self.stop()
        self.time.close()
        self._close_phones()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _close_phones(self) -> None:
        for phone in self.phones:
            phone.close()
        self._phones.clear()

    def _notice(self) -> None:
        for phone in self.phones:
            phone.notice()
