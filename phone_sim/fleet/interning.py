"""Interning: equal settings, gates and configurations of the phones of a fleet are kept once in memory.

Shared values are never changed. This module does not know how the values come about.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from phone_sim.firmware.boot import InService
from phone_sim.firmware.features import Gate
from phone_sim.firmware.flash import FlashContents
from phone_sim.firmware.parameters.layers import Parameters

_VALUES_KEPT = 4096

Value = TypeVar("Value")


class Interning:
    """The 4096 values that were used last."""

    def __init__(self) -> None:
        self._values: OrderedDict[Hashable, Any] = OrderedDict()

    def flash(self, contents: FlashContents) -> FlashContents:
        """The same contents of flash with shared values."""
        return replace(
            contents,
            parameters=self._parameters(contents.parameters),
            boot_server=self._one(contents.boot_server, contents.boot_server),
            contacts=self._one(contents.contacts, contents.contacts),
            device=self._one(contents.device, contents.device),
        )

    def service(self, service: InService) -> InService:
        """The same phone in service with shared values."""
        session, configuration = service.session, service.configuration
        parameters = self._parameters(configuration.parameters)
        session.lease = self._one(session.lease, session.lease)
        session.settings = self._one(
            ("settings", id(parameters), session.lease, session.settings.device), session.settings
        )
        session.user_agent = self._one(session.user_agent, session.user_agent)
        place = session.servers.index(session.server) if session.server in session.servers else None
        session.servers = self._one(session.servers, session.servers)
        session.server = session.server if place is None else session.servers[place]
        grants = tuple(service.ring.grants.items())
        service.ring.grants = self._one(("grants", grants), MappingProxyType(dict(grants)))
        return replace(
            service,
            configuration=replace(
                configuration,
                master=self._one(configuration.master, configuration.master),
                parameters=parameters,
                unread=self._one(configuration.unread, configuration.unread),
            ),
            gates=self._one(tuple(map(_as_key, service.gates)), service.gates),
            reading=self._one(service.reading, service.reading),
            contacts=self._one(service.contacts, service.contacts),
        )

    def _parameters(self, parameters: Parameters) -> Parameters:
        for layer in parameters.layers:
            layer.release_file()
        # The id of a layer stays its own while the layer lives, and an interned value keeps its layers alive.
        return self._one(("parameters", *map(id, parameters.layers), parameters.sources), parameters)

    def _one(self, key: Hashable, value: Value) -> Value:
        """The value that was first seen with this key."""
        found: Value = self._values.setdefault(key, value)
        self._values.move_to_end(key)
        if len(self._values) > _VALUES_KEPT:
            self._values.popitem(last=False)
        return found


def _as_key(gate: Gate) -> Hashable:
    return type(gate), gate.feature.key, gate.reason, getattr(gate, "configured", None), getattr(gate, "switch", None)
