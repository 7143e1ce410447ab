"""Versions of firmware: what is one, how they compare, and which build a release is."""

import pytest

from phone_sim.errors import UsageError
from phone_sim.firmware_version import build_of, is_after, is_build, parse_version


def test_versions_compare_as_firmware_does() -> None:
    texts = ["3.0", "3.2.2", "3.2.3", "3.2.3.1734", "3.2.10", "3.3.0", "4.0.15.1047", "10.0"]
    versions = [parse_version(text) for text in texts]
    assert versions == sorted(versions)
    assert parse_version("3.0") == parse_version("3.0.0") == parse_version("3.0.0.0") == (3, 0, 0, 0)


@pytest.mark.parametrize(
    "text",
    ["", "3", "3.", ".3", "3..0", "-3.0", "3.0 ", "3.0\n", "3.0.0.0.0", "٣.٣", "v3.0", "3,0", "9" * 5000],
)
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a firmware version: two to four numbers"):
        parse_version(text)


@pytest.mark.parametrize(
    ("package", "words"),
    [("3.2.4B", "application in it, 3.2.4.0267"), ("3.2.4b", "3.2.4.0267"), ("3.2.3C", "in four numbers, as in")],
)
def test_name_of_a_package_is_told_from_the_application_in_it(package: str, words: str) -> None:
    with pytest.raises(UsageError, match=f"'{package}' is the name of a package; .*{words}"):
        parse_version(package)


def test_release_takes_its_newest_build_and_a_build_is_itself() -> None:
    builds = ("3.3.1.0907", "3.3.1.0933", "3.3.10.0001", "3.2.4.0267")
    for version, build in (
        ("3.3.1", "3.3.1.0933"),
        ("3.3.1.0001", "3.3.1.0001"),
        ("3.3", "3.3.0.0000"),
        ("3.2.4", "3.2.4.0267"),
    ):
        assert build_of(version, builds) == build
        assert is_build(build)
    assert [text for text in ("3.3", "3.3.1", "3.2.4B", "3.3.1.0.0", "") if is_build(text)] == []


def test_version_is_after_all_that_an_x_stands_for() -> None:
    assert [is_after(version, "4.0.x") for version in ("3.9", "4.0.15.1047", "4.1", "10.0")] == [
        False,
        False,
        True,
        True,
    ]
    assert [is_after(version, "3.2.7.0198") for version in ("3.2.7", "3.2.7.0198", "3.2.7.0199")] == [
        False,
        False,
        True,
    ]
