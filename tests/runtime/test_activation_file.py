"""Activation files read and checked without a boot server: every reason comes as data."""

from datetime import date
from pathlib import Path

import pytest

from phone_sim.authority.license_authority import LicenseAuthority
from phone_sim.errors import LicenseFileError, UsageError
from phone_sim.firmware.features import BuiltIn, Enabled, NotLicensed
from phone_sim.licensing.key_check import FailedCheck
from phone_sim.licensing.license_key import LicenseKey, LicenseType, Malformed
from phone_sim.mac_address import MacAddress
from phone_sim.models import Model
from phone_sim.runtime.activation_file import check_activation_file, read_activation_file
from phone_sim.runtime.model_files import load_model
from tests.make import LDAP

FIXTURES = Path(__file__).parents[2] / "fixtures/licenses"
MAC = MacAddress("0004f2000001")
DAY = date(2026, 3, 2)


def test_file_is_given_by_path_or_as_bytes() -> None:
    path = FIXTURES / "site.cfg"
    keys = read_activation_file(path)
    assert keys == read_activation_file(str(path)) == read_activation_file(path.read_bytes())
    (key,) = keys
    assert isinstance(key, LicenseKey)
    assert key.type is LicenseType.SITE
    assert LDAP in [grant.bit for grant in key.grants]


def test_malformed_key_is_read_with_what_is_wrong() -> None:
    (key,) = read_activation_file(FIXTURES / "bad/serial-in-lower-case.cfg")
    assert isinstance(key, Malformed)
    assert key.attribute == "Serial"


@pytest.mark.parametrize(
    ("name", "failed", "evidence"),
    [
        ("for-another-phone", FailedCheck.SERIAL, "0004F2000002"),
        ("serial-in-lower-case", FailedCheck.FORM, "Serial='0004f2000001'"),
        ("one-bit-altered", FailedCheck.SIGNATURE, "SHA-256"),
        ("site-expired", FailedCheck.EXPIRY, "2026-03-01"),
    ],
)
def test_first_failing_check_is_named_with_its_evidence(name: str, failed: FailedCheck, evidence: str) -> None:
    checked = check_activation_file(FIXTURES / f"bad/{name}.cfg", mac=MAC, on=DAY)
    (key,) = checked.keys
    assert not checked.is_valid
    assert not key.is_valid
    assert key.failed is failed
    assert evidence in key.evidence
    assert (key.key is None) == (failed in (FailedCheck.SERIAL, FailedCheck.FORM))


@pytest.mark.slow
def test_valid_key_fails_nothing() -> None:
    authority = LicenseAuthority()
    checked = check_activation_file(authority.license(MAC, "LDAP"), mac=str(MAC), trust=authority.anchor)
    (key,) = checked.keys
    assert checked.is_valid
    assert (key.failed, key.evidence, key.reason) == (None, "", f"valid (Phone {MAC.serial})")


@pytest.mark.parametrize(
    ("model", "kind"), [("SPIP_670", Enabled), (load_model("SPIP_670"), Enabled), ("VVX_1500", BuiltIn)]
)
def test_features_are_those_of_the_model(model: Model | str, kind: type[Enabled | BuiltIn]) -> None:
    authority = LicenseAuthority()
    file = authority.license(MAC, "LDAP")
    gates = check_activation_file(file, mac=MAC, model=model, trust=authority.anchor).features
    assert isinstance(next(gate for gate in gates if gate.feature.key == "LDAP"), kind)


def test_license_holds_on_its_last_day_and_not_after(tmp_path: Path) -> None:
    authority = LicenseAuthority()
    file = authority.site_license(DAY, "LDAP")
    (anchor := tmp_path / "anchor.pem").write_bytes(authority.anchor.pem())
    assert check_activation_file(file, mac=MAC, trust=anchor, on=DAY).is_valid
    after = check_activation_file(file, mac=MAC, trust=str(anchor), on=date(2026, 3, 3))
    assert not after.is_valid
    (gate,) = (one for one in after.features if one.feature.key == "LDAP")
    assert isinstance(gate, NotLicensed)
    assert gate.reason == "license expired, last day 2026-03-02"


def test_what_is_not_an_activation_file_is_refused_by_name(tmp_path: Path) -> None:
    (page := tmp_path / "page.cfg").write_text("<licences/>")
    with pytest.raises(LicenseFileError, match=r"page\.cfg: the root element is licences"):
        read_activation_file(page)
    with pytest.raises(LicenseFileError, match="the root element is licences"):
        read_activation_file(b"<licences/>")
    for absent in (tmp_path, tmp_path / "absent.cfg"):
        with pytest.raises(UsageError, match="is not a regular file"):
            check_activation_file(absent, mac=MAC)
