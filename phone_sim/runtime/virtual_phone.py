"""A virtual phone in one object: a phone with its driver, time, flash, transport and log.

For tests and scripts that want a phone and not its parts. This module does not know pytest, nor whose boot server it
is.
"""

import itertools
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from phone_sim.errors import LifecycleError, UsageError
from phone_sim.firmware.effects import Fetched, Uploaded
from phone_sim.firmware.features import Gate, feature_named
from phone_sim.firmware.keypad import Press, parse_press
from phone_sim.firmware.lease import DhcpSettings
from phone_sim.firmware.lifecycle import State
from phone_sim.firmware.location import BootServerAddress
from phone_sim.firmware.phone import Phone
from phone_sim.firmware.profile import CURRENT, profile_for
from phone_sim.firmware.screen import Frame
from phone_sim.firmware.session import Identity
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import MacAddress
from phone_sim.models import Model
from phone_sim.runtime.driver import PhoneDriver
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.flash_file import Flash, MemoryFlash
from phone_sim.runtime.log_sink import LogSink
from phone_sim.runtime.model_files import load_features, load_model
from phone_sim.runtime.network import Network
from phone_sim.runtime.transport import Transport, network_transport
from phone_sim.runtime.trust_file import load_anchor
from phone_sim.runtime.virtual_time import VirtualTime

_VENDOR_BLOCK = "0004f2"


class VirtualPhone:
    """A phone on virtual time, off at first; a context manager that pulls its plug in the end.

    `url` is the address of its boot server, or several with blanks between; empty for DHCP's or the one in flash.
    `model` is a model, or any name that `load_model` takes. `trust` is the public key that license keys are verified
    with, or its PEM file; without one it is that of the test pair, with which anybody can sign (D5).
    `always_fetches_license` sets the license rule apart from the firmware's (D8). `network` is what it speaks to
    besides its boot server, by default nothing; it asks DHCP there when it has `dhcp` settings. What else is not given
    is made for this phone alone: time that was never set, blank flash in memory, a transport over the network, which
    trusts the authorities in the PEM file `ca_file`, or without one certifi's. The phone closes its transport and its
    network, whosever they were.

    `time` can be a `SystemTime`, which follows the system's clock: each method and property first does what has fallen
    due. `driver` and `lines`, of the log, are as the last use left them.

    Raises:
        UsageError: an argument that cannot be used; the message names it.
    """

    def __init__(
        self,
        url: str = "",
        *,
        model: Model | str = "SPIP_670",
        mac: MacAddress | str = "0004f2000001",
        firmware: str = CURRENT,
        trust: TrustAnchor | Path | str | None = None,
        always_fetches_license: bool | None = None,
        dhcp: DhcpSettings | None = None,
        network: Network | None = None,
        time: VirtualTime | None = None,
        flash: Flash | None = None,
        transport: Transport | None = None,
        ca_file: Path | str | None = None,
    ) -> None:
        if url:
            BootServerAddress.parse_all(url)
        if transport is not None and ca_file is not None:
            raise UsageError("ca_file is for a phone that is given no transport: give the transport its authorities")
        identity = Identity(
            model=model if isinstance(model, Model) else load_model(model),
            features=load_features(),
            mac=mac if isinstance(mac, MacAddress) else MacAddress.parse(mac),
            profile=profile_for(firmware, always_fetches_license=always_fetches_license),
            anchor=trust if isinstance(trust, TrustAnchor) else load_anchor(None if trust is None else Path(trust)),
            boot_server=url,
            dhcp=dhcp,
        )
        self.time = VirtualTime() if time is None else time
        self.flash = MemoryFlash() if flash is None else flash
        trusted = None if ca_file is None else Path(ca_file)
        self.transport = network_transport(ca_file=trusted) if transport is None else transport
        self.network = Network() if network is None else network
        self.lines: list[str] = []
        self.driver = PhoneDriver(
            Phone(identity),
            clock=self.time.clock,
            scheduler=self.time.scheduler,
            transport=self.transport,
            flash=self.flash,
            log=LogSink(self.lines.append),
            network=self.network,
        )
        self.time.when_set(self.driver.clock_set)

    @property
    def identity(self) -> Identity:
        """Model, MAC, firmware and the rest that makes it this phone."""
        return self.driver.phone.identity

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
    def log(self) -> str:
        """All that it has logged since it was made, a line each."""
        self.time.catch_up()
        return "\n".join(self.lines)

    @property
    def requests(self) -> tuple[Exchange, ...]:
        """What it has asked of servers and what came of it, the last thousand.

        An `Exchange` has `method`, `url`, `path`, `status`, `headers`, `redirects`, `body`, `seconds` and the `reply`.
        """
        return self._present.exchanges

    @property
    def reboots(self) -> tuple[str, ...]:
        """The reason of each reboot so far."""
        return tuple(self._present.reboots)

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
        if self.driver.phone.state is not State.OFF:
            self.driver.cut_power()
        self.transport.close()
        self.network.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def request_line(exchange: Exchange) -> str:
    """One request of a phone and its outcome, for people."""
    reply = exchange.reply
    if isinstance(reply, Fetched):
        outcome = f"{len(reply.data)} bytes"
    else:
        outcome = "taken" if isinstance(reply, Uploaded) else reply.reason
    return f"{exchange.method} {exchange.url}: {outcome}"


def mac_addresses(seed: str) -> Iterator[MacAddress]:
    """MAC addresses of the vendor's block, all different; the same ones for the same seed."""
    given: set[str] = set()
    for count in itertools.count():
        digits = _VENDOR_BLOCK + sha256(f"{seed}/{count}".encode()).hexdigest()[:6]
        if digits not in given:
            given.add(digits)
            yield MacAddress(digits)
