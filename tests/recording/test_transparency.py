"""A real client gets from the proxy, and from the replayed recording, what nginx itself answers."""

import gzip
import json
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from phone_sim.firmware.effects import Fetched
from phone_sim.recording.compare import compare
from phone_sim.recording.files import load_recording
from phone_sim.runtime.transport import network_transport
from tests.real_servers import Nginx, require
from tests.recording.dialogues import FILES, boot_log, proxied, replayed
from tests.runtime.phones import PATIENT, fetch

pytestmark = pytest.mark.real

EXTRAS = [
    "gzip on; gzip_types text/xml; gzip_min_length 1; gzip_comp_level 1;",
    "location = /moved { return 302 /site.cfg; }",
    "location = /elsewhere { return 301 http://boot.example/site.cfg; }",
    'location = /cookie { add_header Set-Cookie "session=sesame"; add_header Set-Cookie "b=2"; return 200 "ok"; }',
    'location /guarded/ { auth_basic "boot server"; auth_basic_user_file users; }',
]
NOT_COMPARED = re.compile(r"^(Date|Connection|Via): ")
WRITTEN = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PUT = ("-X", "PUT", "--data-binary", "log line")
ALL = (
    ("site.cfg",),
    ("site.cfg", "--head"),
    ("absent.cfg",),
    ("",),
    ("site.cfg", "-H", "Accept-Encoding: gzip"),
    ("site.cfg", "--head", "-H", "Accept-Encoding: gzip"),
    ("site.cfg?token=1", "-H", "Range: bytes=2-5"),
    ("site.cfg", "-H", "Range: bytes=5000-"),
    ("site.cfg", "-H", "If-Modified-Since: Mon, 02 Mar 2026 08:00:00 GMT"),
    ("site.cfg", "--http1.0"),
    ("sub%20folder/a%2Bb%23.cfg",),
    ("moved",),
    ("elsewhere",),
    ("cookie", "-H", "Cookie: session=open"),
    ("guarded/a.cfg",),
    ("guarded/a.cfg", "-u", "phone:sesame"),
    ("logs/a.log", *PUT),
    ("logs/a.log", *PUT, "-H", "Transfer-Encoding: chunked"),
    ("logs/a.log", "-X", "POST", "--data-binary", "log line"),
    ("logs/a.log", *PUT, "-H", "Content-Range: bytes 0-7/9"),
    ("site.cfg", "-X", "DELETE"),
)


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """nginx with a few locations of its own."""
    root, work = tmp_path_factory.mktemp("root"), tmp_path_factory.mktemp("work")
    for name, data in {**FILES, "sub folder/a+b#.cfg": b"<a b='1'/>", "guarded/a.cfg": b"<a/>"}.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(data)
        os.utime(root / name, (WRITTEN.timestamp(),) * 2)
    (work / "users").write_text("phone:{PLAIN}sesame\n")
    with Nginx(root, work, extras=EXTRAS) as server:
        yield server


EXPECTED = (
    *(f"HTTP/1.1 {status}" for status in (200, 201, 204, 206, 301, 302, 304, 401, 403, 404, 405, 416, 501)),
    "Location: <here>/site.cfg",
    "Location: http://boot.example/site.cfg",
    "Content-Range: bytes 2-5/",
    "Transfer-Encoding: chunked",
    "Content-Encoding: gzip",
    "ETag: ",
    "Set-Cookie: session=sesame",
)
"""What must have come up among the answers."""


def answers(root: str) -> list[tuple[list[str], bytes]]:
    """What curl says of each answer: head without what may differ, its address as `<here>`, and the body."""
    found = []
    for path, *options in ALL:
        command = [require("curl"), "-sS", "-i", "--path-as-is", "-A", "FileTransport/1", *options, root + path]
        done = subprocess.run(command, capture_output=True, check=True, timeout=60)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").replace(root, "<here>/").split("\r\n")
        found.append((sorted(line for line in lines if not NOT_COMPARED.match(line)), body))
    return found


def test_curl_sees_no_difference_but_the_address(nginx: Nginx, tmp_path: Path) -> None:
    out, unknown = tmp_path / "out.jsonl", list[str]()
    direct = answers(nginx.url)
    (nginx.root / "logs" / "a.log").unlink()
    seen = len(nginx.requests(at_least=len(ALL)))
    with proxied(nginx.url, out) as front:
        assert answers(front.http) == direct
    logged = nginx.requests(at_least=2 * seen)
    assert logged[:seen] == logged[seen:]
    with replayed(out, unknown) as front:
        without_cookies = [([line for line in head if "Cookie" not in line], body) for head, body in direct]
        assert answers(front.http) == without_cookies
    assert unknown == []
    said = "\n".join(line for head, _ in direct for line in head)
    for expected in EXPECTED:
        assert expected in said
    text = out.read_text()
    assert not re.search("sesame|session|cGhvbmU6|token", text)
    zipped = load_recording(out).exchanges[4]
    assert zipped.sent is not None
    assert zipped.sent.data is not None
    assert gzip.decompress(zipped.sent.data) == FILES["site.cfg"]
    assert json.loads(text.splitlines()[1])["sent"]["text"] == FILES["site.cfg"].decode()


def test_boot_is_the_same_recorded_and_replayed(nginx: Nginx, tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    with proxied(nginx.url, first) as front:
        log = boot_log(front.http)
    with replayed(first) as replay, proxied(replay.http, second) as front:
        assert boot_log(front.http) == log
    comparison = compare(load_recording(first), load_recording(second), answers=True)
    assert comparison.differences == ()
    assert comparison.answers == len(load_recording(first).exchanges) > 8
    assert set(comparison.ignored_headers) >= {"Date", "Server", "ETag"}


def test_proxy_logs_in_where_its_address_has_a_password(nginx: Nginx, tmp_path: Path) -> None:
    transport = network_transport(limits=PATIENT)
    with proxied(nginx.url.replace("://", "://phone:sesame@"), tmp_path / "out.jsonl") as front:
        assert transport.fetch(fetch(front.http + "guarded/a.cfg")) == Fetched(b"<a/>")
    transport.close()
    assert "sesame" not in (tmp_path / "out.jsonl").read_text()


def test_fault_spoils_what_is_passed_on(nginx: Nginx, tmp_path: Path) -> None:
    rules = ("type=text/plain nth=1", "truncate=5 nth=2", "length=+10 nth=3")
    with proxied(nginx.url, tmp_path / "out.jsonl", *rules) as front:
        plain = {"Accept-Encoding": "identity"}
        found = [requests.get(front.http + "site.cfg", headers=plain, timeout=60) for _ in range(2)]
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            requests.get(front.http + "site.cfg", timeout=60)
    assert [one.headers["Content-Type"] for one in found] == ["text/plain", "text/xml"]
    assert [len(one.content) for one in found] == [len(FILES["site.cfg"]), 5]
