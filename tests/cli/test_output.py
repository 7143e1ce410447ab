"""What is printed is never obeyed by a terminal: every verb with names and contents that try, and the one place."""

import ast
import json
import re
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from unicodedata import bidirectional, category

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import phone_sim
from phone_sim.boot_server.journal import Journal
from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.main import VERBS, main
from phone_sim.cli.output import cell, console, say, say_json
from phone_sim.cli.serving import print_request
from phone_sim.printable import visible
from phone_sim.recording.json_lines import exchange_line, head_line
from tests.recording.dialogues import BEGAN, exchange
from tests.runtime.hostile_http import HostileHttpServer, answering

# Sets the title of a window, rings, begins a color (C1), and turns the direction of what follows.
EVIL = "\x1b]0;evil\x07\x9b31m\u202e"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
OWN_STYLES = re.compile("\x1b\\[[0-9;]*m")
# XML has no ESC, but C1 and direction.
EVIL_SERIAL = "\x9b31m\u202e"
OPTIONS = {"parameters": ("--describe",), "license": ("inspect",), "record": ("--out", "out.jsonl")}
Words = tuple[str, ...]


def check_file(folder: Path) -> Words:
    (folder / "license.cfg").write_text(f"<licenses><licenseKey Serial='{EVIL_SERIAL}&#10;key 2: valid'/></licenses>")
    return "check", f"{folder}/license.cfg", "--mac", "0004f2000001"


def inspect_file(folder: Path) -> Words:
    authority = ("license", "--authority", f"{folder}/authority")
    printed(*authority, "init")
    return (*authority, "inspect", check_file(folder)[1])


def explained(folder: Path) -> Words:
    (folder / "a.log").write_text(f"0101070000|lic |4|03|{EVIL}\n0101070000|{EVIL[:9]}|4|03|x\n")
    return "explain", "--all", f"{folder}/a.log"


def scenario_with_a_key(folder: Path) -> Words:
    (folder / "a.toml").write_text(f"{json.dumps(EVIL)} = 1")
    return "scenario", f"{folder}/a.toml"


def scenario_with_a_title(folder: Path) -> Words:
    file = folder / f"{EVIL}.toml"
    file.write_text(f'title = {json.dumps(EVIL)}\nstart = "2026-03-02T08:00"\n[[steps]]\npower_on = true\n')
    return "scenario", f"{file}"


def population(folder: Path) -> Words:
    (folder / "a.toml").write_text(f"models = {{ {json.dumps(EVIL)} = 1 }}")
    return "fleet", "--virtual", "--population", f"{folder}/a.toml"


def models(folder: Path) -> Words:
    text = next(Path("models").glob("spip_670.toml")).read_text().replace("SoundPoint IP 670", json.dumps(EVIL)[1:-1])
    (folder / "a.toml").write_text(text)
    return "models", "--models", f"{folder}", "670"


def compared(folder: Path) -> Words:
    for name, path in (("one", "a.cfg"), ("two", EVIL)):
        line = exchange_line(exchange(path=path, method=EVIL))
        (folder / name).write_text(head_line("http://a/", BEGAN) + line)
    return "compare", f"{folder}/one", f"{folder}/two"


CONTENTS = [
    check_file,
    inspect_file,
    explained,
    scenario_with_a_key,
    scenario_with_a_title,
    population,
    models,
    compared,
]


def printed(*words: str) -> str:
    """What a verb prints in color, on stdout and stderr."""
    return OWN_STYLES.sub("", CliRunner().invoke(main, words, color=True).output)


@pytest.mark.parametrize("prepare", CONTENTS)
def test_contents_of_files_are_not_obeyed(prepare: Callable[[Path], Words], tmp_path: Path) -> None:
    output = printed(*prepare(tmp_path))
    assert "\\x9b31m" in output
    assert OBEYED.findall(output) == []
    assert not re.search(r"^key 2", output, re.MULTILINE)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("word", [f"--{EVIL}", f"{EVIL}/{EVIL}"])
def test_words_of_the_command_line_are_not_obeyed(verb: str, word: str) -> None:
    output = printed(verb, *OPTIONS.get(verb, ()), *[word] * (2 if verb == "compare" else 1))
    assert OBEYED.findall(output) == []
    assert "evil" in output


def test_verb_that_is_none_is_not_obeyed() -> None:
    for words in ((EVIL,), (f"--{EVIL}",)):
        output = printed(*words)
        assert "evil" in output
        assert OBEYED.findall(output) == []


def test_words_of_a_server_are_not_obeyed() -> None:
    with HostileHttpServer(answering(f"500 {EVIL[:-1]}", b"", f"X: {EVIL[:-1]}")) as server:
        output = printed("boot", "--server", server.url, "--requests")
    assert "500" in output
    assert OBEYED.findall(output) == []


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """What was printed since."""
    return lambda: capsys.readouterr().out


@pytest.mark.parametrize("as_json", [False, True])
def test_methods_and_paths_of_requests_are_not_obeyed(as_json: bool, lines: Callable[[], str]) -> None:
    """`serve`, `record` and `replay` print requests in this way."""
    journal = Journal(capacity=0, on_request=partial(print_request, as_json=as_json))
    with BootServer(MemorySite({}), journal=journal) as server:
        host, port = server.url.removeprefix("http://").rstrip("/").split(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(
                "G\x1b]0;evil\x07\x9b\x7f /%1b%0a\x9b HTTP/1.1\r\nUser-Agent: \x9b\r\n\r\n".encode("latin-1")
            )
            client.recv(100)
    output = lines()
    assert "evil" in output
    assert OBEYED.findall(output) == []
    assert output.count("\n") == 1
    if as_json:
        assert json.loads(output)["method"] == "G\x1b]0;evil\x07\x9b\x7f"


def test_styles_are_those_of_the_parts_only(lines: Callable[[], str]) -> None:
    say("a\tb\u00a0\n", "\x1b[31m", nl=False)
    assert lines() == "a\tb\u00a0\n\\x1b[31m"
    say_json(json.dumps({"\x7f": EVIL}))
    assert json.loads(lines()) == {"\x7f": EVIL}


def test_cell_of_a_table_is_neither_obeyed_nor_marked_up() -> None:
    terminal = console()
    with terminal.capture() as captured:
        terminal.print(cell(f"[red]{EVIL}"))
    assert captured.get().strip() == f"[red]{visible(EVIL)}"


@pytest.mark.slow
@given(st.text())
def test_nothing_that_is_obeyed_is_left(text: str) -> None:
    shown = visible(text, kept="")
    assert not any(category(each) in ("Cc", "Cf", "Cs", "Zl", "Zp") for each in shown)
    assert not any(
        bidirectional(each) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI") for each in shown
    )
    assert visible(shown) == shown


def calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


@pytest.mark.slow
def test_only_one_place_prints() -> None:
    """No other module calls what writes to a terminal; a progress bar has a label of ours."""
    printing = re.compile(
        r"click\.(s?echo|style|echo_via_pager|prompt|confirm)|(rich\.)?print|.*\bstd(out|err)\.write|.*\bConsole"
    )
    package = Path(phone_sim.__file__).parent
    found = {
        (file.relative_to(package).as_posix(), call)
        for file in package.rglob("*.py")
        for call in calls(ast.parse(file.read_text()))
        if printing.fullmatch(call)
    }
    of_output = {(place, call) for place, call in found if place == "cli/output.py"}
    # Locust's own processes import no verb.
    assert found - of_output == {("fleet/on_locust/users.py", "sys.stderr.write")}
    assert {call for _, call in of_output} == {"click.echo", "click.style", "Console"}
