"""The archive has what HAR 1.2 requires, and no credentials."""

import gzip
import json
from datetime import UTC, datetime
from typing import Any

from phone_sim.recording.dialogue import Recording
from phone_sim.recording.files import load_recording
from phone_sim.recording.har import har_pieces
from tests.recording.dialogues import VERSION_1, exchange, recording, upload

REQUIRED = {
    "entry": {"startedDateTime", "time", "request", "response", "cache", "timings"},
    "request": {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"},
    "response": {
        "status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize",
        "bodySize",
    },
    "content": {"size", "mimeType"},
    "postData": {"mimeType", "text"},
    "timings": {"send", "wait", "receive"},
}  # fmt: skip
"""The members that http://www.softwareishard.com/blog/har-12-spec/ does not call optional."""


def entries(made: Recording) -> list[dict[str, Any]]:
    """The entries of the archive of a recording, each of which has what is required."""
    log = json.loads("".join(har_pieces(made)))["log"]
    assert (log["version"], {*log["creator"]}) == ("1.2", {"name", "version"})
    for entry in log["entries"]:
        request, response = entry["request"], entry["response"]
        parts = {"entry": entry, "request": request, "response": response, "content": response["content"]}
        parts |= {"timings": entry["timings"]} | ({"postData": request["postData"]} if "postData" in request else {})
        for name, part in parts.items():
            assert REQUIRED[name] <= part.keys(), name
        for header in (*request["headers"], *response["headers"]):
            assert {*header} == {"name", "value"}
        assert datetime.fromisoformat(entry["startedDateTime"]).tzinfo is not None
        assert entry["time"] == sum(entry["timings"].values())
    found: list[dict[str, Any]] = log["entries"]
    return found


def test_archive_has_what_is_required() -> None:
    packed = gzip.compress(b"<a/>")
    headers = (("Content-Type", "text/xml"), ("Content-Encoding", "gzip"))
    moved = exchange("old", status=302, reason="Found", sent=b"", answer_headers=(("Location", "/new"),))
    zipped, wave, put, redirect, broken = entries(
        recording(
            exchange("a b#.cfg", sent=packed, answer_headers=headers),
            exchange("tone.wav", sent=b"\xff\0"),
            upload("a.log", b"\xff"),
            moved,
            exchange("a", status=-1, reason="", sent=None, fault="down"),
            exchange("a", method="RRQ", status=0),
        )
    )
    assert zipped["request"]["url"] == "http://boot.example/a%20b%23.cfg"
    assert zipped["response"]["content"] == {"size": 4, "mimeType": "text/xml", "text": "<a/>"}
    assert zipped["response"]["bodySize"] == len(packed)
    assert wave["response"]["content"] == {"size": 2, "mimeType": "", "text": "/wA=", "encoding": "base64"}
    assert put["request"]["postData"] == {"mimeType": "", "text": "/w==", "comment": "base64"}
    assert redirect["response"]["redirectURL"] == "/new"
    assert (broken["response"]["status"], broken["comment"]) == (0, "fault on purpose: down")


def test_recording_of_version_1_is_archived() -> None:
    old = load_recording(VERSION_1)
    assert len(entries(old)) == 11
    assert entries(Recording(server="a", began=datetime.max.replace(tzinfo=UTC), exchanges=old.exchanges))
