"""What survives a power cycle, as bytes: license keys, the last configuration, `device.*` parameters (D21), contacts,
and parameters that were changed on the phone.

Keys are kept with their signatures and verified again at every boot, so writing to flash grants nothing. A checksum
tells a damaged flash from a whole one. This module does not know where the bytes are kept.
"""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from phone_sim.errors import FlashDamagedError
from phone_sim.firmware.contact_directory import Contact
from phone_sim.firmware.kept_change import KeptChange
from phone_sim.firmware.parameters.device_parameters import NOTHING_KEPT, DeviceParameters, KeptValue
from phone_sim.firmware.parameters.layers import TOTAL_LIMIT, Layer, LayerKind, LayerSource, Parameters
from phone_sim.licensing.license_key import LicenseKey, Malformed, read_key

SIZE_LIMIT = 8 * TOTAL_LIMIT
"""Maximum size of a flash in bytes (our choice): in it a letter of a configuration file can take six."""

_MAGIC = "phone_sim flash 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlashContents:
    """The contents of flash; the default is a blank one.

    `parameters` is the configuration of the last boot that got one, `device` what files have set for good (D21).
    `boot_server` is the address as it was given. `changes` are the parameters that were changed on the phone.
    `new_contacts` are those that were added on it and that no boot server has taken.
    `firmware` is the version that the boot ROM has put there, empty for the one that the phone came with (D28).
    `booted_before` tells later boots from the original one, the only one to read the seed of the contact directory.
    """

    keys: tuple[LicenseKey, ...] = ()
    parameters: Parameters = field(default_factory=Parameters)
    boot_server: str = ""
    booted_before: bool = False
    contacts: tuple[Contact, ...] = ()
    device: DeviceParameters = NOTHING_KEPT
    firmware: str = ""
    changes: tuple[KeptChange, ...] = ()
    new_contacts: tuple[Contact, ...] = ()


def encode(contents: FlashContents) -> bytes:
    """The bytes that `decode` reads back: a line with the checksum, then JSON."""
    body = json.dumps(
        {
            "boot_server": contents.boot_server,
            "booted_before": contents.booted_before,
            "changes": [[one.file, one.name, one.value, one.is_stored] for one in contents.changes],
            "contacts": [_contact_fields(contact) for contact in contents.contacts],
            "device": [[one.name, one.value, one.file] for one in contents.device.values],
            "firmware": contents.firmware,
            "keys": [key.attributes() for key in contents.keys],
            "new_contacts": [_contact_fields(contact) for contact in contents.new_contacts],
            "layers": [_layer_fields(layer, source) for layer, source in contents.parameters.with_sources()],
        }
    ).encode()
    return f"{_MAGIC} {hashlib.sha256(body).hexdigest()}\n".encode() + body


def decode(data: bytes) -> FlashContents:
    """The contents in `data`.

    Raises:
        FlashDamagedError: when the checksum is wrong or the form is not that of `encode`.
    """
    head, _, body = data.partition(b"\n")
    if head != f"{_MAGIC} {hashlib.sha256(body).hexdigest()}".encode():
        raise FlashDamagedError("the checksum is wrong")
    try:
        return _contents(json.loads(body))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise FlashDamagedError("the form is wrong") from error


def _contents(fields: Any) -> FlashContents:
    keys = tuple(read_key(attributes) for attributes in fields["keys"])
    if any(isinstance(key, Malformed) for key in keys):
        raise ValueError("a key is malformed")
    return FlashContents(
        keys=tuple(key for key in keys if isinstance(key, LicenseKey)),
        parameters=_parameters(fields),
        boot_server=str(fields["boot_server"]),
        booted_before=fields["booted_before"] is True,
        # A flash that was written before there was a boot ROM has none.
        firmware=str(fields.get("firmware", "")),
        # A flash that was written before contacts were kept has none.
        contacts=tuple(map(_contact, fields.get("contacts", []))),
        new_contacts=tuple(map(_contact, fields.get("new_contacts", []))),
        # Nor has one `device.*` parameters apart from its configuration, which sets them at the next boot.
        device=DeviceParameters(
            tuple(
                KeptValue(name=str(name), value=str(value), file=str(file))
                for name, value, file in fields.get("device", [])
            )
        ),
        changes=tuple(
            KeptChange(file=str(file), name=str(name), value=str(value), is_stored=is_stored is True)
            for file, name, value, is_stored in fields.get("changes", [])
        ),
    )


def _contact_fields(contact: Contact) -> list[Any]:
    return [contact.last_name, contact.first_name, contact.number, contact.more]


def _contact(fields: Any) -> Contact:
    last, first, number, *more = fields
    return Contact(
        last_name=str(last),
        first_name=str(first),
        number=str(number),
        # A contact that was written before other fields were kept has none.
        more=tuple((str(tag), str(text)) for tag, text in (more[0] if more else [])),
    )


def _layer_fields(layer: Layer, source: LayerSource | None) -> dict[str, Any]:
    return {
        "file": source.file if source is not None else "",
        "kind": source.kind.value if source is not None else "",
        "values": dict(layer.values),
        "lines": layer.lines,
    }


def _parameters(fields: Any) -> Parameters:
    # A flash that was written before sources were kept has all parameters in one layer.
    if "layers" not in fields:
        values = {str(name): str(value) for name, value in fields["parameters"].items()}
        return Parameters([Layer(values)] if values else [])
    layers, sources = [], []
    for one in fields["layers"]:
        values = {str(name): str(value) for name, value in one["values"].items()}
        lines = tuple(None if line is None else int(line) for line in one["lines"])
        if len(lines) != len(values):
            raise ValueError("each value has a line")
        layers.append(Layer(values, lines=lines))
        sources.append(LayerSource(str(one["file"]), LayerKind(one["kind"])) if one["file"] else None)
    return Parameters(layers, sources)
