"""Files listed as configuration files that are something else: empty, or a document of another kind.

Pure. What phones do with it is the firmware's decision (`phone_sim.firmware.parameters.layers`); here it gets a rule.
"""

from lxml import etree

from phone_sim.bounded_xml import is_declaration_alone
from phone_sim.errors import DocumentError
from phone_sim.findings.documents import read_document, shown
from phone_sim.findings.finding import Basis, Finding, Place, Rule, Severity
from phone_sim.firmware.parameters.layers import SIZE_LIMIT

EMPTY = Rule(
    code="config-empty",
    severity=Severity.ERROR,
    summary="A configuration file without a document in it",
    why="The phone cannot use it, logs that, and continues without the file.",
    remedy="Upload the file again, or take its name out of CONFIG_FILES.",
    basis=Basis.DECISION,
    source="D27",
)
EMPTY_OVERRIDE = Rule(
    code="override-empty",
    severity=Severity.INFO,
    summary="A file of overrides of 0 bytes",
    why="The phone logs that it cannot use the file, and has no overrides; nothing else is affected.",
    remedy='Remove the file, or leave `<?xml version="1.0"?>` in it: a declaration alone is not logged.',
    basis=Basis.DECISION,
    source="field notes 10",
)
ACTIVATION_FILE = Rule(
    code="activation-file-as-config",
    severity=Severity.ERROR,
    summary="An activation file in place of a configuration file",
    why="The phone refuses it as a configuration file and logs that. It asks for its licenses by other names.",
    remedy="Remove it from CONFIG_FILES; phones ask for `<mac>-license.cfg` by themselves.",
    basis=Basis.DECISION,
    source="B10, field notes 2",
)
MASTER = Rule(
    code="master-file-as-config",
    severity=Severity.WARNING,
    summary="A master configuration file in place of a configuration file",
    why="Phones read its attributes as parameters, know none of them, and do not read the files that it lists.",
    remedy="List the files themselves in CONFIG_FILES of the master configuration file.",
    basis=Basis.DECISION,
    source="D19",
)
NOT_PARAMETERS = Rule(
    code="no-parameters",
    severity=Severity.INFO,
    summary="A document without parameters in place of a configuration file",
    why="It sets nothing; the phone continues.",
    remedy="Remove it from CONFIG_FILES.",
    basis=Basis.DECISION,
    source="field notes 2",
)
OTHER_DOCUMENT_RULES = (EMPTY, EMPTY_OVERRIDE, ACTIVATION_FILE, MASTER, NOT_PARAMETERS)


def check_emptiness(name: str, data: bytes, *, is_override: bool) -> tuple[Finding, ...]:
    """The finding for a file that `is_empty_document`; none for overrides of a declaration alone, which servers give.

    Only overrides of nothing but blanks count as no overrides: a byte order mark alone is refused as any file is.
    """
    if is_override and is_declaration_alone(data):
        return ()
    refused = read_document(data, SIZE_LIMIT)
    line, reason = (refused.line, refused.reason) if isinstance(refused, DocumentError) else (None, "")
    rule = EMPTY_OVERRIDE if is_override and not data.strip() else EMPTY
    return (Finding(rule=rule, place=Place(file=name, line=line), message=shown(reason, 200)),)


def check_kind(name: str, root: etree._Element) -> tuple[Finding, ...]:
    """The finding for a document of another kind, by its root element."""
    place = Place(file=name)
    if root.tag == "licenses":
        message = "it is an activation file, not a configuration file"
        return (Finding(rule=ACTIVATION_FILE, place=place, message=message),)
    if root.tag == "directory":
        message = "the file is a contact directory, which sets no parameter"
        return (Finding(rule=NOT_PARAMETERS, place=place, message=message),)
    if root.tag == "APPLICATION" and any(str(one).startswith("CONFIG_FILES") for one in root.attrib):
        message = "the file is a master configuration file: what it lists is not read"
        return (Finding(rule=MASTER, place=place, message=message),)
    return ()
