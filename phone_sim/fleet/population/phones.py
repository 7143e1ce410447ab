"""A population: its phones, when each is switched on and rebooted, and which requests fail on purpose.

A phone is computed from its number when it is asked for, the same phone each time, so that a large population takes
little more than a byte a phone. This module does not know in which file a population is, nor what a boot server is.
"""

import itertools
import math
import random
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from functools import cached_property
from hashlib import shake_256
from ipaddress import IPv4Network

from phone_sim.default_phone import DEFAULT_MODEL
from phone_sim.errors import UsageError
from phone_sim.firmware.profile import CURRENT
from phone_sim.fleet.population.fault_share import FaultShare
from phone_sim.mac_address import DEFAULT_MAC, MacAddress

PHONE_LIMIT = 1_000_000
"""Maximum number of phones of a population (our choice)."""
_LAST_MAC = 0xFFFFFFFFFFFF


class Pattern(Enum):
    """When the phones of a population are switched on and rebooted."""

    STORM = "storm"
    """All are switched on at once, as when the power comes back."""
    RAMP = "ramp"
    """They are switched on one after another, evenly over a time."""
    ROLLING = "rolling"
    """They are switched on, and then rebooted group after group."""
    DAY = "day"
    """They are on from the start, for a day: the daily check and what follows from it."""


_ONE_BY_ONE = (Pattern.RAMP, Pattern.ROLLING)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPhone:
    """A phone of a population; `model` and `firmware` are names.

    `source_address` is the address of this machine from which it connects, None for the system's choice. `switched_on`
    and `rebooted`, infinity for never, are in seconds from the start. `clock_ahead` is the number of seconds by which
    its clock is ahead of the right time; negative for behind.
    """

    mac: MacAddress
    model: str
    firmware: str
    source_address: str | None
    switched_on: float
    rebooted: float = math.inf
    clock_ahead: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Population:
    """Phones by number, from 0.

    `models` and `firmwares` are names with weights; each share of the phones is met exactly, and `seed` decides which
    phones are in it. MAC addresses are those of `macs`, or else count up from `first_mac`. Phones connect from the
    addresses of `source_networks` in turn.

    A ramp takes `seconds`. Rolling reboots follow a ramp: a `group` of phones reboots `every` seconds, the first group
    `every` seconds after the last phone was switched on. The clock shows `now` at the start, None for the system's
    time, and runs `speed` times as fast as real time; each phone's own clock is up to `jitter` seconds ahead or behind,
    by the seed. `faults` says which requests fail. With `boot_rom` phones start with their boot ROM (D28).

    Raises:
        UsageError: a number is not possible.
    """

    count: int
    seed: int = 0
    models: Mapping[str, float] = field(default_factory=lambda: {DEFAULT_MODEL: 1.0})
    firmwares: Mapping[str, float] = field(default_factory=lambda: {CURRENT: 1.0})
    first_mac: MacAddress = DEFAULT_MAC
    macs: Sequence[MacAddress] = ()
    source_networks: Sequence[IPv4Network] = ()
    pattern: Pattern = Pattern.STORM
    seconds: float = 0.0
    group: int = 0
    every: float = 0.0
    now: datetime | None = None
    speed: float = 1.0
    jitter: float = 0.0
    faults: FaultShare | None = None
    always_fetches_license: bool | None = None
    boot_rom: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.count <= PHONE_LIMIT:
            raise UsageError(f"a population has 1 to {PHONE_LIMIT} phones, not {self.count}")
        if self.macs and len(self.macs) < self.count:
            raise UsageError(f"{len(self.macs)} MAC addresses are too few for {self.count} phones")
        if int(self.first_mac.digits, 16) + self.count - 1 > _LAST_MAC:
            raise UsageError(f"from {self.first_mac} on there are not {self.count} MAC addresses")
        for shares in (self.models, self.firmwares):
            if not shares or min(shares.values()) < 0 or sum(shares.values()) <= 0:
                raise UsageError(f"the shares {dict(shares)} are not positive numbers")
            if len(shares) > 256:
                raise UsageError(f"{len(shares)} kinds are too many, 256 can be")
        if self.pattern is Pattern.ROLLING and (self.group < 1 or self.every <= 0):
            raise UsageError("rolling reboots need a group of at least one phone, and a time from one to the next")

    def of(self, count: int) -> "Population":
        """The same population with `count` phones. Raises UsageError as for a new one."""
        return replace(self, count=count)

    def has(self, mac: MacAddress) -> bool:
        """True for the address of one of the phones."""
        return self.number_of(mac) is not None

    def number_of(self, mac: MacAddress) -> int | None:
        """The number of the phone with this address, None if there is none."""
        if self.macs:
            return next((number for number, own in enumerate(self.macs[: self.count]) if own == mac), None)
        number = int(mac.digits, 16) - int(self.first_mac.digits, 16)
        return number if 0 <= number < self.count else None

    def phone(self, number: int) -> PlannedPhone:
        """The phone of this number. Raises IndexError if there is none."""
        if not 0 <= number < self.count:
            raise IndexError(f"there is no phone {number} among {self.count}")
        return PlannedPhone(
            mac=self.macs[number] if self.macs else MacAddress(f"{int(self.first_mac.digits, 16) + number:012x}"),
            model=tuple(self.models)[self._model_of[number]],
            firmware=tuple(self.firmwares)[self._firmware_of[number]],
            source_address=self._source_address(number),
            switched_on=self.seconds * number / self.count if self.pattern in _ONE_BY_ONE else 0.0,
            rebooted=self._rebooted(number) if self.pattern is Pattern.ROLLING else math.inf,
            clock_ahead=self._clock_ahead(number) if self.jitter else 0.0,
        )

    def _rebooted(self, number: int) -> float:
        return self.seconds + self.every * (1 + number // self.group)

    def _clock_ahead(self, number: int) -> float:
        drawn = shake_256(f"{self.seed}/clock/{number}".encode()).digest(6)
        return self.jitter * (int.from_bytes(drawn) / 2**47 - 1)

    @cached_property
    def _model_of(self) -> bytes:
        return _dealt(self.models, self.count, f"{self.seed}/models")

    @cached_property
    def _firmware_of(self) -> bytes:
        return _dealt(self.firmwares, self.count, f"{self.seed}/firmwares")

    @cached_property
    def _network_ends(self) -> list[int]:
        """How many addresses there are in the source networks up to the end of each."""
        return list(itertools.accumulate(map(_size, self.source_networks)))

    def _source_address(self, number: int) -> str | None:
        if not self.source_networks:
            return None
        ends = self._network_ends
        place = number % ends[-1]
        index = bisect_right(ends, place)
        network = self.source_networks[index]
        own = 1 if network.num_addresses > 2 else 0
        return str(network.network_address + place - ends[index] + _size(network) + own)


def _size(network: IPv4Network) -> int:
    """The number of usable addresses of a network, without its own and its broadcast address."""
    return max(network.num_addresses - 2, 0) or network.num_addresses


def _dealt(shares: Mapping[str, float], count: int, seed: str) -> bytes:
    """The index in `shares` of each phone: every share is met to within one phone, the order is drawn."""
    if len(shares) == 1:
        return bytes(count)  # a million of them need not be drawn
    whole = sum(shares.values())
    ends = [round(count * total / whole) for total in itertools.accumulate(shares.values())]
    sizes = [end - start for start, end in itertools.pairwise([0, *ends])]
    places = list(b"".join(bytes([place]) * size for place, size in enumerate(sizes)))
    random.Random(seed).shuffle(places)  # noqa: S311 - the same for the same seed, no secret  # nosec B311
    return bytes(places)
