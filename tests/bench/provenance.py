"""What it costs to know which file and line sets a parameter, beside the same work without.

Files are read anew each time: what phones keep of the files that they share is left out.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from sys import intern
from types import MappingProxyType

from phone_sim.bounded_xml import attributes, parse_xml
from phone_sim.firmware.parameters import layers
from phone_sim.firmware.parameters.layers import SIZE_LIMIT, Layer, LayerKind, Parameters, source_of
from phone_sim.firmware.parameters.provenance import ParametersInForce
from phone_sim.mac_address import DEFAULT_MAC
from phone_sim.runtime.parameter_tables import load_dictionary

SMALL = Path(__file__).parents[2] / "fixtures/site/site.cfg"
DICTIONARY = load_dictionary("sip-3")
SOURCE = source_of("site.cfg", LayerKind.LISTED, DEFAULT_MAC)


def stock_file() -> bytes:
    """A file of 0.2 MB in the form of the vendor's: elements with hundreds of attributes, one in each line."""
    names = [one.pattern for one in DICTIONARY.declarations]
    tags: dict[str, list[str]] = {}
    for number in range(1, 16):
        for name in names:
            if number == 1 or "#" in name:
                full = name.replace("#", str(number))
                tags.setdefault(name.partition(".")[0], []).append(f'      {full}="{len(full)}"')
    elements = "\n".join(f"  <{topic}\n" + "\n".join(dict.fromkeys(lines)) + "/>" for topic, lines in tags.items())
    return f'<?xml version="1.0" standalone="yes"?>\n<!-- stock -->\n<sip>\n{elements}\n</sip>\n'.encode()


def read(data: bytes) -> Layer:
    """The file as a phone reads it."""
    return layers._layer(data, is_usual=False)


def read_without(data: bytes) -> Layer:
    """The file, read in the same way by a phone that would not know lines."""
    values: dict[str, str] = {}
    for name, value in attributes(parse_xml(data, limit=SIZE_LIMIT), below=True):
        values.setdefault(intern(name), value)
    return Layer(MappingProxyType(values), lines=(None,) * len(values))


def in_force(layer: Layer) -> dict[str, object]:
    """Each parameter in force, with its source."""
    return dict(ParametersInForce(Parameters([layer], [SOURCE]), DICTIONARY, DEFAULT_MAC))


Stage = Callable[[Layer], object]
STAGES: tuple[tuple[str, Stage], ...] = (
    ("read", lambda layer: layer),
    ("lines found", lambda layer: layer.lines),
    ("all listed", in_force),
)


def stages() -> Iterator[tuple[str, Callable[[], object], Callable[[], object], int]]:
    """What is compared: its name, the work with provenance and without, and how often to run it in a round."""
    for data, times in ((SMALL.read_bytes(), 100), (stock_file(), 2)):
        for name, stage in STAGES:
            shown = f"configuration of {len(data) / 1000:.0f} kB, {name}"
            yield shown, partial(_staged, stage, read, data), partial(_staged, stage, read_without, data), times


def _staged(stage: Stage, reader: Callable[[bytes], Layer], data: bytes) -> object:
    return stage(reader(data))
