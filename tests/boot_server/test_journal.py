"""The journal of a boot server."""

import json
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest

from phone_sim.boot_server.journal import Journal, Request


def request(path: str = "a.cfg") -> Request:
    return Request(
        at=datetime(2026, 12, 1, 2, 0, tzinfo=UTC),
        protocol="http",
        client="127.0.0.1:5000",
        method="GET",
        path=path,
        status=200,
        size=3,
        user_agent="FileTransport PolycomSoundPointIP-SPIP_670-UA/3.3.0.1098",
        seconds=0.25,
    )


def test_requests_are_a_snapshot() -> None:
    journal = Journal()
    journal.record(request("a"))
    before = journal.requests
    journal.record(request("b"))
    assert [each.path for each in before] == ["a"]
    assert [each.path for each in journal.requests] == ["a", "b"]


def test_oldest_requests_are_forgotten() -> None:
    journal = Journal(capacity=2)
    for path in "abc":
        journal.record(request(path))
    assert [each.path for each in journal.requests] == ["b", "c"]
    assert journal.wait_for(3, timeout=0)


def test_clear_starts_anew() -> None:
    journal = Journal()
    journal.record(request())
    journal.clear()
    assert journal.requests == ()
    assert not journal.wait_for(1, timeout=0)


def test_wait_ends_with_the_request() -> None:
    journal = Journal()
    thread = Thread(target=journal.record, args=(request(),))
    thread.start()
    assert journal.wait_for(1, timeout=60)
    thread.join()


def test_file_holds_a_line_for_each_request(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    with Journal(file=file) as journal:
        journal.record(request("a"))
        first = file.read_text()
        journal.record(request("b"))
    assert json.loads(first) == {
        "at": "2026-12-01T02:00:00+00:00",
        "protocol": "http",
        "client": "127.0.0.1:5000",
        "method": "GET",
        "path": "a",
        "status": 200,
        "size": 3,
        "user_agent": "FileTransport PolycomSoundPointIP-SPIP_670-UA/3.3.0.1098",
        "seconds": 0.25,
    }
    assert [json.loads(line)["path"] for line in file.read_text().splitlines()] == ["a", "b"]


def test_file_is_appended_to(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    for _ in range(2):
        with Journal(file=file) as journal:
            journal.record(request())
    assert len(file.read_text().splitlines()) == 2


def test_line_that_broke_off_does_not_spoil_the_next(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_bytes(b'{"at": "2026')
    with Journal(file=file) as journal:
        journal.record(request("a"))
    broken, whole = file.read_text().splitlines()
    assert broken == '{"at": "2026'
    assert json.loads(whole)["path"] == "a"


def test_full_file_is_renamed_and_none_is_lost(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    (tmp_path / "journal.jsonl.8").write_text("an older one\n")
    for name in ("7", "journalxjsonl.99", "journal.jsonl.9a"):
        (tmp_path / name).touch()
    size = len(request("00").as_json()) + 1
    for numbers in (range(4), range(4, 10)):
        with Journal(file=file, file_limit=3 * size) as journal:
            for number in numbers:
                journal.record(request(f"{number:02}"))
    paths = [
        [json.loads(line)["path"] for line in (tmp_path / name).read_text().splitlines()]
        for name in ("journal.jsonl.9", "journal.jsonl.10", "journal.jsonl.11", "journal.jsonl")
    ]
    assert paths == [["00", "01", "02"], ["03", "04", "05"], ["06", "07", "08"], ["09"]]
    assert (tmp_path / "journal.jsonl.8").read_text() == "an older one\n"


def test_line_over_the_limit_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    with Journal(file=file, file_limit=1) as journal:
        journal.record(request("a"))
        journal.record(request("b"))
    assert [json.loads(one.read_text())["path"] for one in (tmp_path / "journal.jsonl.1", file)] == ["a", "b"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_full_disk_does_not_stop_the_journal(caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal(file=Path("/dev/full"))
    journal.record(request("a"))
    journal.record(request("b"))
    assert len(journal.requests) == 2
    assert [record.message for record in caplog.records] == [
        "the journal file is given up: [Errno 28] No space left on device"
    ]


def test_listener_sees_each_request_and_may_look_back() -> None:
    seen: list[int] = []
    journal = Journal(on_request=lambda _: seen.append(len(journal.requests)))
    journal.record(request())
    journal.record(request())
    assert seen == [1, 2]
