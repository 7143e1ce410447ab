"""A virtual phone for tests and scripts, made from names and texts; and what they need beside it.

This module does not know pytest, nor whose boot server it is.
"""

import itertools
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from phone_sim.default_phone import DEFAULT_MODEL
from phone_sim.errors import UsageError
from phone_sim.firmware.boot_rom_settings import ImageReading
from phone_sim.firmware.lease import DhcpSettings
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import DEFAULT_MAC, MacAddress
from phone_sim.models import Model
from phone_sim.printable import printable
from phone_sim.runtime.driven_phone import DrivenPhone
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.flash_file import Flash
from phone_sim.runtime.identity import make_identity
from phone_sim.runtime.network import Network
from phone_sim.runtime.transport import Transport, network_transport, newest_version
from phone_sim.runtime.virtual_time import VirtualTime

_VENDOR_BLOCK = "0004f2"


class VirtualPhone(DrivenPhone):
    """A phone on virtual time, off at first; a context manager that pulls its plug in the end.

    `url` is the address of its boot server, or several with blanks between; empty for DHCP's or the one in flash.
    `model` is a model, or any name that `load_model` takes. `firmware` is a build such as `3.3.1.0907`, or a release
    such as `3.3.1` (`Model.build`); `identity.firmware_warning` tells of one that the model never had. `trust` is the
    public key that license keys are verified with, or its PEM file; without one it is that of the test pair, with which
    anybody can sign (D5). `always_fetches_license` sets the license rule apart from the firmware's (D8). `boot_rom`,
    `image` and `installed` are those of `make_identity`. `network` is what it speaks to besides its boot server, by
    default nothing; it asks DHCP there when it has `dhcp` settings. What else is not given is made for this phone
    alone: time that was never set, blank flash in memory, a transport over the network, which trusts the authorities in
    the PEM file `ca_file`, or without one certifi's, and speaks TLS up to the newest version that the firmware is known
    to speak. The phone closes its transport and its network, whosever they
    were.

    `time` can be a `SystemTime`, which follows the system's clock: each method and property first does what has fallen
    due. `driver` and `log_lines` are as the last use left them.

    Raises:
        UsageError: an argument that cannot be used; the message names it.
    """

    def __init__(
        self,
        url: str = "",
        *,
        model: Model | str = DEFAULT_MODEL,
        mac: MacAddress | str = DEFAULT_MAC,
        firmware: str | None = None,
        trust: TrustAnchor | Path | str | None = None,
        always_fetches_license: bool | None = None,
        dhcp: DhcpSettings | None = None,
        boot_rom: bool = False,
        image: ImageReading | str = ImageReading.HEADER,
        installed: str = "",
        network: Network | None = None,
        time: VirtualTime | None = None,
        flash: Flash | None = None,
        transport: Transport | None = None,
        ca_file: Path | str | None = None,
    ) -> None:
        if transport is not None and ca_file is not None:
            raise UsageError("ca_file is for a phone that is given no transport: give the transport its authorities")
        identity = make_identity(
            url,
            model=model,
            mac=mac,
            firmware=firmware,
            trust=trust,
            always_fetches_license=always_fetches_license,
            dhcp=dhcp,
            boot_rom=boot_rom,
            image=image,
            installed=installed,
        )
        if transport is None:
            newest = newest_version(None, identity.profile.tls_versions)
            transport = network_transport(ca_file=None if ca_file is None else Path(ca_file), tls_max=newest)
        super().__init__(identity, time=time, flash=flash, transport=transport, network=network)


def request_line(exchange: Exchange) -> str:
    """One request of a phone, the redirects that it followed and its outcome, for people."""
    way = "".join(f" -> {one.status} {printable(one.target)}" for one in exchange.redirects)
    return f"{exchange.method} {exchange.url}{way}: {exchange.outcome}"


def mac_addresses(seed: str) -> Iterator[MacAddress]:
    """MAC addresses of the vendor's block, all different; the same ones for the same seed."""
    given: set[str] = set()
    for count in itertools.count():
        digits = _VENDOR_BLOCK + sha256(f"{seed}/{count}".encode()).hexdigest()[:6]
        if digits not in given:
            given.add(digits)
            yield MacAddress(digits)
