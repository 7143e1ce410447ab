"""The files of licensable features (B3): read strictly, as those of models are, and told apart.

This module does not know where the files are.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from phone_sim.errors import ModelFileError
from phone_sim.licensing.license_key import SLOTS
from phone_sim.models import DIALECTS, Configured, Feature
from phone_sim.toml_table import Table, parse_toml

RESERVED_BITS: Mapping[int, str] = MappingProxyType(
    {
        4: "uaCSTA of later firmware; the sample log of the bulletin prints it as Unknown (B14)",
        5: "Access URL of later firmware, Unknown in this one (D2)",
        6: "enhanced feature keys of later firmware, Unknown in this one (D2)",
        20: "the fault catalog, where it stands for a feature that this firmware does not know",
    }
)
"""The option bits that no feature may have, and why; each other bit is a feature's, or free."""
_FEATURE_KEYS = ("name", "key", "bit", "component", "suite", "display_name", "short_name", "configured")


def parse_feature(text: str, source: str) -> Feature:
    """The feature in the text of a file; `source` names the file.

    Raises:
        ModelFileError: naming the file and the key, for everything that is wrong with the file; nothing else.
    """
    top = parse_toml(text, source, ModelFileError)
    top.only(_FEATURE_KEYS)
    configured = top.table("configured", DIALECTS)
    if not configured.values:
        raise configured.error(None, f"empty; expected at least one of these tables: {', '.join(DIALECTS)}")
    bit = top.whole("bit", high=SLOTS - 1)
    if bit in RESERVED_BITS:
        reserved = ", ".join(map(str, RESERVED_BITS))
        raise top.error("bit", f"bit {bit} is reserved for {RESERVED_BITS[bit]}; expected another than {reserved}")
    return Feature(
        name=top.phrase("name", 60),
        key=top.matching("key", r"[A-Za-z][A-Za-z0-9]{0,31}", "letters and digits, as in LDAP"),
        bit=bit,
        component=top.matching("component", r"[a-z0-9]{1,5}", "at most five lower-case letters and digits, as in ldap"),
        suite=top.phrase("suite", 60, may_be_empty=True),
        display_name=top.phrase("display_name", 32),
        short_name=top.phrase("short_name", 10),
        configured=MappingProxyType({dialect: _configured(configured, dialect) for dialect in DIALECTS}),
    )


def check_features(features: Iterable[Feature]) -> None:
    """Check that the features can be told apart.

    Raises:
        ModelFileError: naming both, when two features have the same key or the same bit.
    """
    seen: dict[tuple[str, object], Feature] = {}
    for feature in features:
        for what in (("key", feature.key), ("bit", feature.bit)):
            other = seen.setdefault(what, feature)
            if other is not feature:
                raise ModelFileError(f"two features have the {what[0]} {what[1]}: {other.name!r} and {feature.name!r}")


def _configured(dialects: Table, dialect: str) -> Configured:
    if dialect not in dialects.values:
        return Configured()
    table = dialects.table(dialect, ("numbered", "parameters"))
    if not table.values:
        raise table.error(None, "empty; expected numbered, parameters or both")
    return Configured(numbered=_names(table, "numbered"), parameters=_names(table, "parameters"))


def _names(table: Table, key: str) -> tuple[str, ...]:
    if key not in table.values:
        return ()
    names = table.listed(key)
    if not names or not all(re.fullmatch(r"[A-Za-z0-9._-]{1,255}", name) for name in names):
        raise table.refusal(key, "a list of one or more names of letters, digits, '.', '_' and '-'")
    return names
