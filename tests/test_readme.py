"""The README says what the program does."""

import contextlib
import io
import re

from phone_sim.cli.main import VERBS
from tests import readme

PAGE = readme.PAGE.read_text()


def test_generated_parts_are_up_to_date() -> None:
    assert readme.written(PAGE) == PAGE, "run python -m tests.readme"


def test_python_example_prints_what_the_page_says() -> None:
    found = re.search(r"<!-- example:python -->\n```python\n(.+?)```\n\nprints `(.+?)`", PAGE, re.DOTALL)
    assert found is not None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(found.group(1), {})
    assert printed.getvalue().strip() == found.group(2)


def test_every_verb_is_explained() -> None:
    assert all(f"### phone-sim {verb}" in PAGE for verb in VERBS)
