"""Findings about activation files: what is in them besides keys, under which name, and hostile ones."""

import pytest

from phone_sim.findings.bounds import FINDING_LIMIT
from phone_sim.licensing.license_file import SIZE_LIMIT, write
from tests.findings.test_license_keys import codes, found
from tests.make import PHONE_FILE, SITE_FILE, copies, signed_key

KEY = write([signed_key()])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "license-not-an-activation-file"),
        (KEY[:-5], "license-not-an-activation-file"),
        (b"<license/>", "license-not-an-activation-file"),
        (b"<licenses/>" + b" " * SIZE_LIMIT, "license-not-an-activation-file"),
        (b"<!DOCTYPE html><html><body>Not Found<br></body></html>", "web-page-as-file"),
        (b"<html><body>Not Found</body></html>", "web-page-as-file"),
        (b"<licenses/>", "license-no-keys"),
        (b"<licenses> <!-- none --> </licenses>", "license-no-keys"),
    ],
)
def test_file_without_a_key_says_why(data: bytes, code: str) -> None:
    (finding,) = found(data)
    assert finding.rule.code == code
    assert finding.place.file == PHONE_FILE


@pytest.mark.parametrize("name", [PHONE_FILE, f"licenses/{PHONE_FILE}", SITE_FILE, "order-17.cfg", "-license.txt"])
def test_name_that_phones_ask_for_or_that_claims_nothing_is_no_finding(name: str) -> None:
    assert "name-not-asked-for" not in codes(found(KEY, name))


def test_name_in_upper_case_is_reported_as_for_other_files() -> None:
    assert codes(found(KEY, PHONE_FILE.upper())) == ["mac-in-upper-case"]


@pytest.mark.parametrize("name", ["4f2aabbcc-license.cfg", "00-04-f2-aa-bb-cc-license.cfg"])
def test_name_that_no_phone_asks_for_is_reported(name: str) -> None:
    assert codes(found(KEY, f"licenses/{name}")) == ["name-not-asked-for"]


def test_copies_and_what_is_no_key_are_reported_with_their_lines() -> None:
    body = KEY.replace(b" Version=", b" Note='a' Version=").replace(b"/></licenses>", b"><a/></licenseKey></licenses>")
    assert codes(found(body)) == ["unknown-element", "unknown-attribute"]
    element = KEY[KEY.index(b"<licenseKey") : KEY.index(b"</licenses")]
    data = b"<licenses>\n<LicenseKey/>\n" + element + b"\n" + element + b"</licenses>"
    findings = found(data)
    assert codes(findings) == ["unknown-element", "duplicate-key"]
    assert [finding.place.line for finding in findings] == [2, 4]
    assert findings[1].message == "key 2 (Phone 0004F2AABBCC) is the same as key 1"


@pytest.mark.parametrize(
    "data",
    [
        b"<licenses>" + b"<licenseKey/>" * 100_000 + b"</licenses>",
        b"<licenses>" + b"<x>" * 200 + b"</x>" * 200 + b"<y/>" * 100_000 + b"</licenses>",
        b"<licenses><licenseKey " + b" ".join(b"a%d=''" % n for n in range(100_000)) + b"/></licenses>",
        b"<licenses><licenseKey Serial='"
        + "\u202e\u0085".encode() * 500_000
        + b"' "
        + b"n" * 50_000
        + b"=''/></licenses>",
        copies([signed_key()] * 5000),
    ],
)
def test_hostile_file_gives_few_short_findings_in_plain_characters(data: bytes) -> None:
    findings = found(data)
    assert 0 < len(findings) <= 3 * FINDING_LIMIT
    for finding in findings:
        assert str(finding).isprintable()
        assert len(finding.message) < 400
    assert len(findings) < FINDING_LIMIT or any("more in this file)" in finding.message for finding in findings)
