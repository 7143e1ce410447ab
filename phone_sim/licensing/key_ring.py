"""The license keys that a phone holds, all verified: which feature bits they grant, and until when (B16, D10)."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from phone_sim.licensing.expiry import Expiry
from phone_sim.licensing.license_key import LicenseKey


class KeyRing:
    """Verified license keys: the union of what they grant, the latest expiry of each bit. Never changed.

    Keys that add nothing to the union are dropped, so a ring holds at most one key for each bit.
    """

    __slots__ = ("grants", "keys")

    def __init__(self, keys: Iterable[LicenseKey] = ()) -> None:
        best: dict[int, tuple[Expiry, LicenseKey]] = {}
        for key in keys:
            for grant in key.grants:
                if grant.bit not in best or best[grant.bit][0] < grant.expiry:
                    best[grant.bit] = (grant.expiry, key)
        self.keys: tuple[LicenseKey, ...] = tuple(dict.fromkeys(key for _, key in best.values()))
        self.grants: Mapping[int, Expiry] = MappingProxyType({bit: best[bit][0] for bit in sorted(best)})

    def with_keys(self, keys: Iterable[LicenseKey]) -> "KeyRing":
        """The ring with these keys as well."""
        return KeyRing((*self.keys, *keys))

    def changes_from(self, older: "KeyRing") -> int:
        """How many bits are granted now that were not, or end on another day."""
        return sum(older.grants.get(bit) != expiry for bit, expiry in self.grants.items())
