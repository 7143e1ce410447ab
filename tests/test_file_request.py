"""Which requests a pattern matches."""

from collections.abc import Sequence

import pytest

from phone_sim.file_request import requests_for
from phone_sim.firmware.effects import Fetch, NotFound
from phone_sim.firmware.location import Location
from phone_sim.runtime.exchange import Exchange

PATHS = ("0004f2000001.cfg", "licenses/0004f2000001-license.cfg", "licenses/000000000000-license.cfg")


def exchange(path: str) -> Exchange:
    location = Location(url=f"http://boot.example/{path}", credentials=None)
    return Exchange(
        request=Fetch(location=location, limit=1, user_agent="a"), reply=NotFound("Not Found", 404), seconds=0.5
    )


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*-license.cfg", PATHS[1:]),
        ("0004f2000001-license.cfg", PATHS[1:2]),
        ("licenses/*", PATHS[1:]),
        ("/0004f2000001.cfg", PATHS[:1]),
        ("0004F2000001.cfg", ()),
        ("license.cfg", ()),
    ],
)
def test_pattern_matches_a_path_whole_or_from_a_folder_on(pattern: str, found: Sequence[str]) -> None:
    exchanges = [exchange(path) for path in PATHS]
    assert tuple(one.path for one in requests_for(pattern, exchanges)) == found


def test_request_is_shown_in_one_line() -> None:
    assert repr(exchange("a.cfg")) == "<Exchange GET a.cfg: HTTP 404 Not Found>"
