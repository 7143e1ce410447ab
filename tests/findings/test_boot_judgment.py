"""What falls short of each expectation of a boot, and where."""

import gzip
from collections.abc import Mapping

import pytest

from phone_sim.errors import BootNotAsExpectedError, LifecycleError, UsageError
from phone_sim.fault_catalog.activation_files import phone_key
from phone_sim.findings.boot_expectation import BootExpectation
from phone_sim.findings.boot_judgment import judge
from phone_sim.findings.finding import Severity
from phone_sim.findings.rules import RULES
from phone_sim.findings.virtual_phone import VirtualPhone
from phone_sim.firmware.effects import Fetched, FetchReply, NotFound, Refused, TransferFailed, Uploaded, UploadReply
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.licensing.expiry import NEVER
from phone_sim.licensing.license_file import write
from phone_sim.runtime.transport.memory import NOT_FOUND, MemoryTransport
from tests.make import SITE_SERIAL, forged, signed_key

BOOT_SERVER = "http://boot.example/below/"
DEFAULT, OWN = "000000000000.cfg", "0004f2000001.cfg"
GOOD: Mapping[str, bytes | FetchReply] = {
    DEFAULT: b'<APPLICATION\n CONFIG_FILES="site.cfg"/>',
    "site.cfg": b"<site/>",
}
LDAP_ON = b'<s feature.corporateDirectory.enabled="1"/>'
PAGE = b"<!DOCTYPE html>\n<html><head><title>404</title></head><body>Not here.<br></body></html>"
NOT_XML = b'<s\n feature.corporateDirectory.enabled="1" reg.1.displayName="Sales &amp Support"/>'
NOT_THERE = NotFound("Not Found", 404)
BROKEN_OFF = TransferFailed(FailureKind.BROKEN_OFF, "20 of 40 bytes came")
FOR_OTHERS = "no key is for 0004f2000001; the keys are for 0004F2000009"
FORGED_KEY = f"000000000000-license.cfg:2: key 1 (Site {SITE_SERIAL}) has a signature that is not valid"
FORGED_OF_ANOTHER = "0004f2000001-license.cfg:2: key 1 (Phone 0004F2000009) has a signature that is not valid"
EXPECTATIONS = [one.value for one in BootExpectation]
BOOTED, CONFIGURED, CLEAN, LICENSED = EXPECTATIONS


def phone_on(files: Mapping[str, bytes | FetchReply], log: UploadReply | None = None) -> VirtualPhone:
    """A phone that has booted from a server that has these files, or these replies, below a folder."""
    found = {**GOOD, **files}

    def fetch(request: object) -> FetchReply:
        reply = found.get(request.location.url.removeprefix(BOOT_SERVER), NOT_FOUND)  # type: ignore[attr-defined]
        return Fetched(reply) if isinstance(reply, bytes) else reply

    phone = VirtualPhone(BOOT_SERVER, transport=MemoryTransport(fetch, lambda _: log or Uploaded(204)))
    phone.boot()
    return phone


def short(phone: VirtualPhone) -> dict[str, list[str]]:
    """What falls short of each expectation, in words; without those that are met."""
    found = {word: [str(one) for one in phone.shortcomings(word)] for word in EXPECTATIONS}
    return {word: texts for word, texts in found.items() if texts}


def but_booted(*texts: str) -> dict[str, list[str]]:
    return {word: list(texts) for word in (CONFIGURED, CLEAN, LICENSED)}


def not_booted(trouble: str) -> dict[str, list[str]]:
    text = f"no configuration: it has no master configuration file that can be used{trouble}"
    return {BOOTED: [text], **but_booted(text)}


CASES: dict[str, tuple[Mapping[str, bytes | FetchReply], dict[str, list[str]]]] = {
    "a good site": ({}, {}),
    "a listed file that is not there": (
        {"site.cfg": NOT_THERE},
        but_booted(f"{DEFAULT}:2: site.cfg is not there (HTTP 404 Not Found)"),
    ),
    "a listed file that the server refuses": (
        {"site.cfg": Refused("Internal Server Error", 500)},
        but_booted(f"{DEFAULT}:2: site.cfg was not given: HTTP 500 Internal Server Error"),
    ),
    "a listed file that comes half": (
        {"site.cfg": BROKEN_OFF},
        but_booted(f"{DEFAULT}:2: site.cfg did not come whole: 20 of 40 bytes came"),
    ),
    "a listed file that is not well-formed": (
        {"site.cfg": NOT_XML},
        but_booted("site.cfg:2: not well-formed XML: EntityRef: expecting ';'"),
    ),
    "a web page": ({"site.cfg": PAGE}, but_booted("site.cfg:1: the file is a web page")),
    "an activation file": (
        {"site.cfg": b"<licenses/>"},
        but_booted("site.cfg: it is an activation file, not a configuration file"),
    ),
    "an override that is not well-formed": (
        {"0004f2000001-phone.cfg": b"<a>"},
        but_booted("0004f2000001-phone.cfg:1: not well-formed XML: Premature end of data in tag a line 1"),
    ),
    "a contact directory with another root": (
        {"0004f2000001-directory.xml": b"<list/>"},
        but_booted("0004f2000001-directory.xml:1: the root element is 'list', not 'directory'"),
    ),
    "a license file of somebody else": (
        {"site.cfg": LDAP_ON, "0004f2000001-license.cfg": write([phone_key("0004f2000009")])},
        {
            CLEAN: [f"0004f2000001-license.cfg:2: {FOR_OTHERS}"],
            LICENSED: [f"0004f2000001-license.cfg:2: LDAP: no license: {FOR_OTHERS}"],
        },
    ),
    "a key whose signature is not valid": (
        {"site.cfg": LDAP_ON, "000000000000-license.cfg": write([forged(signed_key(serial=SITE_SERIAL))])},
        {
            CLEAN: [FORGED_KEY],
            LICENSED: [FORGED_KEY.replace(": key", ": LDAP: no license: key")],
        },
    ),
    "a key of another feature whose signature is not valid": (
        {"site.cfg": LDAP_ON, "000000000000-license.cfg": write([forged(signed_key({3: NEVER}, serial=SITE_SERIAL))])},
        {
            CLEAN: [FORGED_KEY],
            LICENSED: ["LDAP: no license"],
        },
    ),
    "a broken key of another phone, beside one of its own that lacks the feature": (
        {
            "site.cfg": LDAP_ON,
            "0004f2000001-license.cfg": write(
                [
                    forged(signed_key(serial="0004F2000009")),
                    signed_key({3: NEVER}, serial="0004F2000001"),
                ]
            ),
        },
        {CLEAN: [FORGED_OF_ANOTHER], LICENSED: ["LDAP: no license"]},
    ),
    "a master of its own that is not well-formed": (
        {OWN: b"<a>"},
        but_booted(f"{OWN}:1: not well-formed XML: Premature end of data in tag a line 1"),
    ),
    "a parameter file as master (D19)": (
        {DEFAULT: b'<s license.polling.time="06:00"/>'},
        {CLEAN: [f"{DEFAULT}: the file has parameters, and no attribute of a master configuration file"]},
    ),
    "a value out of range": (
        {"site.cfg": b'<s\n license.polling.time="26:00"/>'},
        {CLEAN: ["site.cfg:2: license.polling.time is '26:00', not 00:00 to 23:59: 02:00 is used"]},
    ),
    "a feature without a license": ({"site.cfg": LDAP_ON}, {LICENSED: ["LDAP: no license"]}),
    "no master": ({DEFAULT: NOT_THERE}, not_booted("")),
    "a login": ({DEFAULT: Refused("Unauthorized", 401)}, not_booted(f" ({DEFAULT}: HTTP 401 Unauthorized)")),
    "a packed master": (
        {OWN: gzip.compress(b"<APPLICATION/>"), DEFAULT: NOT_THERE, "0004f2000001-directory.xml": b"<a>"},
        not_booted(f" ({OWN}: gzip, not XML)"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_boot_falls_short_of_just_these_expectations(case: str) -> None:
    files, expected = CASES[case]
    assert short(phone_on(files)) == expected


def test_clean_boot_has_its_log_on_the_server() -> None:
    refused = phone_on({}, Refused("Method Not Allowed", 405))
    assert short(refused) == {CLEAN: ["the log was not uploaded: HTTP 405 Method Not Allowed"]}


def test_clean_boot_has_its_overrides_on_the_server() -> None:
    refused = phone_on({}, Refused("Method Not Allowed", 405))
    refused.change("log.render.level", "2")
    refused.boot()
    assert short(refused) == {CLEAN: ["0004f2000001-phone.cfg was not uploaded: HTTP 405 Method Not Allowed"]}


def test_every_fault_is_named_and_only_the_last_boot_counts() -> None:
    files: dict[str, bytes | FetchReply] = {DEFAULT: b'<A CONFIG_FILES="a.cfg, site.cfg"/>', "site.cfg": NOT_XML}
    with phone_on(files) as phone:
        places = [(one.place.file, one.place.line) for one in phone.shortcomings() if one.place is not None]
        assert places == [(DEFAULT, 1), ("site.cfg", 2)]
        with pytest.raises(AssertionError) as caught:
            phone.boot(expect="configured")
        assert isinstance(caught.value, BootNotAsExpectedError)
        assert str(caught.value).splitlines()[2] == "  site.cfg:2: not well-formed XML: EntityRef: expecting ';'"
        assert [str(one.place) for one in phone.findings] == [f"{DEFAULT}:1", "site.cfg:2"]
        phone.boot(expect="booted")
        phone.cut_power()
        assert [one.kind.value for one in phone.shortcomings()] == ["not_booted"]
        with pytest.raises(LifecycleError, match="boot it first"):
            _ = phone.findings


def test_unknown_expectation_boots_nothing() -> None:
    with phone_on({}) as phone:
        with pytest.raises(UsageError, match="expected one of: booted, configured, clean, licensed"):
            phone.boot(expect="perfect")
        assert phone.reboots == ()


def test_silent_server_is_no_fault_of_a_file() -> None:
    silent = TransferFailed(FailureKind.CONNECTION_REFUSED, "Connection refused", unanswered=True)
    with phone_on({OWN: silent}) as phone:
        assert phone.findings == ()
        assert short(phone) == {BOOTED: (silence := ["no configuration: it gives no answer"]), **but_booted(*silence)}


def test_facts_cover_every_rule_of_level_error() -> None:
    """`configured` looks at no finding: each of these rules is a file that is not in force, or no configuration.

    What is wrong with license files counts by what the phone took from them.
    """
    errors = {code for code, rule in RULES.items() if rule.severity is Severity.ERROR}
    assert {code for code in errors if not code.startswith("license-")} == {
        "directory-not-well-formed",
        "directory-wrong-root",
        "no-master-file",
        "file-not-readable",
        "config-not-well-formed",
        "web-page-as-file",
        "config-not-accepted",
        "config-empty",
        "activation-file-as-config",
    }


def test_phone_before_its_first_boot_falls_short() -> None:
    assert [str(one) for one in judge(None, (), BootExpectation.BOOTED)] == ["it has not booted"]
