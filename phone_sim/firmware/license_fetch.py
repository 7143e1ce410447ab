"""The rules by which a phone asks for its license files, by name (D8); what each does is in `license_update`."""

from collections.abc import Mapping
from types import MappingProxyType

LICENSE_FETCH: Mapping[str, bool | None] = MappingProxyType({"firmware": None, "when-needed": False, "always": True})
"""Whether a phone always asks for both files; None is the rule of its firmware."""
DEFAULT_LICENSE_FETCH = "firmware"


def rule_name(always: bool) -> str:
    """The name of a rule that does not depend on the firmware."""
    return next(name for name, value in LICENSE_FETCH.items() if value is always)
