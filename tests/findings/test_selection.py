"""Which findings are reported and fail a check: by file and by command line, and what is wrong with either."""

from pathlib import Path

import pytest

from phone_sim.errors import UsageError
from phone_sim.findings.finding import Finding, Place
from phone_sim.findings.rules import RULES
from phone_sim.findings.selection import FILE, Selection, read_selection

FILE_TEXT = """
[check]
select = ["license-*", "directory-number-twice"]
ignore = "license-no-keys"
fail-on = "warning"

[check.per-file-ignores]
"old/*" = ["*"]
"0004f2*-license.cfg" = "license-expired"
"""


def finding(code: str, file: str = "a.cfg") -> Finding:
    """A finding of a rule in a file."""
    return Finding(rule=RULES[code], place=Place(file=file), message="m")


def reports(selection: Selection, code: str, file: str = "a.cfg") -> bool:
    """Whether a finding is reported."""
    return bool(selection.reported([finding(code, file)]))


@pytest.fixture
def chosen(tmp_path: Path) -> Selection:
    (tmp_path / FILE).write_text(FILE_TEXT)
    (tmp_path / "site").mkdir()
    return read_selection(tmp_path / "site")


def test_without_a_choice_all_is_reported_and_errors_fail(tmp_path: Path) -> None:
    selection = read_selection(tmp_path)
    assert all(reports(selection, code) for code in RULES)
    failing = {rule.severity.value for rule in RULES.values() if selection.fails(finding(rule.code))}
    assert failing == {"error"}


def test_file_beside_the_site_says_what_is_reported(chosen: Selection) -> None:
    assert reports(chosen, "license-expired")
    assert reports(chosen, "directory-number-twice")
    assert not reports(chosen, "directory-wrong-root")
    assert not reports(chosen, "license-no-keys")
    assert not reports(chosen, "license-expired", "old/b/a.cfg")
    assert not reports(chosen, "license-expired", "licenses/0004f2000001-license.cfg")
    assert reports(chosen, "license-key-malformed", "licenses/0004f2000001-license.cfg")
    assert chosen.fails(finding("license-no-keys"))
    assert not chosen.fails(finding("license-expires-soon"))


def test_command_line_beats_the_file(chosen: Selection) -> None:
    only = chosen.on_command_line(["license-no-keys, directory-wrong-*"], (), "never")
    assert [code for code in RULES if reports(only, code)] == ["license-no-keys", "directory-wrong-root"]
    assert not any(only.fails(finding(code)) for code in RULES)
    fewer = chosen.on_command_line((), ["license-expired", "directory-*"], None)
    assert not reports(fewer, "license-no-keys")
    assert not reports(fewer, "license-expired")
    assert reports(fewer, "license-key-malformed")
    assert fewer.fail_on is chosen.fail_on


def test_file_in_the_site_is_nearer_than_that_of_its_parent(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('[check]\nfail-on = "info"\n')
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / FILE).write_text('[check]\nfail-on = "never"\n')
    assert read_selection(tmp_path / "site").fail_on is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[check]\nselect = ["licence-expired"]',
            "2: check.select: unknown rule 'licence-expired'; did you mean license-",
        ),
        ('[check]\nignore = "x-*"', "2: check.ignore: no rule matches 'x-*'"),
        ('[check]\n\nfail-on = "high"', "3: check.fail-on: 'high' is not one of: info, warning, error, never"),
        ("[check]\nfail_on = 1", "2: check.fail_on: unknown key; expected one of: select, ignore, fail-on, per-file-"),
        ("[checks]", "1: checks: unknown key; expected one of: check, audit"),
        ('[check.per-file-ignores]\n"a.cfg" = ["nope"]', "2: check.per-file-ignores.\"a.cfg\": unknown rule 'nope'"),
        ("check = 3", "1: check: 3 is not a table"),
        ("[check", "not TOML"),
    ],
)
def test_error_in_the_file_names_line_and_key(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(UsageError) as raised:
        read_selection(tmp_path)
    assert str(raised.value).startswith(f"{tmp_path / FILE}:")
    assert message in str(raised.value)


def test_error_of_an_option_names_it_and_a_rule_that_is_like_it() -> None:
    with pytest.raises(UsageError, match=r"^--ignore: unknown rule 'license-expire'; did you mean license-expired;"):
        Selection().on_command_line((), ["license-expire"], None)
    with pytest.raises(UsageError, match=r"^--select: unknown rule '\\x1b"):
        Selection().on_command_line(["\x1b" * 1000], (), None)
