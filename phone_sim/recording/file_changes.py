"""How two versions of a file differ: configuration files by parameter, activation files by key, others by byte.

Pure. What kind a file is shows in its contents: a configuration file has attributes and no text. It does not know who
got the files.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice, zip_longest

from phone_sim.bounded_xml import parse_xml
from phone_sim.errors import DocumentError, LicenseFileError, ParameterFileError
from phone_sim.firmware.parameters.layers import SIZE_LIMIT, read_layer
from phone_sim.licensing.license_file import read_all
from phone_sim.licensing.license_key import LicenseKey, read_key

CHANGES_LIMIT = 1_000
"""Most changes of one file that are listed (our choice)."""

Rename = Callable[[str], str]
Pair = tuple[Mapping[str, str], Mapping[str, str]]

_BLOCK = 4096
_SHOWN_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What differs: its name, and its value in the first and in the second, None where it is missing."""

    name: str
    first: str | None
    second: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVersion:
    """A file of a dialogue, in which `rename` makes alike what differs between any two phones."""

    data: bytes
    rename: Rename


def file_changes(first: FileVersion, second: FileVersion) -> tuple[Change, ...]:
    """What differs between two versions of a file, at most `CHANGES_LIMIT`; nothing where they mean the same."""
    if first.data == second.data:
        return ()
    pair = _parameters(first, second) or _keys(first, second)
    changes = _value_changes(*pair) if pair else _byte_changes(_renamed(first), _renamed(second))
    return tuple(islice(changes, CHANGES_LIMIT))


def _parameters(*files: FileVersion) -> Pair | None:
    """The parameters of configuration files; None where one is of another kind."""
    found = []
    for file in files:
        try:
            values = read_layer(file.data).values
            if not values or any(text.strip() for text in parse_xml(file.data, limit=SIZE_LIMIT).itertext()):
                return None
        except (ParameterFileError, DocumentError):
            return None
        found.append({name: file.rename(value).strip() for name, value in values.items()})
    return found[0], found[1]


def _keys(first: FileVersion, second: FileVersion) -> Pair | None:
    """What the keys of activation files grant; None where one is of another kind."""
    try:
        keys, others = read_all(first.data), read_all(second.data)
    except LicenseFileError:
        return None
    # The signature for another phone differs in any case.
    serials = {key.get("Serial") for key in keys} & {key.get("Serial") for key in others}
    return _granted(keys, first.rename, serials), _granted(others, second.rename, serials)


def _granted(keys: Sequence[Mapping[str, str]], rename: Rename, signed: Container[str | None]) -> dict[str, str]:
    found: dict[str, str] = {}
    counts = Counter[str]()
    for attributes in keys:
        serial = rename(attributes.get("Serial", "")[:_SHOWN_BYTES])
        counts[serial] += 1
        name = f"key of {serial}" if counts[serial] == 1 else f"key {counts[serial]} of {serial}"
        key = read_key(attributes)
        if not isinstance(key, LicenseKey):
            found[name] = f"malformed: {key}"
            continue
        found[f"{name}, type"] = key.type.value
        found |= {f"{name}, option bit {grant.bit}": f"until {grant.expiry}" for grant in key.grants}
        if key.serial in signed:
            found[f"{name}, SHA-256 of the signature"] = sha256(key.validation).hexdigest()
    return found


def _value_changes(values: Mapping[str, str], others: Mapping[str, str]) -> Iterator[Change]:
    for name in dict(values) | dict(others):
        first, second = values.get(name), others.get(name)
        if first != second:
            yield Change(name=name, first=first, second=second)


def _renamed(file: FileVersion) -> bytes:
    try:
        return file.rename(file.data.decode("utf-8")).encode()
    except UnicodeDecodeError:
        return file.data


def _byte_changes(data: bytes, other: bytes) -> Iterator[Change]:
    if data == other:
        return
    if len(data) != len(other):
        yield Change(name="length in bytes", first=str(len(data)), second=str(len(other)))
    place = first_difference(data, other)
    first, second = (each[place : place + _SHOWN_BYTES] for each in (data, other))
    yield Change(name=f"from byte {place + 1}", first=_shown(first), second=_shown(second))


def first_difference(data: bytes, other: bytes) -> int:
    """Where two sequences of bytes first differ, counted from 0."""
    start = 0
    while start < len(data) and data[start : start + _BLOCK] == other[start : start + _BLOCK]:
        start += _BLOCK
    pairs = zip_longest(data[start : start + _BLOCK], other[start : start + _BLOCK])
    return next((start + place for place, (one, another) in enumerate(pairs) if one != another), start)


def _shown(data: bytes) -> str | None:
    return repr(data)[2:-1] if data else None
