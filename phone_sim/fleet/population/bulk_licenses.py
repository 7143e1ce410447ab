"""The licenses of a population, made in bulk: by an authority, ordered and redeemed in its ledger, or by the test pair.

Each license of the population file is one order for all its phones; all are redeemed in one transaction. A site license
is the same key for all phones. This module does not know where activation files are written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from phone_sim.authority.license_authority import LicenseAuthority
from phone_sim.authority.orders import QUANTITY_LIMIT, SITE_SERIAL, Order, Redemption, new_order
from phone_sim.authority.signing_key import test_signing_key
from phone_sim.errors import RedemptionRefusedError
from phone_sim.firmware.profile import CURRENT
from phone_sim.fleet.population.population_file import FleetFile, LicenseShare
from phone_sim.licensing.license_file import write
from phone_sim.licensing.license_key import LicenseKey, LicenseType
from phone_sim.runtime.model_files import load_features

REQUESTER = "phone-sim fleet"
"""The requester of the licenses of a population, in the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ordered:
    """An order, and the numbers of its phones."""

    order: Order
    numbers: frozenset[int]


class BulkLicenses:
    """The licenses of the phones of a file, ordered and redeemed with an authority; without one, from the test pair.

    `licensed` are the numbers of the phones that have any license, `orders` the license numbers in the ledger.

    Raises:
        AuthorityError: the ledger cannot be written; then nothing is redeemed.
    """

    def __init__(self, fleet_file: FleetFile, authority: LicenseAuthority | None, *, at: datetime) -> None:
        self._population = fleet_file.population
        self._ledger = authority.ledger if authority is not None else None
        self._signing_key = authority.signing_key if authority is not None else test_signing_key()
        self._ordered = [each for share in fleet_file.licenses for each in self._order(share, at)]
        self.licensed = sorted(frozenset().union(*(each.numbers for each in self._ordered)))
        self.orders = tuple(each.order.number for each in self._ordered) if authority is not None else ()
        self._redeem(at)
        sites = [each.order for each in self._ordered if each.order.site_serial is not None]
        signed = self._signing_key.sign_all([order.key(order.site_serial or "") for order in sites])
        self._site_keys: Mapping[str, LicenseKey] = {
            order.number: key for order, key in zip(sites, signed, strict=True)
        }

    def files(self, numbers: Sequence[int]) -> list[bytes]:
        """The activation files of these phones, from a ledger with all keys that a phone ever got (B6).

        Many keys are signed on all cores.
        """
        wanted = [(number, self._serial(number)) for number in numbers]
        unsigned = [[order.key(serial) for order in self._phone_orders(number, serial)] for number, serial in wanted]
        signed = iter(self._signing_key.sign_all([key for keys in unsigned for key in keys]))
        return [
            write([*self._keys_of_sites(number), *(next(signed) for _ in keys)])
            for (number, _), keys in zip(wanted, unsigned, strict=True)
        ]

    def _order(self, share: LicenseShare, at: datetime) -> Iterable[_Ordered]:
        numbers = [number for number in range(self._population.count) if share.is_of(number)]
        is_site = share.type is LicenseType.SITE
        size = len(numbers) if is_site else QUANTITY_LIMIT
        for start in range(0, len(numbers), size or 1):
            some = numbers[start : start + size]
            order = new_order(
                license_type=share.type,
                software=_software(share.bits),
                version=CURRENT,
                quantity=1 if is_site else len(some),
                expires=share.expiry.last_day,
                upgrade=False,
                site_serial=SITE_SERIAL if is_site and self._ledger is None else None,
                features=load_features(),
                at=at,
            )
            yield _Ordered(order=order, numbers=frozenset(some))

    def _redeem(self, at: datetime) -> None:
        if self._ledger is None:
            return
        with self._ledger.writing():
            for each in self._ordered:
                order = each.order
                self._ledger.add(order)
                site = order.site_serial
                for serial in [site] if site is not None else map(self._serial, sorted(each.numbers)):
                    redemption = Redemption(number=order.number, serial=serial, redeemed_at=at, requester=REQUESTER)
                    refusal = self._ledger.redeem(redemption, order.license_type)
                    if refusal is not None:
                        raise RedemptionRefusedError(order.number, refusal.value)

    def _phone_orders(self, number: int, serial: str) -> Iterable[Order]:
        if self._ledger is not None:
            return self._ledger.orders_for(serial)
        ordered = (each.order for each in self._ordered if number in each.numbers)
        return [order for order in ordered if order.license_type is LicenseType.PHONE]

    def _keys_of_sites(self, number: int) -> list[LicenseKey]:
        ordered = (each.order for each in self._ordered if number in each.numbers)
        return [self._site_keys[order.number] for order in ordered if order.number in self._site_keys]

    def _serial(self, number: int) -> str:
        return self._population.phone(number).mac.serial


def _software(bits: Sequence[int]) -> str:
    """The software of an order that grants these bits: a suite, or features by their keys."""
    features = load_features()
    for suite in {feature.suite for feature in features if feature.suite}:
        if {feature.bit for feature in features if feature.suite == suite} == set(bits):
            return suite
    return ",".join(feature.key for feature in features if feature.bit in bits)
