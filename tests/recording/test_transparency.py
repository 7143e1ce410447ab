"""A real client gets from the proxy, and from the replayed recording, what nginx itself answers."""

import gzip
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from phone_sim.recording.files import load_recording
from tests.real_servers import Nginx, require
from tests.recording.dialogues import FILES, proxied, replayed

pytestmark = pytest.mark.real

EXTRAS = [
    "gzip on; gzip_types text/xml; gzip_min_length 1; gzip_comp_level 1;",
    "location = /moved { return 302 /site.cfg; }",
    "location = /elsewhere { return 301 http://boot.example/site.cfg; }",
    'location = /cookie { add_header Set-Cookie "session=sesame"; add_header Set-Cookie "b=2"; return 200 "ok"; }',
    'location /guarded/ { auth_basic "boot server"; auth_basic_user_file users; }',
]
NOT_COMPARED = re.compile(r"^(Date|Connection|Via): ")
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
    ("site.cfg", "-H", "If-Modified-Since: Mon, 02 Mar 2099 08:00:00 GMT"),
    ("site.cfg", "--http1.0"),
    ("sub%20folder/a%2Bb%23.cfg",),
    ("moved",),
    ("elsewhere",),
    ("cookie", "-H", "Cookie: session=open"),
    ("guarded/a.cfg",),
    ("guarded/a.cfg", "-u", "phone:sesame"),
    ("logs/a.log", *PUT),
    ("logs/a.log", *PUT),
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
    (work / "users").write_text("phone:{PLAIN}sesame\n")
    with Nginx(root, work, extras=EXTRAS) as server:
        yield server


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
        assert answers(front.http) == [([line for line in head if "Cookie" not in line], body) for head, body in direct]
    assert unknown == []
    said = "\n".join(line for head, _ in direct for line in head)
    for expected in (
        "HTTP/1.1 201 Created", "HTTP/1.1 204 No Content", "HTTP/1.1 206 Partial Content", "HTTP/1.1 304 Not Modified",
        "HTTP/1.1 403", "HTTP/1.1 404", "HTTP/1.1 405", "HTTP/1.1 416", "HTTP/1.1 501",
        "Location: <here>/site.cfg", "Location: http://boot.example/site.cfg", "Content-Range: bytes 2-5/",
        "Transfer-Encoding: chunked", "Content-Encoding: gzip", "ETag: ", "Set-Cookie: session=sesame",
    ):  # fmt: skip
        assert expected in said
    text = out.read_text()
    assert not re.search("sesame|session|cGhvbmU6|token", text)
    zipped = load_recording(out).exchanges[4]
    assert zipped.sent is not None
    assert zipped.sent.data is not None
    assert gzip.decompress(zipped.sent.data) == FILES["site.cfg"]
    assert json.loads(text.splitlines()[1])["sent"]["text"] == FILES["site.cfg"].decode()
