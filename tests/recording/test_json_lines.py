"""What is no recording is refused with its line, and what was written is read back."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.errors import RecordingError
from phone_sim.recording import files
from phone_sim.recording.dialogue import Body, RecordedExchange, Recording
from phone_sim.recording.files import load_recording
from phone_sim.recording.json_lines import exchange_line, head_line, read_recording
from tests.recording.dialogues import BEGAN, VERSION_1, exchange, recording, upload

HEAD = head_line("http://boot.example/", BEGAN).encode()
LINE = exchange_line(exchange("site.cfg")).encode()


def read(data: bytes) -> Recording:
    """The recording in some bytes."""
    return read_recording(data.splitlines(keepends=True), "some.jsonl")


def changed(**values: Any) -> bytes:
    """The line of an exchange with other values."""
    return json.dumps(json.loads(LINE) | values).encode() + b"\n"


contents = st.binary(max_size=50) | st.text(max_size=50).map(lambda text: text.encode("utf-8", "surrogatepass"))
bodies = st.none() | st.builds(Body.of, contents, st.sampled_from([10, 100]))
values = st.text(st.sampled_from("\t ~a\x80\xff"))
headers = st.none() | st.lists(st.tuples(st.sampled_from(["ETag", "x-a"]), values), max_size=3).map(tuple)
exchanges = st.builds(
    RecordedExchange,
    at=st.floats(0, 1e6),
    client=st.text(),
    protocol=st.sampled_from(["http", "tftp"]),
    method=st.text(),
    path=st.text(),
    user_agent=st.text(),
    status=st.integers(-1, 599),
    reason=st.text(),
    received=bodies,
    sent=bodies,
    fault=st.sampled_from(["", "503 file=*.cfg", "reset=100"]),
    seconds=st.floats(0, 1e6),
    request_headers=headers,
    answer_headers=headers,
)


@pytest.mark.slow
@given(st.lists(exchanges, max_size=4))
def test_what_was_written_is_read_back(made: list[RecordedExchange]) -> None:
    data = HEAD + "".join(map(exchange_line, made)).encode()
    in_order = sorted(made, key=lambda one: one.at)
    assert read(data) == Recording(server="http://boot.example/", began=BEGAN, exchanges=tuple(in_order))


@given(st.binary())
def test_any_bytes_are_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(RecordingError, match=r"^some\.jsonl, line 1: "):
        read(data)


@pytest.mark.slow
@given(st.binary(min_size=1).filter(lambda data: data.strip(b"\n")))
def test_any_bytes_after_a_head_are_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(RecordingError, match=r"^some\.jsonl, line [0-9]+: "):
        read(HEAD + data + b"\n")


@pytest.mark.parametrize("length", [1, len(LINE) // 2, len(LINE) - 1])
def test_last_line_that_breaks_off_is_left_out_and_named(length: int) -> None:
    whole, cut = read(HEAD + LINE), read(HEAD + LINE + LINE[:length])
    assert (whole.broken_line, cut.broken_line) == (None, 3)
    assert cut.exchanges == whole.exchanges
    assert read(HEAD + LINE[:length]).exchanges == ()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.slow
@given(st.sampled_from(sorted(json.loads(LINE))), json_values)
def test_any_value_in_a_line_is_read_or_an_error_of_ours(key: str, value: Any) -> None:
    try:
        (one,) = read(HEAD + changed(**{key: value})).exchanges
    except RecordingError:
        return
    assert json.loads(exchange_line(one))[key] == value


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"\n", "not a line of JSON"),
        (b"[" * 100_000 + b"\n", "not a line of JSON"),
        (b"[]\n", "not a JSON object"),
        (b'{"at": 1, "at": 2}\n', "twice"),
        (b"{}\n", "'answer_headers' is missing"),
        (changed(more=1), "'more' is no key"),
        (changed(at=-1), "at is not seconds"),
        (changed(at=float("nan")), "at is not seconds"),
        (changed(status=True), "status is not a whole number"),
        (changed(status=1000), "from -1 to 999"),
        (changed(protocol="ftp"), "not http, https or tftp"),
        (changed(path="x" * 100_001), "at most 100000 characters"),
        (changed(fault="explode"), "explode"),
        (changed(sent="file"), "sent is neither null nor an object"),
        (changed(sent={"size": 4, "sha256": "0" * 64, "base64": "ZmlsZQ=="}), "does not match"),
        (changed(sent={"size": 4, "sha256": "0" * 64, "base64": "!"}), "not base64"),
        (changed(sent={"size": 4, "sha256": "0" * 64, "text": "file"}), "does not match"),
        (changed(sent={"size": 4, "sha256": "0" * 64, "text": "\ud800"}), "not text"),
        (changed(sent={"size": 4, "sha256": "0" * 64, "text": "file", "base64": ""}), "'base64' is no key"),
        (changed(seconds=-1), "seconds is not seconds"),
        (changed(answer_headers={}), "neither null nor a list"),
        (changed(answer_headers=[["a", "b"]] * 201), "at most 200 headers"),
        (changed(answer_headers=[["a"]]), "not a name and a value"),
        (changed(answer_headers=[["a", 1]]), "not a name and a value"),
        (changed(answer_headers=[["a b", "1"]]), "not a header that can be sent"),
        (changed(answer_headers=[["a", "1\r\nb: 2"]]), "not a header that can be sent"),
        (changed(request_headers=[["a", "\u20ac"]]), "not a header that can be sent"),
    ],
)
def test_bad_line_is_refused_with_its_number(line: bytes, complaint: str) -> None:
    with pytest.raises(RecordingError, match=complaint) as caught:
        read(HEAD + LINE + line)
    assert str(caught.value).startswith("some.jsonl, line 3: ")


@pytest.mark.parametrize(
    ("head", "complaint"),
    [
        (b"", "the file is empty"),
        (HEAD[:-1], "breaks off"),
        (LINE, "not a recording"),
        (HEAD.replace(b": 2,", b": 3,"), "version 3; versions 1 and 2 can be read"),
        (HEAD.replace(b"+00:00", b""), "no offset"),
        (HEAD.replace(b"2026", b"year"), "began"),
    ],
)
def test_bad_head_is_refused(head: bytes, complaint: str) -> None:
    with pytest.raises(RecordingError, match=f"line 1: .*{complaint}"):
        read(head)


def test_recording_of_version_1_is_still_read() -> None:
    old = load_recording(VERSION_1)
    assert (old.version, len(old.exchanges)) == (1, 13)
    assert {one.answer_headers for one in old.exchanges} == {None}
    assert [one.status for one in old.exchanges if one.is_file] == [200, 200, 200, 0, 200]
    with pytest.raises(RecordingError, match="line 2: 'answer_headers' is no key of a recording"):
        read(VERSION_1.read_bytes().splitlines(keepends=True)[0] + changed(request_headers=None))


def test_text_is_kept_as_text_where_that_is_shorter() -> None:
    for data, form in ((b"<a/>\n", "text"), ("ä".encode(), "base64"), (b"\xff", "base64"), (b"\0" * 9, "base64")):
        (kept,) = {*json.loads(exchange_line(exchange("a", sent=data)))["sent"]} - {"size", "sha256"}
        assert kept == form


def test_recording_over_its_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "long.jsonl"
    path.write_bytes(HEAD + LINE * 10)
    monkeypatch.setattr(files, "FILE_LIMIT", len(HEAD) + len(LINE))
    with pytest.raises(RecordingError, match=r"long\.jsonl: it has more than"):
        load_recording(path)


def test_line_over_its_length_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "wide.jsonl"
    path.write_bytes(HEAD + LINE)
    monkeypatch.setattr(files, "_LINE_LIMIT", len(HEAD))
    with pytest.raises(RecordingError, match=r"wide\.jsonl: a line has more than"):
        load_recording(path)


@pytest.mark.parametrize("name", ["absent.jsonl", "."])
def test_recording_that_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecordingError, match="no such file"):
        load_recording(tmp_path / name)


def test_exchanges_are_in_the_order_of_the_requests() -> None:
    late, early = changed(at=2.0, path="late"), changed(at=1.0, path="early")
    assert [one.path for one in read(HEAD + late + early).exchanges] == ["early", "late"]


def test_builders_make_recordings() -> None:
    made = recording(exchange("a"), upload("b", b"c"))
    assert read(HEAD + "".join(map(exchange_line, made.exchanges)).encode()) == made
