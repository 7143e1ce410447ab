"""The verbs record, replay and compare, run as users run them."""

import json
import shutil
import signal
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from click.testing import CliRunner, Result

from phone_sim.boot_server.server import BootServer
from phone_sim.boot_server.site import MemorySite
from phone_sim.cli.main import main
from phone_sim.recording.dialogue import Body
from phone_sim.recording.files import load_recording
from phone_sim.recording.json_lines import exchange_line, head_line
from tests.recording.dialogues import BEGAN, FILES, VERSION_1, boot_log, exchange, upload

pytestmark = pytest.mark.slow


def phone_sim(*words: str, color: bool = False) -> Result:
    """Run a verb in this process."""
    return CliRunner().invoke(main, words, prog_name="phone-sim", color=color)


def start(*words: str) -> "subprocess.Popen[str]":
    """Start a verb that does not end by itself."""
    command = [sys.executable, "-m", "phone_sim", *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def address_of(running: "subprocess.Popen[str]") -> str:
    """The address that a started verb says it serves on."""
    assert running.stdout is not None
    line = running.stdout.readline()
    assert " on http" in line or " on tftp" in line, line
    return line.split()[-1]


def written(path: Path, *paths: str, agent: str = "phone/1", log: bytes = b"0302080000|same") -> str:
    """A recording of these requests and an upload."""
    lines = [head_line("http://boot.example/", BEGAN)]
    lines += [exchange_line(exchange(one, user_agent=agent)) for one in paths]
    path.write_text("".join([*lines, exchange_line(upload("0004f2000001-app.log", log))]))
    return str(path)


@pytest.mark.parametrize("protocol", ["--http", "--tftp"])
def test_record_then_replay_is_the_same_boot(tmp_path: Path, protocol: str) -> None:
    out = tmp_path / "out.jsonl"
    with BootServer(MemorySite(FILES)) as real:
        with start("record", real.url, "--out", str(out), protocol, "0") as recording:
            log = boot_log(address_of(recording))
            recording.send_signal(signal.SIGINT)
            said, _ = recording.communicate(timeout=60)
        assert recording.returncode == 130
    assert len(said.splitlines()) == len(load_recording(out).exchanges)
    with start("replay", str(out), protocol, "0") as replaying:
        url = address_of(replaying)
        assert boot_log(url) == log
        boot_log(url, mac="0004f2000002")
        replaying.send_signal(signal.SIGTERM)
        _, unknown = replaying.communicate(timeout=60)
    assert replaying.returncode == 143
    assert "0004f2000002-license.cfg was never asked for in the recording" in unknown
    assert "0004f2000001" not in unknown


def test_record_can_do_it_wrong_on_purpose(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with BootServer(MemorySite(FILES)) as real:
        words = ("--http", "0", "--json", "--fault", "503 file=site.cfg")
        with start("record", real.url, "--out", str(out), *words) as recording:
            assert recording.stdout is not None
            url = json.loads(recording.stdout.readline())["serving"]
            assert "HTTP 503 Service Unavailable" in boot_log(url)
            requests.get(f"{url}asked.cfg?token=secret", timeout=60)
            recording.send_signal(signal.SIGINT)
            said, _ = recording.communicate(timeout=60)
    assert "asked.cfg" in said
    assert "secret" not in said + out.read_text()
    assert [json.loads(line)["status"] for line in said.splitlines() if "fault" in line] == [503]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("record", "nowhere", "--out", "out"), "not a boot server address"),
        (("record", "gopher://a/", "--out", "out"), "can be spoken"),
        (("record", "http://127.0.0.1:9/", "--out", "absent/out"), "--out absent/out"),
        (("record", "http://127.0.0.1:9/", "--out", "out", "--fault", "explode"), "explode"),
        (("record", "http://127.0.0.1:9/"), "--out"),
        (("replay", "absent.jsonl"), "absent.jsonl: there is no such file"),
        (("compare", "absent.jsonl", "absent.jsonl"), "absent.jsonl: there is no such file"),
        (("compare", "absent.jsonl"), "SECOND"),
    ],
)
def test_bad_arguments_end_with_2_and_say_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], complaint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = phone_sim(*words)
    assert done.exit_code == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_port_that_is_taken_leaves_the_older_recording(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("an older one")
    with BootServer(MemorySite()) as other:
        taken = f"{urlsplit(other.tftp_url).port}"
        words = ("--out", str(out), "--force", "--http", "0", "--tftp", taken)
        done = phone_sim("record", "http://127.0.0.1:9/", *words)
    assert done.exit_code == 2
    assert "cannot listen on" in done.stderr
    assert out.read_text() == "an older one"


def test_recording_that_is_there_is_kept_unless_asked_otherwise(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    written(out, "site.cfg")
    before = out.read_bytes()
    words = ("record", "http://boot.example/", "--out", str(out))
    done = phone_sim(*words)
    assert (done.exit_code, out.read_bytes()) == (2, before)
    assert "there is something in this file; --append adds to it, --force replaces it" in done.stderr
    both = phone_sim(*words, "--append", "--force")
    other = phone_sim("record", "http://other.example/", "--out", str(out), "--append")
    assert (both.exit_code, other.exit_code, out.read_bytes()) == (2, 2, before)
    assert "give one of them" in both.stderr
    assert "this is a recording of http://boot.example/, and not of http://other.example/" in other.stderr
    out.write_text("no recording\n")
    assert "line 1: not a line of JSON" in phone_sim(*words, "--append").stderr
    assert out.read_text() == "no recording\n"


def test_recording_that_breaks_off_is_read_and_said_to(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    written(whole, "a.cfg")
    cut.write_bytes(whole.read_bytes()[:-1])
    done = phone_sim("compare", str(whole), str(cut))
    assert done.exit_code == 1
    assert "PUT <mac>-app.log  only in the first" in done.stdout
    complaint = f"{cut}, line 3: the recording breaks off here, as on a full disk; this line is left out\n"
    assert done.stderr == complaint
    with start("replay", str(cut), "--http", "0") as replaying:
        address_of(replaying)
        replaying.send_signal(signal.SIGTERM)
        _, said = replaying.communicate(timeout=60)
    assert said == complaint


def test_bad_recording_is_refused_with_file_and_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text(head_line("http://boot.example/", BEGAN) + "{}\n")
    for words in (("replay", str(bad)), ("compare", str(bad), str(bad))):
        done = phone_sim(*words)
        assert done.exit_code == 2
        assert "bad.jsonl, line 2: " in done.stderr


def test_compare_of_the_same_ends_with_0(tmp_path: Path) -> None:
    one = written(tmp_path / "one", "site.cfg")
    done = phone_sim("compare", one, one)
    assert (done.exit_code, done.stdout) == (0, "The dialogues are the same: 2 requests, 2 answers compared.\n")
    assert json.loads(phone_sim("compare", one, one, "--json").stdout)["same"]


def test_compare_shows_what_differs_and_ends_with_1(tmp_path: Path) -> None:
    one = written(tmp_path / "one", "a.cfg", "b.cfg", "c.cfg")
    other = written(tmp_path / "other", "a.cfg", "d.cfg", "c.cfg", agent="phone/2", log=b"0302080000|other")
    done = phone_sim("compare", one, other)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        f"--- {one}: 4 requests",
        f"+++ {other}: 4 requests",
        "-    2 GET b.cfg  only in the first",
        "+    2 GET d.cfg  only in the second",
        "~ upload",
        "-    4 PUT <mac>-app.log",
        "+    4 PUT <mac>-app.log",
        "    - <time>|same",
        "    + <time>|other",
        "~ user agent of 2 requests",
        "- phone/1",
        "+ phone/2",
        "The dialogues differ: 4 requests, 3 answers compared.",
    ]


ANSWER = exchange(
    "site.cfg", sent=b'<a feature.x="0" b="1"/>', answer_headers=(("Content-Type", "text/xml"), ("Date", "now"))
)
OTHER = replace(ANSWER, sent=Body.of(b'<a b="1" feature.x="1"/>', 100), answer_headers=(("Content-Type", "text/html"),))


def test_compare_shows_what_differs_in_the_answers(tmp_path: Path) -> None:
    one, other = (str(tmp_path / name) for name in ("one", "other"))
    for path, each in ((one, ANSWER), (other, OTHER)):
        Path(path).write_text(head_line("http://boot.example/", BEGAN) + exchange_line(each))
    done = phone_sim("compare", one, other)
    assert done.exit_code == 1
    assert done.stdout.splitlines()[2:] == [
        "~ headers",
        "-    1 GET site.cfg",
        "+    1 GET site.cfg",
        "    Content-Type: text/xml -> text/html",
        "~ body",
        "-    1 GET site.cfg",
        "+    1 GET site.cfg",
        "    feature.x: 0 -> 1",
        "The dialogues differ: 1 request, 1 answer compared; headers ignored: Date.",
    ]
    report = json.loads(phone_sim("compare", one, other, "--json").stdout)
    assert [each["changes"] for each in report["differences"]] == [
        [{"name": "Content-Type", "first": "text/xml", "second": "text/html"}],
        [{"name": "feature.x", "first": "0", "second": "1"}],
    ]
    assert report["answers"]["headers_ignored"] == ["Date"]
    done = phone_sim("compare", one, other, "--no-answers")
    assert (done.exit_code, done.stdout) == (0, "The dialogues are the same: 1 request; answers not compared.\n")


def test_recording_of_version_1_is_compared_by_requests_unless_asked_otherwise(tmp_path: Path) -> None:
    shutil.copy(VERSION_1, old := tmp_path / "old")
    assert "13 requests; answers not compared." in phone_sim("compare", str(old), str(old)).stdout
    said = phone_sim("compare", str(old), str(old), "--answers").stdout
    assert "13 answers compared; headers not compared, a recording of version 1 has none." in said
    server = load_recording(old).server
    done = phone_sim("record", server, "--out", str(old), "--append", "--http", "0")
    assert done.exit_code == 2
    assert "a recording of version 1; only one of version 2 can be added to" in done.stderr


def test_recording_is_written_as_har_for_its_owner_only(tmp_path: Path) -> None:
    out, har, again = (tmp_path / name for name in ("out.jsonl", "out.har", "again.har"))
    har.write_text("an older one")
    with BootServer(MemorySite(FILES)) as real:
        with start("record", real.url, "--out", str(out), "--har", str(har), "--http", "0") as recording:
            boot_log(address_of(recording))
            recording.send_signal(signal.SIGINT)
            recording.communicate(timeout=60)
        assert recording.returncode == 130
    assert len(json.loads(har.read_text())["log"]["entries"]) == len(load_recording(out).exchanges)
    assert phone_sim("replay", str(out), "--har", str(again)).exit_code == 0
    assert again.read_bytes() == har.read_bytes()
    assert {stat.S_IMODE(file.stat().st_mode) for file in (har, again)} == {0o600}


def test_compare_is_colored_on_a_terminal_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    one, other = written(tmp_path / "one", "a.cfg"), written(tmp_path / "other", "b.cfg")
    assert "\x1b[31m-    1 GET a.cfg" in phone_sim("compare", one, other, color=True).stdout
    assert "\x1b" not in phone_sim("compare", one, other).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in phone_sim("compare", one, other, color=True).stdout


def test_compare_as_json_names_each_difference(tmp_path: Path) -> None:
    one, other = written(tmp_path / "one", "a.cfg"), written(tmp_path / "other", "a.cfg", agent="phone/2")
    done = phone_sim("compare", one, other, "--json")
    report = json.loads(done.stdout)
    assert done.exit_code == 1
    assert report["requests"] == [2, 2]
    assert report["answers"]["compared"] == 2
    (difference,) = report["differences"]
    assert difference["kind"] == "user_agent"
    assert (difference["first"]["user_agent"], difference["second"]["user_agent"]) == ("phone/1", "phone/2")


def test_hostile_words_do_not_reach_the_terminal(tmp_path: Path) -> None:
    one, other = written(tmp_path / "one", "a\x1b]0;x\x07\udc80"), written(tmp_path / "other")
    assert r"a\x1b]0;x\x07\udc80" in phone_sim("compare", one, other).stdout
    assert phone_sim("compare", one, other, "--json").exit_code == 1
