"""The fault catalog: each case is played, its log is golden, and a reader of it is led to the cause."""

import pytest

from fixtures.make_fixtures import HERE
from phone_sim.fault_catalog.cases import CASES
from phone_sim.fault_catalog.explain import explain
from phone_sim.fault_catalog.reproduction import reproduce, site_files
from tests.sample_log import SAMPLE_LOG

ASKED_FOR = [
    "key-signature-not-valid",
    "one-byte-changed",
    "other-authority",
    "validation-truncated",
    "feature-added",
    "duration-extended",
    "mac-swapped",
    "file-of-another-phone",
    "site-file-under-phone-name",
    "phone-file-under-site-name",
    "serial-in-lower-case",
    "mac-without-leading-zeros",
    "site-license-expired",
    "expires-today",
    "expires-at-midnight",
    "expires-at-the-polling-time",
    "older-order-still-valid",
    "unknown-features",
    "feature-not-on-this-model",
    "feature-built-in",
    "firmware-too-old",
    "file-not-well-formed",
    "file-with-bom",
    "file-with-crlf",
    "web-page-as-license",
    "empty-file",
    "clock-unset",
    "clock-wrong",
    "time-server-alternates",
    "time-server-stands-still",
    "boot-server-down",
    "license-in-wrong-directory",
    "flash-damaged",
    "none-configured",
    "never-rebooted",
]


def golden(name: str) -> str:
    return (HERE / "golden/fault_catalog" / f"{name}.log").read_text()


def test_fault_catalog_has_every_case() -> None:
    assert list(CASES) == ASKED_FOR


@pytest.mark.parametrize("name", CASES)
def test_case_gives_its_golden_log_over_http(name: str) -> None:
    assert "".join(f"{line}\n" for line in reproduce(CASES[name]).log) == golden(name)


@pytest.mark.parametrize("name", ["key-signature-not-valid", "web-page-as-license", "clock-unset", "flash-damaged"])
def test_case_gives_the_same_log_over_tftp_but_for_the_protocols_words(name: str) -> None:
    over_tftp = [line for line in reproduce(CASES[name], tftp=True).log if "|copy |4|" not in line]
    assert over_tftp == [line for line in golden(name).splitlines() if "|copy |4|" not in line]


@pytest.mark.slow
def test_first_case_shows_the_bulletins_sample_log() -> None:
    assert "".join(f"{line}\n" for line in reproduce(CASES["key-signature-not-valid"]).shown) == SAMPLE_LOG


@pytest.mark.parametrize("name", CASES)
def test_reader_of_the_log_is_led_to_the_cause(name: str) -> None:
    explanation = explain(golden(name))
    assert all(line.message is not None for line in explanation.lines)
    assert explanation.conclusion.causes[0] is CASES[name].cause
    assert CASES[name].cause.what in explanation.conclusion.text


@pytest.mark.parametrize("name", CASES)
def test_case_leaves_a_whole_site(name: str) -> None:
    files = site_files(CASES[name])
    assert {"000000000000.cfg", "site.cfg", "features.cfg"} <= set(files)
