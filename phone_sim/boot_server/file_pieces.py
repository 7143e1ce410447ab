"""Pieces of files: what a phone with UC Software 5.x appends to its log on the boot server (field notes 3.2).

A piece is taken where it begins exactly at the end of the file that is there, and is all that is to come (RFC 9110
14.5 leaves it to the server). Whatever else says Content-Range is refused, since a piece that is stored as if it were
the whole destroys the file. Which pieces are taken is our choice: of real servers some do it, some refuse.
"""

import re

from phone_sim.boot_server.site import Found, Missing, Refusing, Site, WriteAnswer, store_upload

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\*)", re.ASCII)


def start_of(content_range: str, length: int) -> int | None:
    """Where a last piece of `length` bytes begins by its Content-Range; None where the two do not agree."""
    found = _CONTENT_RANGE.fullmatch(content_range)
    if found is None:
        return None
    start, end, whole = int(found[1]), int(found[2]), found[3]
    return start if end - start + 1 == length and whole in ("*", str(end + 1)) else None


def store_piece(site: Site, path: str, data: bytes, content_range: str | None) -> WriteAnswer:
    """Store what a client uploads: a whole file, or with a Content-Range what comes after the file that is there."""
    if content_range is None:
        return store_upload(site, path, data)
    start = start_of(content_range, len(data))
    if start is None:
        return Refusing.of_http(400, "the Content-Range is not that of the end of a file")
    answer = site.read(path)
    if not isinstance(answer, Found | Missing):
        return answer
    there = answer.data if isinstance(answer, Found) else b""
    if start != len(there):
        return Refusing.of_http(416, f"the file has {len(there)} bytes, and the piece begins at {start}")
    return store_upload(site, path, there + data)
