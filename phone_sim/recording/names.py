"""What the MAC addresses of a dialogue are called, so that those of two phones compare: `<mac>`, `<mac 2>` and so on.

Pure.
"""

import re
from collections.abc import Iterable

from phone_sim.recording.dialogue import RecordedExchange

_TWELVE_DIGITS = re.compile("(?<![0-9A-Fa-f])[0-9A-Fa-f]{12}(?![0-9A-Fa-f])")
_ALL_PHONES = "0" * 12


class Names:
    """The names of the MAC addresses that the paths and User-Agents of a dialogue hold, in their order."""

    def __init__(self, exchanges: Iterable[RecordedExchange]) -> None:
        self._names: dict[str, str] = {_ALL_PHONES: _ALL_PHONES}
        for exchange in exchanges:
            for digits in _TWELVE_DIGITS.findall(f"{exchange.path} {exchange.user_agent}"):
                count = len(self._names)
                self._names.setdefault(digits.lower(), "<mac>" if count == 1 else f"<mac {count}>")

    def put_into(self, text: str) -> str:
        """The text with the names in place of the addresses, in capitals where these are."""
        return _TWELVE_DIGITS.sub(self._name, text)

    def _name(self, found: re.Match[str]) -> str:
        digits = found[0]
        name = self._names.get(digits.lower(), digits)
        return name if digits == digits.lower() else name.upper()
