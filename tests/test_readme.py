"""The README says what the program does."""

import re
from pathlib import Path

import pytest

import phone_sim
from phone_sim.cli.main import VERBS
from tests import readme
from tests.bench.fleet.figure import Figure, changes, page_table
from tests.runtime.hostile_http import HostileHttpServer, answering, by_path

pytest_plugins = ["pytester"]
PAGE = readme.PAGE.read_text()


@pytest.mark.slow
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


def test_figure_gets_a_column_for_each_number_of_phones() -> None:
    few, many = (
        Figure(kind="b", name="CPU", phones=phones, number=ratio, value="1 us", aim=2, more_is_better=False)
        for phones, ratio in ((100, 1.5), (1000, 2.5))
    )
    alone = Figure(kind="h", name="two", phones=500, number=1.9, value="9 /s", against="one", aim=1.8)
    assert page_table([few, many, alone, *changes([few, many, alone])]).splitlines() == [
        "| figure | aim | 100 phones | 1,000 phones | from fewest to most | against |",
        "| --- | --- | --- | --- | --- | --- |",
        "| (b) CPU | at most 2: missed by 25% | 1.50 (1 us) | 2.50 (1 us) | 67% worse |  |",
        "| (h) two | at least 1.8 | 1.90 (9 /s) with 500 |  |  | one |",
    ]


@pytest.mark.parametrize("name", readme.examples())
def test_python_example_prints_what_the_page_says(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source, expected = readme.examples()[name]
    monkeypatch.chdir(tmp_path)
    exec(source, {})
    assert capsys.readouterr().out == expected


def test_every_public_name_is_explained_and_shown() -> None:
    """Each is in the table of names, and in an example or named as what one prints."""
    section = PAGE[PAGE.index("## From Python") : PAGE.index("## Many phones")]
    shown = "".join("".join(example) for example in readme.examples().values())
    shown += "".join(re.findall(r"```python\n([^`]+)```", PAGE))  # for pytest
    for name in phone_sim.__all__:
        assert f"`{name}`" in section
        assert re.search(rf"\b{name}\b", shown), name


def test_every_verb_is_explained() -> None:
    assert all(f"### phone-sim {verb}" in PAGE for verb in VERBS)


@pytest.mark.slow
@pytest.mark.parametrize(
    "beginning",
    [
        "from datetime import timedelta\n\n\ndef",
        "def test_phone_boots_over_https",
        "def test_two_phones_have_one_file",
        "def test_site_configures_phones",
        "from datetime import timedelta\n\nimport pytest\nfrom freezegun",
    ],
)
def test_pytest_example_passes(pytester: pytest.Pytester, beginning: str) -> None:
    found = re.search(rf"```python\n({beginning}.+?)```", PAGE, re.DOTALL)
    assert found is not None
    pytester.makepyfile(found.group(1))
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


@pytest.mark.slow
def test_pytest_examples_on_models_and_on_an_application_pass(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same test runs with a scenario file on the server of the project."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    models, conftest, test = (
        re.search(rf"{mark}```python\n(.+?)```", PAGE, re.DOTALL)
        for mark in ("<!-- example:models -->\n", "<!-- example:flask -->\n", r"server_close\(\)\n```\n\n")
    )
    assert models is not None
    assert conftest is not None
    assert test is not None
    scenario = 'phone_sim = 1\ntitle = "a"\nstart = "2026-03-02T08:00"\n[phones.desk]\n[[steps]]\nboot = true\n'
    own = pytester.mkdir("own")
    (own / "conftest.py").write_text(conftest.group(1))
    (own / "test_own.py").write_text(test.group(1))
    (own / "own.phone.toml").write_text(
        f'{scenario}expect.features = {{ LDAP = "off" }}\nexpect.log = "ldap: Not Licensed"\n'
    )
    pytester.makepyfile(models.group(1))
    pytester.runpytest_subprocess("-p", "phone_sim").assert_outcomes(passed=6)


@pytest.mark.slow
@pytest.mark.parametrize("is_moved", [False, True])
def test_pytest_example_on_requests_judges_a_server(pytester: pytest.Pytester, is_moved: bool) -> None:
    found = re.search(r"```python\n(from phone_sim.firmware.effects import TransferFailed\n.+?)```", PAGE, re.DOTALL)
    assert found is not None
    pytester.makepyfile(found.group(1))
    files = {"000000000000.cfg": b"<APPLICATION/>", "elsewhere.cfg": b"<APPLICATION/>"}
    moved = answering("302 Found", b"", "Location: /elsewhere.cfg")
    with HostileHttpServer(by_path(files, {"000000000000.cfg": moved} if is_moved else {})) as server:
        result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "--phone-boot-server", server.url)
    result.assert_outcomes(passed=not is_moved, failed=is_moved)
