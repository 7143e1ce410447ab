"""Which requests of the phones of a population fail on purpose, and how: a share of them, drawn from the seed.

Whether a request fails and how depends on the seed, on the phone and on how many requests it made before, and on
nothing else: the same population has the same faults, in whichever order its phones run and whatever the server
answers. This module does not know how a fault is injected.
"""

from dataclasses import dataclass
from hashlib import shake_256

from phone_sim.boot_server.fault_kind import FaultKind, Method
from phone_sim.boot_server.fault_kinds import (
    Corrupt,
    Down,
    Reset,
    Stall,
    Status,
    TftpError,
    Truncate,
)
from phone_sim.boot_server.faults import Fault
from phone_sim.mac_address import MacAddress

KINDS = (Status, TftpError, Down, Reset, Stall, Truncate, Corrupt)
"""The faults that can be injected between a phone and its boot server."""

_BITS = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultShare:
    """The share of the requests that fail, from 0 to 1, and the kinds of faults with their weights."""

    share: float
    kinds: tuple[tuple[FaultKind, float], ...]

    def drawn(self, seed: int, mac: MacAddress, count: int, method: Method) -> Fault | None:
        """The fault of a phone's request, before which it made `count` others; None if the request does not fail.

        The kind is drawn from those that act on the method, so that as many uploads fail as downloads.
        """
        name = f"{seed}/faults/{mac}/{count}"
        drawn = shake_256(name.encode()).digest(2 * _BITS // 8)
        if int.from_bytes(drawn[: _BITS // 8]) >= self.share * 2**_BITS:
            return None
        kinds = [(kind, weight) for kind, weight in self.kinds if method in kind.acts_on and weight > 0]
        place = int.from_bytes(drawn[_BITS // 8 :]) / 2**_BITS * sum(weight for _, weight in kinds)
        for kind, weight in kinds:
            place -= weight
            if place < 0:
                return Fault(kind=kind, rule=str(kind), draw=name)
        return None
