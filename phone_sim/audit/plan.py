"""What is audited, and how."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from phone_sim.findings.subject import Subject, make_subject
from phone_sim.firmware.profile import CURRENT
from phone_sim.licensing.signature import TrustAnchor
from phone_sim.mac_address import MacAddress
from phone_sim.models import Model
from phone_sim.runtime.model_files import load_models
from phone_sim.runtime.transport import Limits, Tls

BOOTS_OF_MODEL = 2
"""A model boots with each license rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPlan:
    """What is audited, and how.

    `other_mac` is a phone whose files are asked for to see whether they are given; `models` are those that boot;
    `anchor` the authority's public key, None for the test pair; `outside` the name of a file beside the root, put there
    on purpose, empty for a name that nobody has. `timeout` is a phone's limit for an answer, `time_limit` that of the
    audit, both in seconds. `models_are_chosen` says that the user named the models; `source_addresses` are those of
    this machine that the boots, and then the audit itself, ask from in turn, the system's choice without any. With
    `boot_rom` phones start with it (D28).
    """

    url: str
    now: datetime
    mac: MacAddress
    other_mac: MacAddress
    models: tuple[Model, ...] = field(default_factory=load_models)
    models_are_chosen: bool = False
    firmware: str = CURRENT
    source_addresses: tuple[str, ...] = ()
    anchor: TrustAnchor | None = None
    ca_file: Path | None = None
    client_cert: Path | None = None
    tls_max: str = "1.3"
    ciphers: str = ""
    timeout: float = 5.0
    time_limit: float = 300.0
    outside: str = ""
    boot_rom: bool = False

    def source_address(self, boot: int) -> str | None:
        """The address that a boot asks from, counted from 0; None for the system's choice."""
        return self.source_addresses[boot % len(self.source_addresses)] if self.source_addresses else None

    @property
    def own_source_address(self) -> str | None:
        """The address that the audit's own requests come from: the one after that of the last boot."""
        return self.source_address(BOOTS_OF_MODEL * len(self.models))

    @property
    def limits(self) -> Limits:
        """The phones' time limits."""
        return Limits(answer=self.timeout, transfer=12 * self.timeout)

    @property
    def tls(self) -> Tls:
        """How TLS is spoken."""
        return Tls(ca_file=self.ca_file, client_cert=self.client_cert)

    @property
    def subject(self) -> Subject:
        """The phones, as files are checked for them."""
        usual = make_subject(self.firmware, on=self.now.date(), anchor=self.anchor)
        return replace(usual, models=self.models, are_chosen=self.models_are_chosen)


def following(mac: MacAddress) -> MacAddress:
    """The MAC after this one; after the last the one before it."""
    number = int(mac.digits, 16)
    return MacAddress(f"{number + 1 if number < 16**12 - 1 else number - 1:012x}")
