"""Every rule there is. Each rule stands in the module that checks it; this one collects them for lists and guides."""

from collections.abc import Mapping
from types import MappingProxyType

from phone_sim.findings.finding import Rule

_FAMILIES: tuple[tuple[Rule, ...], ...] = ()

RULES: Mapping[str, Rule] = MappingProxyType({rule.code: rule for family in _FAMILIES for rule in family})
"""The rules by code, in the order of the guide."""
