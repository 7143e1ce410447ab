"""Pieces of files that a phone appends, as the boot server takes them."""

import pytest
import requests

from phone_sim.boot_server.file_pieces import start_of, store_piece
from phone_sim.boot_server.http import HttpEndpoint
from phone_sim.boot_server.site import MemorySite, Refusing, Stored, TooLarge


@pytest.mark.parametrize(
    ("content_range", "length", "start"),
    [
        ("bytes 0-2/3", 3, 0),
        ("bytes 5-7/8", 3, 5),
        ("bytes 5-7/*", 3, 5),
        ("bytes 5-7/9", 3, None),
        ("bytes 5-7/8", 2, None),
        ("bytes 7-5/8", 3, None),
        ("bytes */8", 3, None),
        ("bytes 5-7", 3, None),
        ("lines 5-7/8", 3, None),
        ("bytes \uff15-7/8", 3, None),
        ("bytes 5-7/8, bytes 5-7/8", 3, None),
        (f"bytes 0-{'9' * 4000}/*", 3, None),
        ("", 3, None),
    ],
)
def test_piece_begins_where_its_content_range_says_if_it_is_the_last(
    content_range: str, length: int, start: int | None
) -> None:
    assert start_of(content_range, length) == start


def test_piece_is_taken_at_the_end_of_the_file_and_nowhere_else() -> None:
    site = MemorySite({}, upload_limit=8)
    assert store_piece(site, "a.log", b"one", "bytes 0-2/3") == Stored(created=True)
    assert store_piece(site, "a.log", b"two", "bytes 3-5/6") == Stored(created=False)
    for start in (0, 3, 5, 7):
        refused = store_piece(site, "a.log", b"six", f"bytes {start}-{start + 2}/{start + 3}")
        assert isinstance(refused, Refusing)
        assert refused.status == 416
    assert isinstance(store_piece(site, "a.log", b"six", "bytes 6-8/9"), TooLarge)
    assert site.files["a.log"] == b"onetwo"
    assert store_piece(site, "a.log", b"new", None) == Stored(created=False)
    assert site.files["a.log"] == b"new"


def test_log_grows_over_http() -> None:
    site = MemorySite({"0004f2aabbcc-app.log": b"old"})
    with HttpEndpoint(site) as server, requests.Session() as client:
        client.trust_env = False

        def put(content_range: str) -> int:
            url = f"{server.url}0004f2aabbcc-app.log"
            return client.put(url, data=b"new", headers={"Content-Range": content_range}).status_code

        assert [put("bytes 3-5/6"), put("bytes 3-5/6"), put("bytes 6-8/*"), put("bytes 0-2/9")] == [204, 416, 204, 400]
    assert site.files["0004f2aabbcc-app.log"] == b"oldnewnew"
