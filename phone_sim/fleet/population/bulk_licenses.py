"""The licenses of a population, made in bulk: by an authority, ordered and redeemed in its ledger, or by the test pair.

Each license of the population file is one order for all its phones; all are redeemed in one transaction. A site license
is the same key for all phones. What an earlier run has ordered in the same terms is used and not ordered again. This
module does not know where activation files are written.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import islice

from phone_sim.authority.ledger import Ledger
from phone_sim.authority.license_authority import LicenseAuthority
from phone_sim.authority.orders import QUANTITY_LIMIT, SITE_SERIAL, Redemption, new_order
from phone_sim.authority.signing_key import test_signing_key
from phone_sim.errors import RedemptionRefusedError
from phone_sim.firmware.profile import CURRENT
from phone_sim.fleet.population.population_file import FleetFile, LicenseShare
from phone_sim.licensing.license_file import write
from phone_sim.licensing.license_key import LicenseKey, LicenseType
from phone_sim.runtime.model_files import load_features

REQUESTER = "phone-sim fleet"
"""The requester of the licenses of a population, in the ledger."""


class BulkLicenses:
    """The licenses of the phones of a file, from the ledger of an authority; without one, from the test pair.

    There are activation files for phones whose licenses are in the ledger, where `order` enters what is missing. A site
    license is known by its terms alone: populations that agree in them share it (our choice).
    """

    def __init__(self, fleet_file: FleetFile, authority: LicenseAuthority | None) -> None:
        self._shares = fleet_file.licenses
        self._population = fleet_file.population
        self._ledger = authority.ledger if authority is not None else None
        self._signing_key = authority.signing_key if authority is not None else test_signing_key()
        self._site_keys: dict[LicenseShare, LicenseKey] = {}

    @cached_property
    def licensed(self) -> Sequence[int]:
        """The numbers of the phones that have any license, in order."""
        every = range(self._population.count)
        return [number for number in every if any(share.is_of(number) for share in self._shares)]

    def unlicensed(self) -> frozenset[int]:
        """The numbers of those of them that lack a license in the ledger; empty without one."""
        if self._ledger is None:
            return frozenset()
        return frozenset(number for share in self._shares for number in self._lacking(share, self._redeemed(share)))

    def order(self, at: datetime) -> tuple[str, ...]:
        """Order and redeem what the ledger lacks, all or nothing; the license numbers of the population.

        Raises:
            AuthorityError: the ledger cannot be written; then nothing is redeemed.
        """
        if self._ledger is None:
            return ()
        with self._ledger.writing():
            numbers = [number for share in self._shares for number in self._order(share, self._ledger, at)]
        return tuple(dict.fromkeys(numbers))

    def files(self, numbers: Sequence[int]) -> list[bytes]:
        """The activation files of these phones, from a ledger with all keys that a phone ever got (B6).

        Many keys are signed on all cores.
        """
        unsigned = [self._phone_keys(number) for number in numbers]
        signed = iter(self._signing_key.sign_all([key for keys in unsigned for key in keys]))
        return [
            write([*self._site_keys_of(number), *(next(signed) for _ in keys)])
            for number, keys in zip(numbers, unsigned, strict=True)
        ]

    def _redeemed(self, share: LicenseShare) -> Mapping[str, str]:
        """What the ledger has of a share: the serials of its phones, or of its site, with their license numbers."""
        if self._ledger is None:
            return {}
        found = self._ledger.redeemed_by(
            REQUESTER, license_type=share.type, bits=sorted(share.bits), expires=share.expiry.last_day
        )
        if share.type is LicenseType.SITE:
            return dict(islice(found.items(), 1))
        serials = [self._serial(number) for number in self.licensed if share.is_of(number)]
        return {serial: found[serial] for serial in serials if serial in found}

    def _lacking(self, share: LicenseShare, redeemed: Mapping[str, str]) -> list[int]:
        """The phones of a share that lack its license."""
        if share.type is LicenseType.SITE and redeemed:
            return []
        return [number for number in self.licensed if share.is_of(number) and self._serial(number) not in redeemed]

    def _order(self, share: LicenseShare, ledger: Ledger, at: datetime) -> Iterator[str]:
        """Order and redeem what a share lacks; the license numbers of the whole share."""
        redeemed = self._redeemed(share)
        lacking = self._lacking(share, redeemed)
        yield from redeemed.values()
        size = len(lacking) if share.type is LicenseType.SITE else QUANTITY_LIMIT
        for start in range(0, len(lacking), size or 1):
            some = lacking[start : start + size]
            order = new_order(
                license_type=share.type,
                software=_software(share.bits),
                version=CURRENT,
                quantity=1 if share.type is LicenseType.SITE else len(some),
                expires=share.expiry.last_day,
                upgrade=False,
                site_serial=None,
                features=load_features(),
                at=at,
            )
            ledger.add(order)
            site = order.site_serial
            for serial in map(self._serial, some) if site is None else [site]:
                redemption = Redemption(number=order.number, serial=serial, redeemed_at=at, requester=REQUESTER)
                refusal = ledger.redeem(redemption, order.license_type)
                if refusal is not None:
                    raise RedemptionRefusedError(order.number, refusal.value)
            yield order.number

    def _phone_keys(self, number: int) -> list[LicenseKey]:
        """The keys of a phone's own licenses, not signed yet."""
        serial = self._serial(number)
        if self._ledger is not None:
            return [order.key(serial) for order in self._ledger.orders_for(serial)]
        return [share.key(serial) for share in self._shares if share.type is LicenseType.PHONE and share.is_of(number)]

    def _site_keys_of(self, number: int) -> Iterable[LicenseKey]:
        shares = [share for share in self._shares if share.type is LicenseType.SITE and share.is_of(number)]
        return dict.fromkeys(map(self._site_key, shares))

    def _site_key(self, share: LicenseShare) -> LicenseKey:
        if share not in self._site_keys:
            [serial] = [SITE_SERIAL] if self._ledger is None else self._redeemed(share)
            self._site_keys[share] = self._signing_key.sign(share.key(serial))
        return self._site_keys[share]

    def _serial(self, number: int) -> str:
        return self._population.phone(number).mac.serial


def _software(bits: Sequence[int]) -> str:
    """The software of an order that grants these bits: a suite, or features by their keys."""
    features = load_features()
    for suite in {feature.suite for feature in features if feature.suite}:
        if {feature.bit for feature in features if feature.suite == suite} == set(bits):
            return suite
    return ",".join(feature.key for feature in features if feature.bit in bits)
