"""The names of requests: files of many phones under one name, and a bounded number of names."""

import itertools

import pytest

from phone_sim.fleet.on_locust.request_names import (
    KIND_LIMIT,
    NAME_LENGTH_LIMIT,
    NAME_LIMIT,
    OTHER,
    bounded_name,
    request_name,
)
from phone_sim.mac_address import MacAddress

MAC = MacAddress("0004f2aabbcc")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("0004f2aabbcc.cfg", "<MAC>.cfg"),
        ("0004F2AABBCC-license.cfg", "<MAC>-license.cfg"),
        ("logs/0004f2aabbcc-app.log", "logs/<MAC>-app.log"),
        ("000000000000.cfg", "000000000000.cfg"),
        ("000000000000-license.cfg", "000000000000-license.cfg"),
        ("reg-5001.cfg", "reg-*.cfg"),
        ("5001/reg.cfg", "*/reg.cfg"),
        ("phone5001", "phone*"),
        ("other-0004f2000009.cfg", "other-*.cfg"),
        ("deadbeef99-features.cfg", "*-features.cfg"),
        ("features.cfg", "features.cfg"),
        ("sip-3.3.0.cfg", "sip-*.cfg"),
        ("3111-30900-001.sip.ld", "3111-30900-001.sip.ld"),
        ("ring5001.mp3", "ring*.mp3"),
        ("log.2024", "log.*"),
        (".5001", ".*"),
        ("a\x1b[31m.cfg", "a?[*m.cfg"),
        ("", "/"),
    ],
)
def test_files_of_many_phones_have_one_name(path: str, name: str) -> None:
    assert request_name(MAC, path) == name


def test_long_name_is_cut() -> None:
    name = request_name(MAC, "x" * 4000 + ".cfg")
    assert (len(name), name[-4:]) == (NAME_LENGTH_LIMIT, "x...")


def test_number_of_names_is_bounded() -> None:
    known: dict[tuple[str, str], int] = {}
    words = ["".join(letters) for letters in itertools.product("abcdefgh", repeat=4)]
    for place, word in enumerate(words):
        name = bounded_name(f"{word}.{word if place % 2 else 'cfg'}", "GET", known)
        known[name, "GET"] = known.get((name, "GET"), 0) + 1
    assert sum(known.values()) == len(words)
    assert len(known) == KIND_LIMIT + 1
    assert known["aaaa.cfg", "GET"] == 1
    assert known["*.cfg", "GET"] == (len(words) - NAME_LIMIT) // 2
    assert known[OTHER, "GET"] > 1000
    assert bounded_name("aaaa.cfg", "GET", known) == "aaaa.cfg"
    assert bounded_name("0004f2000001.log", "PUT", known) == "0004f2000001.log"
