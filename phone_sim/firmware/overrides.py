"""Override files: what was changed on a phone, over what its boot server has, and the file that the phone writes.

A change stays in flash. Where the boot server took it, what the server says at the next boot counts, and the change is
used only if the server has no such file any more; a change that was not taken goes before the server's file, and is
sent again at the end of the next boot. These rules are our decision, as nothing is known of real phones.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from lxml import etree

from phone_sim.firmware.kept_change import KeptChange, Origin
from phone_sim.firmware.parameters.layers import Layer, LayerKind, LayerSource, Parameters, read_override, source_of
from phone_sim.firmware.session import Identity

# The vendor's names; whatever else a boot server's file has is no parameter.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,254}")
_KINDS = (LayerKind.CHANGED, LayerKind.OVERRIDE)
_WEB = "web.cfg"


def files_to_change(identity: Identity, parameters: Parameters, name: str, origin: Origin) -> tuple[str, ...]:
    """The ends of the names of the override files that a change goes into.

    One on the phone goes into `-phone.cfg`, and one on its web page into `-web.cfg`, and also into `-phone.cfg` where
    that sets the parameter, since it goes before (field notes 1.1); firmware before 3.3 has one file for both.
    """
    first, *others = identity.profile.override_files
    if origin is Origin.PHONE or _WEB not in others:
        return (first,)
    is_in_first = name in values_of(identity, parameters, first)
    return (_WEB, first) if is_in_first else (_WEB,)


def with_changes(identity: Identity, parameters: Parameters, changes: Iterable[KeptChange]) -> Parameters:
    """The parameters with the changes that are not in the boot server's files, each before the file that it is for."""
    kept = tuple(changes)
    if not kept:
        return parameters
    found: list[tuple[Layer, LayerSource | None]] = []
    for file in identity.profile.override_files:
        read = [both for both in _layers_of(identity, parameters, file) if _kind(both) is LayerKind.OVERRIDE]
        values = {one.name: one.value for one in kept if one.file == file and not (one.is_stored and read)}
        if values:
            lines = (None,) * len(values)
            found.append((Layer(values, is_usual=True, lines=lines), _source(identity, file, LayerKind.CHANGED)))
        found += read
    found += [both for both in parameters.with_sources() if _kind(both) not in _KINDS]
    return Parameters((layer for layer, _ in found), (source for _, source in found))


def still_kept(identity: Identity, parameters: Parameters, changes: Iterable[KeptChange]) -> tuple[KeptChange, ...]:
    """The changes without those that the boot server took, and that its file has not, or no more."""
    files = identity.profile.override_files
    on_server = {
        file: both[0].values
        for file in files
        for both in _layers_of(identity, parameters, file)
        if _kind(both) is LayerKind.OVERRIDE
    }
    return tuple(
        one
        for one in changes
        if not one.is_stored or one.file not in on_server or on_server[one.file].get(one.name) == one.value
    )


class _Written:
    """What lxml writes."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep a part of the document."""
        self.parts.append(data)
        return len(data)


def write_overrides(values: Mapping[str, str]) -> bytes:
    """The override file with these parameters.

    The root is that of files that phones export (observed), and `OVERRIDES` our choice: names of elements carry no
    meaning (field notes 5).
    """
    known = {name: value for name, value in values.items() if _NAME.fullmatch(name)}
    file = _Written()
    # In a time that grows with the number of parameters: that of an element's attributes grows with its square.
    with etree.xmlfile(file, encoding="UTF-8") as document:
        document.write_declaration(standalone=True)
        with document.element("PHONE_CONFIG"), document.element("OVERRIDES", known):
            pass
    return b"".join(file.parts)


def as_stored(identity: Identity, parameters: Parameters, file: str, body: bytes) -> Parameters:
    """The parameters with this override file replaced by what the boot server now stores."""
    source = _source(identity, file, LayerKind.OVERRIDE)
    files = identity.profile.override_files
    layers: list[tuple[Layer, LayerSource | None]] = []
    for one in files:
        layers += [(read_override(body), source)] if one == file else _layers_of(identity, parameters, one)
    layers += [both for both in parameters.with_sources() if _kind(both) not in _KINDS]
    return Parameters((layer for layer, _ in layers), (source for _, source in layers))


def values_of(identity: Identity, parameters: Parameters, file: str) -> dict[str, str]:
    """What an override file of the phone says, with the changes for it."""
    values: dict[str, str] = {}
    for layer, _ in _layers_of(identity, parameters, file):
        values.update((name, value) for name, value in layer.values.items() if name not in values)
    return values


def _layers_of(identity: Identity, parameters: Parameters, file: str) -> Iterator[tuple[Layer, LayerSource | None]]:
    sources = [_source(identity, file, kind) for kind in _KINDS]
    return (both for both in parameters.with_sources() if both[1] in sources)


def _source(identity: Identity, file: str, kind: LayerKind) -> LayerSource:
    return source_of(f"{identity.mac}-{file}", kind, identity.mac)


def _kind(both: tuple[Layer, LayerSource | None]) -> LayerKind | None:
    return None if both[1] is None else both[1].kind
