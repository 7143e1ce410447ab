"""The one reader of tables: its bounds on keys, texts, lists and numbers, in files and in messages."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.errors import UsageError
from phone_sim.feature_files import parse_feature
from phone_sim.fleet.population.population_file import read_fleet_file
from phone_sim.fleet.protocol.message import ENTRY_LIMIT, TEXT_LIMIT, counts_in, numbered_texts, read_message, times_in
from phone_sim.models import parse_model
from phone_sim.scenario.read import read_scenario
from phone_sim.toml_lines import KEY_LIMIT
from phone_sim.toml_table import COUNT_LIMIT, Table, parse_toml

LONG = ".".join("a" * (KEY_LIMIT + 1))
# Whose parts are counted by the thousand: tomllib would need minutes.
ENDLESS = ".".join("a" * 100_000)


def table(text: str) -> Table:
    return parse_toml(text, "a.toml")


def said(data: Any) -> Table:
    return read_message("what somebody says", data)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{LONG} = 1", 1),
        (f"\n\n  {LONG.replace('.', ' . ')} = 1", 3),
        (LONG.replace("a", '"a"') + " = 1", 1),
        (LONG.replace("a", "'.'") + " = 1", 1),
        (f"b = 1\n[{LONG}]", 2),
        (f"[[{LONG}]]", 1),
        (f"b = {{ c = 1, {LONG} = 1 }}", 1),
        (f'b = [\n  "x",\n  {{ {LONG} = 1 }},\n]', 3),
        (f'b = {{ c = """a\n""""", {LONG} = 1 }}', 2),
        (f"b = {{ c = '''a''''', {LONG} = 1 }}", 1),
        (f'b = {{ c = "\\"", {LONG} = 1 }}', 1),
        (f'b = """\\"""\n{ENDLESS} = 1"""\n{ENDLESS} = 1', 3),
        (f"{ENDLESS} = 1", 1),
    ],
)
def test_key_of_too_many_parts_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(UsageError, match=rf"^a\.toml:{line}: a key has more than {KEY_LIMIT} parts$"):
        table(text)


@pytest.mark.parametrize("reader", [read_scenario, read_fleet_file, parse_model, parse_feature])
def test_every_reader_of_files_refuses_a_key_of_too_many_parts(tmp_path: Path, reader: Callable[..., object]) -> None:
    file = tmp_path / "a.toml"
    file.write_text(f"{ENDLESS} = 1")
    arguments: dict[Any, tuple[object, ...]] = {
        parse_model: (f"{ENDLESS} = 1", f"{file}", ()),
        parse_feature: (f"{ENDLESS} = 1", f"{file}"),
    }
    with pytest.raises(UsageError, match=f"{file}:1: a key has more than {KEY_LIMIT} parts"):
        reader(*arguments.get(reader, (file,)))


@pytest.mark.parametrize(
    "text",
    [
        f"{LONG.removesuffix('.a')} = 1",
        f'b = "{ENDLESS}"',
        f"b = '{ENDLESS}'",
        f'b = """\n{ENDLESS} = 1\n"""',
        f"b = '''\n{ENDLESS} = 1\n'''",
        f"b = 1 # {ENDLESS}",
        f"b = [{', '.join(['1.5'] * 100)}]",
    ],
)
def test_dots_in_values_and_comments_are_no_parts_of_keys(text: str) -> None:
    assert table(text).values


@pytest.mark.slow
@given(st.text(alphabet="a.\"'\\#\n=[]{}, "))
def test_any_text_of_the_signs_of_toml_is_read_or_refused(text: str) -> None:
    try:
        message = f"{table(text).place(None)}:"
    except UsageError as error:
        message = str(error)
    assert message.startswith("a.toml:")


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (lambda one: one.whole("huge"), "huge: this value is not a whole number from 0 to 1000000000000"),
        (lambda one: one.text("huge"), "huge: this value is not a text"),
        (lambda one: one.flag("huge"), "huge: this value is not true or false"),
        (lambda one: one.number("nan", high=1e9), "nan: nan is not a number from 0 to 1e+09"),
        (lambda one: one.number("inf", high=1e9), "inf: inf is not a number from 0 to 1e+09"),
        (
            lambda one: one.number("day", low=1, high=2, unit="days"),
            "day: 2026-12-31 is not a number of days from 1 to 2",
        ),
        (lambda one: one.table("day"), "day: 2026-12-31 is not a table"),
        (lambda one: one.table("none", ("a", "b")), "none: missing; expected a table with a, b"),
        (lambda one: one.tables("list"), "list[1]: 1 is not a table"),
        (lambda one: one.error(None, "all of it"), "all of it"),
    ],
)
def test_error_of_a_file_says_what_stands_there_and_what_is_expected(
    ask: Callable[[Table], object], reason: str
) -> None:
    huge = f"huge = 0x{'f' * 5000}\nnan = nan\ninf = inf\nday = 2026-12-31\nlist = [1]\n"
    with pytest.raises(UsageError) as caught:
        raise_what_is_given(ask(table(huge)))
    assert str(caught.value).partition(": ")[2] == reason


def raise_what_is_given(found: object) -> None:
    if isinstance(found, Exception):
        raise found


def deep(levels: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(levels):
        found = [found]
    return found


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (lambda: said(None), "None is not a table"),
        (lambda: said({}).any_text("a"), "a: missing; expected a text"),
        (lambda: said({"a": None}).any_text("a"), "a: missing; expected a text"),
        (lambda: said({"a": "x" * (TEXT_LIMIT + 1)}).any_text("a"), "a: the text has more than 1000 characters"),
        (lambda: said({"a": "x" * 21}).any_text("a", 20), "a: the text has more than 20 characters"),
        (lambda: said({"a": "b"}).listed("a"), "a: 'b' is not a list of texts"),
        (lambda: said({}).listed("a"), "a: missing; expected a list of texts"),
        (lambda: said({"a": ["x" * (TEXT_LIMIT + 1)]}).listed("a"), "a: the text has more than 1000 characters"),
        (lambda: said({"a": [""] * (ENTRY_LIMIT + 1)}).listed("a"), "a: it has more than 5000 entries"),
        (lambda: said({"a": ["b"] * (ENTRY_LIMIT + 1)}).texts("a"), "a: it has more than 5000 entries"),
        (lambda: said({"a": [{}] * (ENTRY_LIMIT + 1)}).tables("a"), "a: it has more than 5000 entries"),
        (lambda: said(dict.fromkeys(range(ENTRY_LIMIT + 1))), "it has more than 5000 entries"),
        (lambda: said({"a": dict.fromkeys(range(ENTRY_LIMIT + 1))}).table("a"), "a: it has more than 5000 entries"),
        (lambda: said({"a": True}).whole("a"), "a: true is not a whole number from 0 to 1000000000000"),
        (
            lambda: said({"a": COUNT_LIMIT + 1}).whole("a"),
            "a: 1000000000001 is not a whole number from 0 to 1000000000000",
        ),
        (lambda: said({"a": 1}).flag("a"), "a: 1 is not true or false"),
        (lambda: said({7: {b"\x00": 1}}).table(7).flag(b"\x00"), "7.\"b'\\x00'\": 1 is not true or false"),
        (
            lambda: said({"a": {"b\x1b[2J" * 99: 1}}).table("a").only(()),
            r'a."' + r"b\x1b[2J" * 24 + '...": unknown key; expected one of: ',
        ),
        (
            lambda: counts_in(said({"x" * (TEXT_LIMIT + 1): 1})),
            f'"{"x" * 120}...": the key is not a text of at most 1000 characters',
        ),
        (lambda: counts_in(said({7: 1})), "7: the key is not a text of at most 1000 characters"),
        (lambda: times_in(said({"7": 1})), "7: the key is not a whole number from 0 to 1000000000000"),
        (lambda: times_in(said({-1: 1})), "-1: the key is not a whole number from 0 to 1000000000000"),
        (lambda: numbered_texts(said({1: "", 2: ""}), 1), "it has more than 1 entries"),
        (lambda: said({"a": deep(900)}).flag("a"), f"a: {'[' * 60}... is not true or false"),
    ],
)
def test_error_of_a_message_names_its_kind_and_the_key(ask: Callable[[], object], reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        ask()
    assert str(caught.value) == f"what somebody says: {reason}"


@pytest.mark.slow
def test_lists_in_lists_as_deep_as_msgpack_takes_them_are_refused() -> None:
    nested = msgpack.loads(b"\x91" * 500 + b"\x90")
    with pytest.raises(UsageError, match=r"a: .* is not a text"):
        said({"a": nested}).any_text("a")
    with pytest.raises(UsageError, match="a: this value is not a text"):
        said({"a": deep(100_000)}).any_text("a")
