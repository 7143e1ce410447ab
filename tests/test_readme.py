"""The README says what the program does."""

import contextlib
import io
import re

import pytest

from phone_sim.cli.main import VERBS
from tests import readme

pytest_plugins = ["pytester"]
PAGE = readme.PAGE.read_text()


def test_generated_parts_are_up_to_date() -> None:
    assert readme.written(PAGE) == PAGE, "run python -m tests.readme"


def test_server_gets_a_row_for_what_it_showed() -> None:
    tested = {
        ("nginx", "HTTP", "boot"): "yes",
        ("dnsmasq", "TFTP", "log upload"): "refused",
        ("slapd", "LDAP", "search"): "yes",
        ("slapd", "LDAP", "password"): "wanted",
    }
    heads, _, *rows = readme.server_table(tested).splitlines()
    assert heads.startswith("| server | spoken | boot |")
    assert heads.endswith("| audit | more |")
    assert rows == [
        "| dnsmasq | TFTP |  |  |  |  | refused |  |  |  |",
        "| nginx | HTTP | yes |  |  |  |  |  |  |  |",
        "| slapd | LDAP |  |  |  |  |  |  |  | password: wanted, search |",
    ]


def test_python_example_prints_what_the_page_says() -> None:
    found = re.search(r"<!-- example:python -->\n```python\n(.+?)```\n\nprints `(.+?)`", PAGE, re.DOTALL)
    assert found is not None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(found.group(1), {})
    assert printed.getvalue().strip() == found.group(2)


def test_every_verb_is_explained() -> None:
    assert all(f"### phone-sim {verb}" in PAGE for verb in VERBS)


def test_pytest_example_passes(pytester: pytest.Pytester) -> None:
    found = re.search(r"```python\n(from datetime import timedelta\n.+?)```", PAGE, re.DOTALL)
    assert found is not None
    pytester.makepyfile(found.group(1))
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
