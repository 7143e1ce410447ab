"""Where a path leads, and what a site in memory answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.boot_server.site import Forbidden, Found, MemorySite, Missing, Stored, TooLarge, locate


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("0004f2aabbcc-license.cfg", ("0004f2aabbcc-license.cfg",)),
        ("/0004f2aabbcc.cfg", ("0004f2aabbcc.cfg",)),
        ("a//b", ("a", "b")),
        ("./a/./b", ("a", "b")),
        ("//etc/passwd", ("etc", "passwd")),
        ("a/..b", ("a", "..b")),
        ("a/...", ("a", "...")),
        ("%2e%2e/a", ("%2e%2e", "a")),
        ("logs/été.log", ("logs", "été.log")),
    ],
)
def test_path_below_the_root_is_located(path: str, segments: tuple[str, ...]) -> None:
    assert locate(path) == segments


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "//",
        ".",
        "..",
        "a/",
        "a/.",
        "../a",
        "a/../b",
        "a/..",
        "..\\a",
        "a\\b",
        "a\x00b",
        "a\nb",
        "C:/a",
        "/c:a",
    ],
)
def test_path_to_no_file_is_none(path: str) -> None:
    assert locate(path) is None


@given(st.text(alphabet="./\\a:\x00%C"))
def test_segments_never_climb(path: str) -> None:
    segments = locate(path)
    assert segments is None or (
        len(segments) > 0
        and not any(segment in ("", ".", "..") or "/" in segment or "\\" in segment for segment in segments)
    )


def test_memory_site_answers_each_case() -> None:
    site = MemorySite({"a.cfg": b"one"}, upload_limit=3)
    assert site.read("/a.cfg") == Found(data=b"one")
    assert site.read("A.cfg") == Missing()
    assert isinstance(site.read("../a.cfg"), Forbidden)
    assert site.write("logs//b.log", b"two") == Stored(created=True)
    assert site.write("logs/b.log", b"2") == Stored(created=False)
    assert site.write("c.log", b"four") == TooLarge(limit=3)
    assert isinstance(site.write("..", b""), Forbidden)
    assert site.files == {"a.cfg": b"one", "logs/b.log": b"2"}


def test_files_of_a_memory_site_are_a_copy() -> None:
    site = MemorySite({"a": b"1"})
    site.files["b"] = b"2"
    assert site.read("b") == Missing()
