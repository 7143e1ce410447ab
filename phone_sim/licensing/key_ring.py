"""The license keys that a phone holds, all verified: which feature bits they grant, and until when (B16, D10)."""

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType

from phone_sim.licensing.expiry import Expiry
from phone_sim.licensing.license_key import LicenseKey


class KeyRing:
    """Verified license keys: the union of what they grant, the latest expiry of each bit. Never changed.

    A key is kept when it gives a bit its expiry that none before it does, so a ring holds at most one key for each bit,
    and the ring of its keys is the same ring.
    """

    __slots__ = ("grants", "keys")

    def __init__(self, keys: Iterable[LicenseKey] = ()) -> None:
        given = [(key, {grant.bit: grant.expiry for grant in key.grants}) for key in keys]
        best: dict[int, Expiry] = {}
        for _, granted in given:
            for bit, expiry in granted.items():
                best[bit] = max(expiry, best.get(bit, expiry))
        open_bits = set(best)
        kept: list[LicenseKey] = []
        for key, granted in given:
            if settled := {bit for bit in open_bits if granted.get(bit) == best[bit]}:
                kept.append(key)
                open_bits -= settled
        self.keys = tuple(kept)
        self.grants: Mapping[int, Expiry] = MappingProxyType({bit: best[bit] for bit in sorted(best)})

    def with_keys(self, keys: Iterable[LicenseKey]) -> "KeyRing":
        """The ring with these keys as well."""
        return KeyRing((*self.keys, *keys))

    def gains(self, older: "KeyRing", today: date | None) -> int:
        """How many grants the older ring does not have, or not up to this day, that hold on the local date (D23)."""
        return sum(older.grants.get(bit) != expiry and not expiry.is_over(today) for bit, expiry in self.grants.items())
