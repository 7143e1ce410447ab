"""A phone in one object: the firmware with its driver, time, flash, transport, network and log.

This module does not know where its identity comes from, nor whose boot server it is.
"""

from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from phone_sim.errors import LifecycleError, UsageError
from phone_sim.file_request import requests_for
from phone_sim.firmware.contact_directory import Contact
from phone_sim.firmware.effects import Effect
from phone_sim.firmware.features import Gate, NotLicensed, feature_named
from phone_sim.firmware.kept_change import Origin
from phone_sim.firmware.keypad import Press, parse_press
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.network_effects import Move
from phone_sim.firmware.parameters.provenance import ParametersInForce, Setting
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.screen import Frame
from phone_sim.firmware.session import Identity
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.driver import PhoneDriver
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.flash_file import Flash, MemoryFlash
from phone_sim.runtime.log_selection import selected_lines
from phone_sim.runtime.log_sink import LogSink
from phone_sim.runtime.network import Network
from phone_sim.runtime.transport import Transport, network_transport, newest_version
from phone_sim.runtime.virtual_time import VirtualTime


class DrivenPhone:
    """A phone on virtual time, off at first; a context manager that pulls its plug in the end.

    What is not given is made for this phone alone: time that was never set, blank flash in memory, a transport over the
    network, and no other server to speak to. The phone closes its transport and its network, whosever they were.
    Without `keeps_log`, `log` stays empty. `on_line` is told of each line of the log, `on_effect` of each effect before
    it is performed, `on_exchange` of each request when it has its reply.

    `time` can be a `SystemTime`, which follows the system's clock: each method and property first does what has fallen
    due. `driver` and `log_lines` are as the last use left them.
    """

    def __init__(
        self,
        identity: Identity,
        *,
        time: VirtualTime | None = None,
        flash: Flash | None = None,
        transport: Transport | None = None,
        network: Network | None = None,
        keeps_log: bool = True,
        on_line: Callable[[str], None] | None = None,
        on_effect: Callable[[Effect], None] | None = None,
        on_exchange: Callable[[Exchange], None] | None = None,
    ) -> None:
        self.time = VirtualTime() if time is None else time
        self.flash = MemoryFlash() if flash is None else flash
        if transport is None:
            transport = network_transport(tls_max=newest_version(None, identity.profile.tls_versions))
        self.transport = transport
        self.network = Network() if network is None else network
        self.log_lines: list[str] = []
        self._keeps_log = keeps_log
        self._on_line = on_line
        self.driver = PhoneDriver(
            Phone(identity),
            clock=self.time.clock,
            scheduler=self.time.scheduler,
            transport=self.transport,
            flash=self.flash,
            log=LogSink(self._keep),
            network=self.network,
            on_effect=on_effect,
            on_exchange=on_exchange,
        )
        self._end_watch = self.time.when_set(self.driver.clock_set)

    @property
    def identity(self) -> Identity:
        """Model, MAC, the firmware that it runs, and the rest that makes it this phone."""
        return self.driver.phone.running

    @property
    def mac(self) -> MacAddress:
        """Its MAC address, which prints as the 12 digits of its file names."""
        return self.identity.mac

    @property
    def _present(self) -> PhoneDriver:
        """The driver, with all done that has fallen due."""
        self.time.catch_up()
        return self.driver

    @property
    def state(self) -> State:
        """Where it is in its life."""
        return self._present.phone.state

    def boot(self) -> None:
        """Switch it on, or reboot it if it is on (B15); it has booted on return, with or without a boot server."""
        if self.state is State.OFF:
            self._present.power_on()
        else:
            self._present.reboot()

    def cut_power(self) -> None:
        """Pull the plug: it loses everything but flash, and what it has logged and asked stays here."""
        self._present.cut_power()

    def start_call(self) -> None:
        """Begin a call. Raises LifecycleError if the phone cannot."""
        self._present.start_call()

    def end_call(self) -> None:
        """End a call; a phone that waits for that reboots (D15). Raises LifecycleError if there is none."""
        self._present.end_call()

    def check_sync(self) -> None:
        """Send it a NOTIFY check-sync, as a boot server does to have a changed configuration read.

        It reboots, after its calls, if its configuration files have changed, or in any case where
        `voIpProt.SIP.specialEvent.checkSync.alwaysReboot` is on.
        """
        self._present.check_sync()

    def change(self, name: str, value: str, *, by: str = "phone") -> None:
        """Change a parameter as its user does on the phone itself, or on its web page with `by="web"`.

        The change is in force at once and kept in flash, and the phone uploads its override file: `<mac>-phone.cfg`,
        or `<mac>-web.cfg`. Where the change switches a feature on or off, the phone reboots when it is idle.

        Raises:
            LifecycleError: the phone is not in service.
            UsageError: not a parameter of its firmware, not a value of it, or not where changes are made.
        """
        if by not in (places := [origin.value for origin in Origin]):
            raise UsageError(f"{by!r} is not where changes are made; expected one of: {', '.join(places)}")
        self._present.change(name, value, Origin(by))

    def add_contact(self, number: str, *, last_name: str = "", first_name: str = "") -> None:
        """Add a contact as its user does; it is kept in flash, and the phone uploads `<mac>-directory.xml`.

        Raises:
            LifecycleError: the phone is not in service.
            UsageError: the phone does not let its user add it.
        """
        self._present.add_contact(Contact(last_name=last_name, first_name=first_name, number=number))

    def feature(self, name: str) -> Gate:
        """The gate of a feature, by key or full name in any case, such as `LDAP`: `is_enabled`, and the `reason`.

        Raises:
            LifecycleError: the phone has not booted.
            UsageError: it knows no such feature; the message lists those there are.
        """
        service = self._present.phone.service
        if service is None:
            raise LifecycleError(f"a phone that is {self.state.value} has no features: boot it first")
        wanted = feature_named(name, self.identity.features)
        return next(gate for gate in service.gates if gate.feature.key == wanted.key)

    @property
    def parameters(self) -> ParametersInForce:
        """Each parameter that a file sets, by name: its value in force, where that was set, and what it masks.

        Any other parameter of the phone's dictionary can be asked for, and has its default.

        Raises:
            LifecycleError: the phone has not booted.
        """
        service = self._present.phone.service
        if service is None:
            raise LifecycleError(f"a phone that is {self.state.value} has no parameters: boot it first")
        return service.parameters

    def parameter(self, name: str) -> Setting:
        """The parameter of this name, as in `parameters`.

        Raises:
            LifecycleError: the phone has not booted.
            UsageError: no file sets it, and the phone's dictionary does not have it.
        """
        try:
            return self.parameters[name]
        except KeyError:
            known = self.identity.dictionary.name
            raise UsageError(f"no file sets {name[:80]!r}, and {known} has no such parameter") from None

    @property
    def log(self) -> str:
        """All that it has logged since it was made, a line each."""
        self.time.catch_up()
        return "\n".join(self.log_lines)

    def lines(self, *, component: str | None = None, level: int | str | None = None) -> tuple[str, ...]:
        """The lines of its log, those of this component and this level if they are given.

        A level is 0 to 6, or `*` for lines that are always written.

        Raises:
            UsageError: not a level, or not a component of this phone; the message lists them.
        """
        self.time.catch_up()
        return selected_lines(self.log_lines, self.identity.features, component=component, level=level)

    @property
    def requests(self) -> tuple[Exchange, ...]:
        """What it has asked of servers and what came of it, the last thousand.

        An `Exchange` is a `FileRequest`, as those of `boot_server.requests` are, and has `redirects` and the `reply`.
        """
        return self._present.exchanges

    def asked(self, pattern: str) -> tuple[Exchange, ...]:
        """The requests whose path matches a pattern such as `*-license.cfg`, whole or from any folder on."""
        return requests_for(pattern, self.requests)

    @property
    def reboots(self) -> tuple[str, ...]:
        """The reason of each reboot so far."""
        return tuple(self._present.reboots)

    @property
    def moves(self) -> tuple[Move, ...]:
        """The boot servers that it went to since it was switched on or rebooted for another reason (D21).

        A `Move` has its `source`, its `target` and the `place` that set it, in words.
        """
        return self._present.moves.made

    @property
    def screen(self) -> Frame:
        """What its display shows."""
        return self._present.frame

    def press(self, *keys: Press | str) -> Frame:
        """Press keys, `phone.press("menu", "1")`, and see the display; one that boots or is off does not notice.

        Raises:
            UsageError: a text is no key (`phone_sim.firmware.keypad.parse_press`); then none is pressed.
        """
        for key in [parse_press(key) if isinstance(key, str) else key for key in keys]:
            self._present.press(key)
        return self._present.frame

    def licenses(self) -> Frame:
        """What its display shows under Menu > Status > Licenses (B18)."""
        return self._present.licenses()

    def search_corporate_directory(self, text: str) -> Frame:
        """What its display shows after a search of the corporate directory for names that begin with the text.

        Raises:
            LifecycleError: the phone is not in service.
        """
        self._present.search_corporate_directory(text)
        return self._present.frame

    def close(self) -> None:
        """Pull its plug and close its connections; what it has logged and asked stays readable."""
        with suppress(LifecycleError):  # it was off
            self.driver.cut_power()
        self._end_watch()
        self.transport.close()
        self.network.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        """One line: the phone, its state, and which of the features in use are off, and why."""
        phone = self.driver.phone
        gates = () if phone.service is None else phone.service.gates
        off = (f", {gate.feature.key} off: {gate.reason}" for gate in gates if isinstance(gate, NotLicensed))
        return f"<{type(self).__name__} {self.identity.model.token} {self.mac} {phone.state.value}{''.join(off)}>"

    def _keep(self, line: str) -> None:
        if self._keeps_log:
            self.log_lines.append(line)
        if self._on_line is not None:
            self._on_line(line)
