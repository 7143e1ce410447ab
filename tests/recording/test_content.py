"""Compressed bodies are unpacked, up to a limit."""

import gzip
import zlib

import pytest

from phone_sim.recording import content as room
from phone_sim.recording.content import Unpacking
from tests.recording.dialogues import exchange


def unpacked(data: bytes | None, encoding: str) -> bytes | None:
    """The content of an answer with this encoding."""
    return Unpacking().content(exchange("a", sent=data, answer_headers=(("content-encoding", encoding),)))


def test_body_is_unpacked() -> None:
    assert unpacked(gzip.compress(b"file"), "GZIP") == unpacked(zlib.compress(b"file"), "deflate") == b"file"
    assert unpacked(b"file", "identity") == Unpacking().content(exchange("a")) == b"file"


def test_what_cannot_be_unpacked_is_not_known() -> None:
    assert unpacked(b"file", "br") is unpacked(b"file", "gzip") is unpacked(gzip.compress(b"file")[:-9], "gzip") is None
    assert unpacked(None, "gzip") is unpacked(gzip.compress(b"a") + gzip.compress(b"b"), "gzip") is None


def test_unpacking_has_a_limit_for_all_answers_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "TOTAL_LIMIT", 10)
    unpacking, packed = (
        Unpacking(),
        exchange("a", sent=gzip.compress(b"x" * 6), answer_headers=(("Content-Encoding", "gzip"),)),
    )
    assert [unpacking.content(packed) for _ in range(3)] == [b"x" * 6, None, None]
