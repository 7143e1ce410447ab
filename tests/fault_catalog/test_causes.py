"""The causes: each can be told from the others, and their order and weight are data."""

import pytest

from phone_sim.fault_catalog import causes
from phone_sim.fault_catalog.causes import CAUSES, Cause, Weight
from phone_sim.fault_catalog.explain import explain, likely_causes

SIGNATURE = "0302090000|lic |4|03|cfgCfsXmlKeyValidate: Key signature is not valid"
CONFIG = "0302090000|cfg |4|03|Configuration file site.cfg cannot be used: not XML"
FLASH = "0302090000|lic |4|03|cfgCfsFlashKeyScratchLoad: flash is damaged, it counts as blank: checksum"
OVER = "0302090000|lic |4|03|cfgCfsKeysUpdateLicenseParse: Site license has expired"
RAN_OUT = "0302090000|lic |4|03|License: key for LDAP expiry SUN MAR 01 23:59:59 2026 has expired"
OFF = "0302090000|lic |4|03|License: feature LDAP is not available"


def told(*lines: str) -> tuple[Cause, ...]:
    return likely_causes(explain("\n".join(lines)))


def test_no_two_causes_have_the_same_name() -> None:
    assert len({cause.name for cause in CAUSES}) == len(CAUSES)


def test_order_of_causes_that_a_log_can_show_together_is_decided() -> None:
    ranks = [cause.rank for cause in CAUSES if cause.weight is not Weight.STATE]
    assert len({*ranks, causes.RAN_OUT_IN_USE}) == len(ranks) + 1


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((CONFIG, SIGNATURE, FLASH, OFF), (causes.FLASH, causes.SIGNATURE, causes.CONFIGURATION)),
        ((CONFIG, SIGNATURE, FLASH), (causes.FLASH, causes.CONFIGURATION)),
        ((OVER, SIGNATURE, OFF), (causes.SIGNATURE, causes.OVER)),
        ((RAN_OUT, SIGNATURE, OVER, OFF), (causes.OVER, causes.SIGNATURE)),
        ((RAN_OUT,), (causes.OVER,)),
        ((CONFIG, OFF), (causes.LACKS_FEATURE, causes.CONFIGURATION)),
    ],
)
def test_causes_are_told_by_rank_and_weight(lines: tuple[str, ...], expected: tuple[Cause, ...]) -> None:
    assert told(*lines) == expected
