"""Two versions of a file differ in what they mean: parameters, license keys, or bytes."""

import pytest

from phone_sim.licensing.expiry import NEVER
from phone_sim.licensing.license_file import write
from phone_sim.recording import file_changes as room
from phone_sim.recording.file_changes import Change, FileVersion, file_changes, first_difference
from phone_sim.recording.names import Names
from tests.make import signed_key
from tests.recording.dialogues import exchange


def changes(first: bytes, second: bytes, mac: str = "0004f2aabbcc", other: str = "0004f2aabbcc") -> list[str]:
    """What differs, in words; the MAC addresses of the two phones are alike."""
    found = file_changes(version(first, mac), version(second, other))
    return [f"{one.name}: {one.first} -> {one.second}" for one in found]


def version(data: bytes, mac: str) -> FileVersion:
    """A file in the dialogue of a phone."""
    return FileVersion(data=data, rename=Names([exchange(f"{mac}.cfg")]).put_into)


def test_configuration_files_differ_by_parameter() -> None:
    first = b'<?xml version="1.0"?><site feature.x="0" feature.y="1" same=" 1 "/>'
    second = b'<!-- another --><a>\n <b same="1"/><c feature.z="2" feature.x="1"/></a>'
    assert changes(first, second) == ["feature.x: 0 -> 1", "feature.y: 1 -> None", "feature.z: None -> 2"]
    assert changes(b'<a x="1" y="2"/>', b'<b y="2"><c x="1"/></b>') == []


def test_files_with_text_or_without_parameters_differ_by_byte() -> None:
    first, second = b"<directory><ln>Doe</ln></directory>", b"<directory><ln>Roe</ln></directory>"
    assert changes(first, second) == ["from byte 16: Doe</ln></direct -> Roe</ln></direct"]
    assert changes(b"<a>1</a>", b"<a>12</a>") == ["length in bytes: 8 -> 9", "from byte 5: </a> -> 2</a>"]
    assert changes(b'<a b="1"/>', b'<a b="1"') == ["length in bytes: 10 -> 8", "from byte 9: /> -> None"]
    assert changes(b"\xff\0", b"\xff\1") == [r"from byte 2: \x00 -> \x01"]


def test_activation_files_differ_by_key() -> None:
    key, more = signed_key({7: NEVER}), signed_key({7: NEVER, 4: NEVER})
    signature, granted, *rest = changes(write([key]), write([more]))
    assert (granted, rest) == ("key of <MAC>, option bit 4: None -> until never", [])
    assert signature.startswith("key of <MAC>, SHA-256 of the signature: ")
    assert changes(write([key]), write([key]).replace(b"'", b'"')) == []
    bad = write([key]).replace(b"Phone", b"Pho")
    assert changes(write([key]), bad)[0] == "key of <MAC>, type: Phone -> None"
    assert "malformed: Type" in " ".join(changes(write([key]), bad))


def test_mac_address_of_the_phone_makes_no_difference() -> None:
    assert changes(b"<h1>no 0004f2aabbcc.cfg</h1>", b"<h1>no 0004f2000001.cfg</h1>", other="0004f2000001") == []
    assert changes(b'<a u="0004f2aabbcc"/>', b'<a u="0004f2000001"/>', other="0004f2000001") == []


def test_changes_of_one_file_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "CHANGES_LIMIT", 1)
    assert changes(b'<a x="1" y="1"/>', b'<a x="2" y="2"/>') == ["x: 1 -> 2"]


def test_first_difference_is_found_in_long_files() -> None:
    data = bytes(10_000)
    assert first_difference(data, data[:9_000] + b"\1" + data[9_001:]) == 9_000
    assert first_difference(data, data[:8192]) == 8192
    assert Change(name="a", first=None, second="") != Change(name="a", first="", second=None)
