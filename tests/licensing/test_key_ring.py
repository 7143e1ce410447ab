"""The union of several keys (B16, D10)."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.key_ring import KeyRing
from phone_sim.licensing.license_key import SLOTS, LicenseKey, LicenseType, new_key
from tests.make import LDAP, NWAY_CONFERENCE, USB_AUDIO, until

Grants = dict[int, Expiry]
EXPIRIES = st.builds(Expiry, st.integers(1, 6) | st.just(0xFFFE))
GRANTS = st.lists(st.dictionaries(st.integers(0, 5), EXPIRIES, min_size=1), max_size=8)


def site_key(grants: Grants, number: int = 1) -> LicenseKey:
    return new_key(serial=f"{number:012X}", license_type=LicenseType.SITE, grants=grants)


def ring_of(*grants: Grants) -> KeyRing:
    return KeyRing(site_key(granted, number) for number, granted in enumerate(grants))


def union(grants: list[Grants]) -> dict[int, int]:
    """An independent model of D10: of each bit the slots, as days, with never after them all."""
    slots: dict[int, list[int]] = {}
    for granted in grants:
        for bit, expiry in granted.items():
            slots.setdefault(bit, []).append(expiry.slot)
    return {bit: 0xFFFE if 0xFFFE in days else max(days) for bit, days in slots.items()}


@pytest.mark.slow
@given(GRANTS)
@settings(max_examples=200)
def test_ring_grants_the_union_with_the_latest_expiry(grants: list[Grants]) -> None:
    ring = ring_of(*grants)
    assert {bit: expiry.slot for bit, expiry in ring.grants.items()} == union(grants)
    assert list(ring.grants) == sorted(ring.grants)


@pytest.mark.slow
@given(GRANTS)
def test_keys_that_are_kept_grant_the_same_and_are_few(grants: list[Grants]) -> None:
    ring = ring_of(*grants)
    assert KeyRing(ring.keys).grants == ring.grants
    assert KeyRing(ring.keys).keys == ring.keys
    assert len(ring.keys) <= len(ring.grants)


@pytest.mark.slow
@given(GRANTS, GRANTS)
def test_order_and_grouping_of_keys_do_not_matter(some: list[Grants], more: list[Grants]) -> None:
    together = ring_of(*some, *more).grants
    assert ring_of(*reversed([*some, *more])).grants == together
    assert ring_of(*some).with_keys(ring_of(*more).keys).grants == together


@pytest.mark.slow
@given(GRANTS, GRANTS)
def test_more_keys_take_nothing_away(some: list[Grants], more: list[Grants]) -> None:
    before = ring_of(*some)
    after = before.with_keys(ring_of(*more).keys)
    assert all(after.grants[bit] >= expiry for bit, expiry in before.grants.items())


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ([{LDAP: until("2026-03-10")}, {LDAP: until("2026-03-11")}], {LDAP: until("2026-03-11")}),
        ([{LDAP: NEVER}, {LDAP: until("2186-06-03")}], {LDAP: NEVER}),
        ([{LDAP: until("2026-03-10")}, {USB_AUDIO: NEVER}], {LDAP: until("2026-03-10"), USB_AUDIO: NEVER}),
        ([], {}),
    ],
)
def test_ring_of_a_few(grants: list[Grants], expected: Grants) -> None:
    assert ring_of(*grants).grants == expected


def test_gains_are_new_and_longer_grants_that_hold_today() -> None:
    """What has expired counts as none, at the first boot as at each later one (D23)."""
    today, later = date(2026, 3, 10), date(2026, 3, 11)
    old = ring_of({LDAP: until("2026-03-10"), USB_AUDIO: NEVER})
    assert old.gains(KeyRing(), today) == 2
    assert old.gains(KeyRing(), None) == 2
    assert old.gains(KeyRing(), later) == 1
    assert old.gains(old, today) == 0
    assert old.with_keys([site_key({LDAP: until("2026-03-09")}, 7)]).gains(old, today) == 0
    assert old.with_keys([site_key({LDAP: NEVER, NWAY_CONFERENCE: NEVER}, 7)]).gains(old, today) == 2


@pytest.mark.slow
def test_ring_of_very_many_keys_stays_small() -> None:
    day = until("2026-03-10").last_day
    assert day is not None
    keys = [site_key({number % SLOTS: Expiry.on(day + timedelta(days=number))}, number) for number in range(2000)]
    assert len(KeyRing(keys).keys) == SLOTS
