"""The phones of one test: made one by one, unplugged together, and their story for the report of a failure."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from phone_sim.errors import UsageError
from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.findings.virtual_phone import VirtualPhone
from phone_sim.firmware.lease import DhcpSettings
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import MacAddress
from phone_sim.models import Model
from phone_sim.runtime.flash_file import Flash
from phone_sim.runtime.network import Network
from phone_sim.runtime.transport import Transport
from phone_sim.runtime.virtual_phone import mac_addresses, request_line
from phone_sim.runtime.virtual_time import VirtualTime

_SHOWN = 40


class PhoneUnderTest(VirtualPhone):
    """A phone of a test: a boot that is not `configured` fails the test, as it fails `phone-sim boot`."""

    def boot(self, *, expect: BootExpectation | str | None = BootExpectation.CONFIGURED) -> None:
        """Boot as `VirtualPhone` does; with `expect=None` any boot will do."""
        super().boot(expect=expect)


class PhoneFactory:
    """Makes phones on one clock; `phones` is all of them. A context manager that unplugs them in the end.

    `url`, `model` and `firmware` are those of a phone that is given no others; `seed` decides the MAC addresses.
    """

    def __init__(self, *, url: str, model: Model | str, firmware: str, time: VirtualTime, seed: str) -> None:
        if not isinstance(firmware, str):
            raise UsageError(f"the fixture firmware gives {firmware!r:.80}: expected a version such as '3.3.1'")
        self.phones: list[PhoneUnderTest] = []
        self._url = url
        self._model = model
        self._firmware = firmware
        self._time = time
        self._macs = mac_addresses(seed)
        self._plugs = ExitStack()

    def __call__(
        self,
        *,
        model: Model | str | None = None,
        url: str | None = None,
        mac: MacAddress | str | None = None,
        firmware: str | None = None,
        trust: TrustAnchor | Path | str | None = None,
        always_fetches_license: bool | None = None,
        dhcp: DhcpSettings | None = None,
        network: Network | None = None,
        flash: Flash | None = None,
        transport: Transport | None = None,
        ca_file: Path | str | None = None,
    ) -> PhoneUnderTest:
        """A phone that is off; the arguments are those of `VirtualPhone`, which raises UsageError."""
        phone = PhoneUnderTest(
            self._url if url is None else url,
            model=self._model if model is None else model,
            mac=next(self._macs) if mac is None else mac,
            firmware=self._firmware if firmware is None else firmware,
            trust=trust,
            always_fetches_license=always_fetches_license,
            dhcp=dhcp,
            network=network,
            time=self._time,
            flash=flash,
            transport=transport,
            ca_file=ca_file,
        )
        self.phones.append(self._plugs.enter_context(phone))
        return phone

    def __repr__(self) -> str:
        return f"<PhoneFactory of {self.phones}>"

    def story(self) -> str:
        """Which features each phone has and why, what it asked, with the outcomes, and what it logged last."""
        return "\n\n".join(_story(phone) for phone in self.phones)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._plugs.close()


def _story(phone: VirtualPhone) -> str:
    identity = phone.identity
    # As the test left it: time that follows the system's clock is not caught up.
    driver = phone.driver
    head = f"{identity.model.token} {phone.mac}, firmware {identity.profile.version}, is {driver.phone.state.value}"
    parts = [f"{head}."]
    if (service := driver.phone.service) is not None:
        states = ((gate, "on" if gate.is_enabled else "off") for gate in service.gates)
        parts += ["Its features:", *(f"  {gate.feature.name}: {on}, {service.reason(gate)}" for gate, on in states)]
    requests = _end([request_line(exchange) for exchange in driver.exchanges])
    return "\n".join([*parts, "It asked:", *requests, "Its log:", *_end(phone.log_lines)])


def _end(lines: list[str]) -> list[str]:
    """The last lines, set off; what was left out is counted."""
    left_out = [f"  ... {len(lines) - _SHOWN} more before"] if len(lines) > _SHOWN else []
    return left_out + [f"  {line}" for line in lines[-_SHOWN:]] if lines else ["  nothing"]
