"""Every rule there is. Each rule stands in the module that checks it; this one collects them for lists and guides."""

from collections.abc import Mapping
from types import MappingProxyType

from phone_sim.findings.contact_directories import CONTACT_DIRECTORY_RULES
from phone_sim.findings.documents import DOCUMENT_RULES
from phone_sim.findings.finding import Rule
from phone_sim.findings.in_force import IN_FORCE_RULES
from phone_sim.findings.license_files import LICENSE_FILE_RULES
from phone_sim.findings.license_keys import LICENSE_KEY_RULES
from phone_sim.findings.master_files import MASTER_FILE_RULES
from phone_sim.findings.other_documents import OTHER_DOCUMENT_RULES
from phone_sim.findings.parameter_files import PARAMETER_FILE_RULES
from phone_sim.findings.site_rules import SITE_RULES

_FAMILIES: tuple[tuple[Rule, ...], ...] = (
    SITE_RULES,
    MASTER_FILE_RULES,
    DOCUMENT_RULES,
    PARAMETER_FILE_RULES,
    OTHER_DOCUMENT_RULES,
    IN_FORCE_RULES,
    LICENSE_FILE_RULES,
    LICENSE_KEY_RULES,
    CONTACT_DIRECTORY_RULES,
)

RULES: Mapping[str, Rule] = MappingProxyType({rule.code: rule for family in _FAMILIES for rule in family})
"""The rules by code, in the order of the guide."""
