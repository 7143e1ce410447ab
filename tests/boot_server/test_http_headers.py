"""Which header fields are passed on, which are written down, and where a redirect leads."""

import io
from http.client import LineTooLong

import pytest

from phone_sim.boot_server.http_head import read_chunks, target_of
from phone_sim.boot_server.http_headers import end_to_end, fields_of, moved_here, without_credentials


def test_fields_of_one_connection_are_not_passed_on() -> None:
    fields = (
        ("Host", "a"),
        ("Connection", "keep-alive, X-Hop"),
        ("Keep-Alive", "5"),
        ("TE", "trailers"),
        ("Transfer-Encoding", "chunked"),
        ("x-hop", "1"),
        ("Upgrade", "h2c"),
        ("Range", "bytes=0-1"),
    )
    assert end_to_end(fields) == (("Host", "a"), ("Range", "bytes=0-1"))


def test_folded_fields_are_put_on_one_line_and_bad_names_left_out() -> None:
    assert fields_of([("A", "1\r\n  2"), ("B C", "x"), ("", "x")]) == (("A", "1 2"),)


def test_nothing_to_log_in_with_is_written_down() -> None:
    fields = (
        ("Authorization", "Basic c2VzYW1l"),
        ("proxy-authorization", "sesame"),
        ("Cookie", "sesame"),
        ("Set-Cookie", "sesame"),
        ("X-Api-Key", "sesame"),
        ("Authentication-Info", 'nextnonce="sesame"'),
        ("Location", "http://user:sesame@boot.example/a?b"),
        ("WWW-Authenticate", 'Digest realm="a, b", nonce="sesame", qop="auth", opaque=sesame, algorithm=MD5'),
        ("WWW-Authenticate", "NTLM sesame=="),
        ("WWW-Authenticate", 'Basic realm="a"'),
        ("ETag", '"1"'),
    )
    assert without_credentials(fields) == (
        ("Location", "http://boot.example/a?b"),
        ("WWW-Authenticate", 'Digest realm="a, b", nonce="removed", qop="auth", opaque="removed", algorithm=MD5'),
        ("WWW-Authenticate", "NTLM"),
        ("WWW-Authenticate", 'Basic realm="a"'),
        ("ETag", '"1"'),
    )


@pytest.mark.parametrize(
    ("location", "here"),
    [
        ("http://boot.example/site/a?b#c", "http://me:8080/a?b#c"),
        ("HTTP://Boot.Example:80/site/a", "http://me:8080/a"),
        ("//boot.example/site/a", "http://me:8080/a"),
        ("/site/a", "/a"),
        ("a/b", "a/b"),
        ("/other/a", "http://boot.example/other/a"),
        ("http://boot.example/other", "http://boot.example/other"),
        ("https://boot.example/site/a", "https://boot.example/site/a"),
        ("http://boot.example:8080/site/a", "http://boot.example:8080/site/a"),
        ("http://[", "http://["),
        ("http://boot.example:x/site/a", "http://boot.example:x/site/a"),
    ],
)
def test_redirect_below_the_root_leads_here(location: str, here: str) -> None:
    assert moved_here(location, "http://boot.example/site/", "http://me:8080/") == here


def test_target_is_passed_on_as_it_was_written() -> None:
    assert target_of("/a%2Fb%20c//d?e=%41&f") == "a%2Fb%20c//d?e=%41&f"
    assert target_of("http://host/a#b") == "a"
    assert target_of("/\xc3\xa4<") == "%C3%A4%3C"


def test_body_in_chunks_is_read_within_its_limit() -> None:
    body = b"4;name=value\r\nfile\r\nA\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\nnext"
    stream = io.BytesIO(body)
    assert read_chunks(stream, 14) == b"file0123456789"
    assert stream.read() == b"next"
    assert read_chunks(io.BytesIO(body), 13) is None
    for cut in range(len(body) - len("next")):
        with pytest.raises(ValueError, match=r"chunk|end"):
            read_chunks(io.BytesIO(body[:cut]), 14)
    with pytest.raises(LineTooLong):
        read_chunks(io.BytesIO(b"1;" + b"a" * 2_000_000), 14)
    with pytest.raises(ValueError, match="chunk"):
        read_chunks(io.BytesIO(b"-1\r\n"), 14)
