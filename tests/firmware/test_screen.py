"""What the display shows (B12, B18)."""

from datetime import date

import pytest

from phone_sim.firmware.layout import Layout
from phone_sim.firmware.screen import RECONFIGURING, Frame, licenses_page, message
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.key_ring import KeyRing
from phone_sim.runtime.model_files import load_features
from tests.make import H323, LDAP, UA_CSTA, USB_AUDIO, signed_key, until


def page(grants: dict[int, Expiry], today: date | None) -> tuple[str, ...]:
    ring = KeyRing([signed_key(grants)] if grants else ())
    frame = licenses_page(load_features(), ring, today)
    assert frame.title == "Licenses"
    return frame.lines


def test_message_is_the_bulletins() -> None:
    assert message(RECONFIGURING) == Frame(lines=("Reconfiguring network, please wait.",))


def test_page_without_licenses_says_so() -> None:
    assert page({}, date(2026, 3, 10)) == ("No license installed.",)


def test_page_names_each_license() -> None:
    grants = {H323: NEVER, USB_AUDIO: until("2026-03-10"), LDAP: until("2026-03-09"), UA_CSTA: NEVER}
    assert page(grants, date(2026, 3, 10)) == (
        "USB Call Recording: Valid until 2026-03-10",
        "Corporate Directory: Expired 2026-03-09",
        "Unknown: Does not expire",
        "H.323 Protocol: Does not expire",
    )


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (None, "Valid until 2026-03-10"),
        (date(2026, 3, 10), "Valid until 2026-03-10"),
        (date(2026, 3, 11), "Expired 2026-03-10"),
    ],
)
def test_page_goes_by_the_local_date(today: date | None, state: str) -> None:
    assert page({LDAP: until("2026-03-10")}, today) == (f"Corporate Directory: {state}",)


def test_text_is_found_where_it_wraps_and_not_across_entries() -> None:
    small = Layout(columns=16, rows=4)
    for rows in (small.wrapped(RECONFIGURING), ("Reconfiguring", "network, please", "wait."), (RECONFIGURING,)):
        assert Frame(lines=rows).shows(RECONFIGURING)
        assert Frame(lines=rows).shows("network,  please")
        assert not Frame(lines=rows).shows("network, wait")
        assert not Frame(lines=rows).shows("Reconfiguringnetwork")
    rows = (*small.wrapped("1. Corporate Directory"), *small.wrapped("2. Boot Server: http://boot.example.org/"))
    assert rows == ("1. Corporate", " Directory", "2. Boot Server: ", " http://boot.exa", " mple.org/")
    page = Frame(title="Status", lines=rows)
    for text in ("Status", "Corporate Directory", "Server: http://boot.example.org/", "1. Corp"):
        assert page.shows(text)
    for text in ("Directory 2. Boot", "Status 1.", "CorporateDirectory", "corporate"):
        assert not page.shows(text)
    assert not Frame(title="Licenses", lines=(" continued", "Expired")).shows("continued Expired")
