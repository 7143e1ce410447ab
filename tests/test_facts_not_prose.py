"""No module takes a sentence apart: what came of a request is a value, and its sentence is for people alone."""

import ast
import re
from pathlib import Path

import pytest

import phone_sim

CUTTING = frozenset(
    [
        "startswith",
        "endswith",
        "partition",
        "rpartition",
        "split",
        "rsplit",
        "splitlines",
        "strip",
        "lstrip",
        "rstrip",
        "removeprefix",
        "removesuffix",
        "find",
        "rfind",
        "index",
        "rindex",
        "count",
        "replace",
    ]
)
"""The methods of a text that take it apart."""
MATCHING = frozenset(["match", "fullmatch", "search", "findall", "finditer", "split", "sub"])
"""The functions of `re`, and the methods of a pattern, that take a text apart."""
CUTTING_IN_SCRIPTS = re.compile(
    r"/\.test\([^)]*\b(outcome|reason)\b|\b(outcome|reason)\.(match|search|includes|startsWith|split)\("
)
PACKAGE = Path(phone_sim.__file__).parent


def taken_apart(code: str) -> list[str]:
    """The places where a sentence is compared, cut or matched."""
    return [ast.unparse(node) for node in ast.walk(ast.parse(code)) if any(map(_is_sentence, _looked_into(node)))]


def _looked_into(node: ast.AST) -> list[ast.expr]:
    """The values that the code looks into at a place."""
    match node:
        case ast.Compare(left=left, comparators=others):
            return [left, *others]
        case ast.Subscript(value=value) | ast.Match(subject=value):
            return [value]
        case ast.Call(func=ast.Attribute(value=value, attr=method), args=arguments):
            return [value] * (method in CUTTING) + arguments * (method in MATCHING)
    return []


def _is_sentence(value: ast.expr) -> bool:
    match value:
        case ast.Attribute(attr="reason" | "words") | ast.Name(id="reason"):
            return True
    return False


@pytest.mark.parametrize(
    "code",
    [
        "reply.reason == 'no answer'",
        "reason in PASSING",
        "'404' in reply.reason",
        "reply.reason.startswith('HTTP ')",
        "reply.reason.split(' ')",
        "exchange.reply.words.partition(' ')",
        "re.fullmatch('HTTP (.*)', reply.reason)",
        "PATTERN.search(reply.words)",
        "reply.reason[5:8]",
        "match reply.reason:\n    case 'no answer': pass",
    ],
)
def test_code_that_takes_a_sentence_apart_is_seen(code: str) -> None:
    assert taken_apart(code)


@pytest.mark.parametrize("code", ["say(reply.reason)", "f'{reply.reason}'", "reply.kind is FailureKind.TIMED_OUT"])
def test_code_that_shows_a_sentence_is_left_alone(code: str) -> None:
    assert not taken_apart(code)


@pytest.mark.slow
def test_no_module_takes_a_sentence_apart() -> None:
    found = {
        f"{module.relative_to(PACKAGE)}: {place}"
        for module in PACKAGE.rglob("*.py")
        for place in taken_apart(module.read_text(encoding="utf-8"))
    }
    assert found == set()


def test_no_script_takes_a_sentence_apart() -> None:
    scripts = [script for script in PACKAGE.rglob("*.js") if CUTTING_IN_SCRIPTS.search(script.read_text("utf-8"))]
    assert scripts == []
