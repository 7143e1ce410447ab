"""Reads parameters as values of the types that the dictionary declares.

A value that cannot be used is replaced by the default and kept for the log, never raised (B12, D22).
"""

from dataclasses import dataclass

from phone_sim.firmware.parameters.dictionary import TRUTH, Declaration, ParameterDictionary, ParameterType
from phone_sim.firmware.parameters.layers import Parameters

_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class BadParameter:
    """A parameter whose value cannot be used: what was found, what is allowed, what is used instead.

    `expected` is empty for a value that is allowed, and that a phone here cannot perform.
    """

    name: str
    value: str
    expected: str
    used: str

    @property
    def objection(self) -> str:
        """Why it is not used."""
        return f"not {self.expected}" if self.expected else "not performed here"


class ParameterReader:
    """The values of parameters; `problems` are those that could not be used so far."""

    def __init__(self, parameters: Parameters, dictionary: ParameterDictionary) -> None:
        self.parameters = parameters
        self._dictionary = dictionary
        self.problems: list[BadParameter] = []

    def has(self, name: str) -> bool:
        """True for a parameter that this firmware has, not only a later one."""
        return self._dictionary.find(name) is not None

    def is_set(self, name: str) -> bool:
        """True where a file gives the parameter a value that can be used, so that the default is not in force."""
        value = self.parameters.get(name)
        return bool(value) and self._declared(name).admits(value)

    def text(self, name: str) -> str:
        """The value, or the default where it is not set or cannot be used."""
        declared = self._declared(name)
        value = self.parameters.get(name)
        if value and declared.admits(value):
            return value
        if value:
            self.reject(name, declared.expected, declared.default)
        return declared.default

    def integer(self, name: str, otherwise: int = 0) -> int:
        """The value of an integer; `otherwise` where it is empty and the dictionary has no default."""
        text = self.text(name)
        return int(text) if text else otherwise

    def default(self, name: str) -> str:
        """The default of a parameter."""
        return self._declared(name).default

    def is_on(self, name: str) -> bool:
        """True where a switch is on; an integer is on when it is not 0."""
        text = self.text(name)
        if (truth := TRUTH.get(text)) is not None:
            return truth
        return bool(text) and self._type_of(name) is ParameterType.INTEGER

    def choice(self, name: str) -> str:
        """One of the declared choices, spelled as the dictionary spells it."""
        text = self.text(name)
        return next((one for one in self._declared(name).choices if one.casefold() == text.casefold()), text)

    def reject(self, name: str, expected: str, used: object, found: str | None = None) -> None:
        """Note that the value cannot be used, what could be, and what is used instead; `found` is one of flash."""
        found = (self.parameters.get(name) if found is None else found)[:_SHOWN]
        shown = "****" if self._declared(name).is_secret else found
        self.problems.append(BadParameter(name=name, value=shown, expected=expected, used=str(used)))

    def _declared(self, name: str) -> Declaration:
        return self._dictionary.declaration(name)

    def _type_of(self, name: str) -> ParameterType:
        return self._declared(name).type
