"""The rules about a site as a whole: which files phones ask for, and which are there."""

from phone_sim.findings.finding import Basis, Rule, Severity

NO_MASTER = Rule(
    code="no-master-file",
    severity=Severity.ERROR,
    summary="Phones without a master configuration file",
    why="Without one, and without any file in its place, a phone gets no configuration.",
    remedy="Put `000000000000.cfg` into the root, or a file for each phone: `<mac>.cfg`, in lower case.",
    basis=Basis.OBSERVED,
    source="field notes 1.1",
)
MISSING = Rule(
    code="listed-file-missing",
    severity=Severity.WARNING,
    summary="A file that CONFIG_FILES lists and that is not there",
    why="The phone continues without it, so nothing of it is in force.",
    remedy="Add the file, or take its name out of CONFIG_FILES; the case of letters matters.",
    basis=Basis.OBSERVED,
    source="field notes 1.1",
)
OWN_MISSING = Rule(
    code="own-file-missing",
    severity=Severity.INFO,
    summary="A file by the name of the phone or of its model that is listed and not there",
    why="Sites list such files for the phones that have one; the others continue without it. A folder does not show "
    "which phones there are, so that this is an info here. The boot of a phone that lists the file and does not get it "
    "falls short of `--expect configured`.",
    remedy="Add the file if these phones need settings of their own.",
    basis=Basis.OBSERVED,
    source="field notes 1.1 and 2",
)
NOT_READABLE = Rule(
    code="file-not-readable",
    severity=Severity.ERROR,
    summary="A file that phones ask for and that a boot server cannot give",
    why="It is a folder, may not be read, is too large, or is a link that leads out of the site.",
    remedy="Put a regular file there that the boot server may read.",
    basis=Basis.DECISION,
    source="field notes 3.2",
)
LIST = Rule(
    code="config-files-cut",
    severity=Severity.WARNING,
    summary="A list or name in CONFIG_FILES over the limits of the phones",
    why="A name has at most 255 characters and the list 2047; what is beyond is not read.",
    remedy="Use shorter names, or fewer files.",
    basis=Basis.OBSERVED,
    source="field notes 2",
)
UNUSED = Rule(
    code="file-not-used",
    severity=Severity.INFO,
    summary="A configuration or activation file that no phone asks for",
    why="No master configuration file lists it, or it is not in the folder where phones look.",
    remedy="List it in CONFIG_FILES, move it, or remove it.",
    basis=Basis.OBSERVED,
    source="field notes 1.1 and 2",
)
UPPER_CASE = Rule(
    code="mac-in-upper-case",
    severity=Severity.WARNING,
    summary="A file of a phone whose name has the MAC address in upper case",
    why="Phones ask in lower case, so a server whose file names are case-sensitive does not find the file.",
    remedy="Rename the file.",
    basis=Basis.OBSERVED,
    source="field notes 1.3",
)
SITE_RULES = (NO_MASTER, MISSING, OWN_MISSING, NOT_READABLE, LIST, UNUSED, UPPER_CASE)
