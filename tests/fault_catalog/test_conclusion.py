"""From facts to a conclusion: order and weight of causes, and what a phone itself adds."""

from datetime import date

import pytest

from phone_sim.fault_catalog import causes
from phone_sim.fault_catalog.cause import Cause
from phone_sim.fault_catalog.conclusion import Conclusion, KnownPhone, conclude
from phone_sim.fault_catalog.facts import (
    Condition,
    Fact,
    FeatureExpired,
    FeatureOff,
    FileRole,
    FileTrouble,
    KeyRead,
    LicenseRefused,
    NoConfiguration,
    Objection,
    Seen,
    Trouble,
)
from phone_sim.licensing.license_key import LicenseType

OFF = FeatureOff(feature="LDAP")
SIGNATURE = LicenseRefused(objection=Objection.SIGNATURE)
CONFIG = FileTrouble(file="site.cfg", role=FileRole.CONFIGURATION, trouble=Trouble.UNREADABLE)
EXPIRED = LicenseRefused(objection=Objection.EXPIRED)
RAN_OUT = FeatureExpired(feature="LDAP")
NO_FILE = FileTrouble(file="0004f2000001-license.cfg", role=FileRole.OWN_LICENSE, trouble=Trouble.MISSING)
FORBIDDEN = FileTrouble(file="000000000000-license.cfg", role=FileRole.SITE_LICENSE, trouble=Trouble.FORBIDDEN)
NO_MASTER = FileTrouble(file="0004f2000001.cfg", role=FileRole.MASTER, trouble=Trouble.MISSING)
BAD_MASTER = FileTrouble(file="000000000000.cfg", role=FileRole.MASTER, trouble=Trouble.UNREADABLE)
ENDED = LicenseRefused(
    objection=Objection.EXPIRED,
    type=LicenseType.SITE,
    file="000000000000-license.cfg",
    serial="818200000001",
    last_day=date(2026, 12, 1),
)


def concluded(*facts: Fact, phone: KnownPhone | None = None) -> Conclusion:
    return conclude([Seen(fact, f"line {number}") for number, fact in enumerate(facts)], phone)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((CONFIG, SIGNATURE, Condition.FLASH_LOST, OFF), (causes.FLASH, causes.SIGNATURE, causes.CONFIGURATION)),
        ((CONFIG, EXPIRED, Condition.FLASH_LOST), (causes.FLASH, causes.CONFIGURATION)),
        ((EXPIRED, SIGNATURE, OFF), (causes.SIGNATURE, causes.EXPIRED)),
        ((RAN_OUT, SIGNATURE, EXPIRED, OFF), (causes.EXPIRED, causes.SIGNATURE)),
        ((RAN_OUT,), (causes.EXPIRED,)),
        ((Condition.TIME_NOT_FOLLOWED, EXPIRED, OFF), (causes.TIME_SERVER, causes.EXPIRED)),
        ((CONFIG, OFF), (causes.REASON_NOT_SHOWN, causes.CONFIGURATION)),
        ((KeyRead(feature="UsbAudio"), OFF), (causes.LACKS_FEATURE,)),
        ((NO_FILE, OFF), (causes.NO_FILE,)),
        ((NO_FILE, FORBIDDEN, OFF), (causes.PERMISSIONS,)),
        ((NO_FILE, KeyRead(feature="UsbAudio"), OFF), (causes.LACKS_FEATURE,)),
        ((FORBIDDEN, KeyRead(feature="LDAP")), (causes.PERMISSIONS,)),
        ((NO_MASTER, Condition.BLANK_FLASH), (causes.NOT_CONFIGURED,)),
        ((NO_MASTER, NoConfiguration(keeps_last=True), SIGNATURE, OFF), (causes.NO_MASTER, causes.SIGNATURE)),
        ((BAD_MASTER, NoConfiguration(keeps_last=False)), (causes.CONFIGURATION,)),
        ((NoConfiguration(keeps_last=False), CONFIG), (causes.NO_CONFIGURATION, causes.CONFIGURATION)),
    ],
)
def test_causes_are_told_by_standing_and_rank(facts: tuple[Fact, ...], expected: tuple[Cause, ...]) -> None:
    assert concluded(*facts).causes == expected


def test_each_cause_has_the_lines_that_show_it_once() -> None:
    conclusion = concluded(SIGNATURE, OFF, SIGNATURE)
    assert [(one.cause, one.lines) for one in conclusion.found] == [(causes.SIGNATURE, ("line 0", "line 2"))]
    same = conclude([Seen(SIGNATURE, "line"), Seen(SIGNATURE, "line"), Seen(OFF, "off")])
    assert same.found[0].lines == ("line",)


def test_phone_gives_the_reason_that_the_log_does_not_show() -> None:
    conclusion = concluded(OFF, phone=KnownPhone(facts=(ENDED, NO_FILE)))
    (found,) = conclusion.found
    assert found.cause is causes.EXPIRED
    assert found.lines == ("line 0",)
    assert found.details == ("The site license 818200000001 in 000000000000-license.cfg ended on 2026-12-01.",)
    assert found.details[0] in conclusion.text


def test_log_is_not_contradicted_by_a_phone_that_boots_now() -> None:
    conclusion = concluded(SIGNATURE, OFF, phone=KnownPhone(facts=(ENDED,), licensed=("LDAP",)))
    assert conclusion.causes == (causes.SIGNATURE,)
    assert conclusion.state == (
        "Off for lack of a license: LDAP. A phone that boots now has a license for LDAP: reboot this one (B15)."
    )
    nothing = concluded(OFF, phone=KnownPhone(facts=(NoConfiguration(keeps_last=False),)))
    assert nothing.causes == (causes.REASON_NOT_SHOWN,)
    assert "gets no whole configuration" in nothing.state


def test_phone_that_wrote_the_log_adds_what_its_log_leaves_out() -> None:
    phone = KnownPhone(facts=(ENDED, OFF), wrote_log=True)
    conclusion = concluded(phone=phone)
    assert conclusion.state == "Off for lack of a license: LDAP."
    assert conclusion.causes == (causes.EXPIRED,)
    assert conclusion.found[0].lines == ()
