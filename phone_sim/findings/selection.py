"""Which findings are reported and which of them fail a verb: rules by name or pattern, and a severity.

They come from the command line and from the verb's table in `phone-sim.toml`, `[check]` or `[audit]`, which is in a
folder or in its parent. What an audit calls its checks this module does not know.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from phone_sim.errors import UsageError
from phone_sim.findings.finding import Finding, Severity
from phone_sim.findings.rules import RULES
from phone_sim.printable import visible
from phone_sim.runtime.toml_file import read_toml
from phone_sim.toml_table import Table

FILE = "phone-sim.toml"
"""The name of the file with the tables."""
NEVER = "never"
FAIL_ON = (*(severity.value for severity in Severity), NEVER)
"""From which severity a finding fails a check."""
_PATTERN_LIMIT = 200
_WILDCARDS = frozenset("*?[")

_TABLES = ("check", "audit")

Patterns = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectable:
    """What a verb can report: the `names` that patterns match, and what one of them is called in errors.

    `table` is the verb's table in the file; `listed` says where all names are, empty for nowhere.
    """

    table: str
    names: tuple[str, ...]
    called: str
    listed: str = ""

    def patterns(self, patterns: Collection[str]) -> Patterns:
        """The patterns, each of which matches a name.

        Raises:
            UsageError: one does not; the message has the name that is most like it.
        """
        for pattern in patterns:
            if len(pattern) > _PATTERN_LIMIT or not any(fnmatchcase(name, pattern) for name in self.names):
                near = get_close_matches(pattern[:_PATTERN_LIMIT], self.names, n=1, cutoff=0)
                what = f"no {self.called} matches" if _WILDCARDS & set(pattern) else f"unknown {self.called}"
                shown = visible(pattern[:60], kept="")
                raise UsageError("; ".join(filter(None, (f"{what} '{shown}'", f"did you mean {near[0]}", self.listed))))
        return tuple(patterns)


CHECK = Selectable(table="check", names=tuple(RULES), called="rule", listed="phone-sim check --rules lists all")
"""What `phone-sim check` reports: the rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is reported of what can be, and what fails; patterns are names, or globs of them.

    `select` is None for all names. `ignore` beats `select`. `per_file_ignores` has globs of files, each with the names
    that are ignored there. `fail_on` is None if no finding fails. `table` is a file with parameters of the user's own,
    which the rules of `CHECK` know then; None without one.
    """

    selectable: Selectable = CHECK
    select: Patterns | None = None
    ignore: Patterns = ()
    per_file_ignores: tuple[tuple[str, Patterns], ...] = ()
    fail_on: Severity | None = Severity.ERROR
    table: Path | None = None

    def reported(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings that are reported, in order."""
        return tuple(finding for finding in findings if self.reports(finding.rule.code, finding.place.file))

    def reports(self, name: str, file: str) -> bool:
        """Whether what has this name is reported of a file; `file` is empty where it is about none."""
        if self.select is not None and not matches(name, self.select):
            return False
        return not matches(name, self.ignore) and not any(
            file and _is_file(file, glob) and matches(name, names) for glob, names in self.per_file_ignores
        )

    def fails(self, finding: Finding) -> bool:
        """Whether a reported finding fails the check."""
        return self.is_failure(finding.rule.severity)

    def is_failure(self, severity: Severity) -> bool:
        """Whether what is reported fails with this severity."""
        return self.fail_on is not None and severity.rank >= self.fail_on.rank

    def on_command_line(self, select: Iterable[str], ignore: Iterable[str], fail_on: str | None) -> "Selection":
        """This selection of a file, changed by options: `--select` replaces select and ignore, `--ignore` adds to it.

        Raises:
            UsageError: a pattern matches no name; the message has the option.
        """
        selected = self._option("--select", select)
        base = self if not selected else replace(self, select=selected, ignore=())
        return replace(
            base,
            ignore=(*base.ignore, *self._option("--ignore", ignore)),
            fail_on=base.fail_on if fail_on is None else severity(fail_on),
        )

    def _option(self, option: str, values: Iterable[str]) -> Patterns:
        patterns = [part.strip() for value in values for part in value.split(",") if part.strip()]
        try:
            return self.selectable.patterns(patterns)
        except UsageError as error:
            raise UsageError(f"{option}: {error}") from error


def read_selection(folder: Path, selectable: Selectable = CHECK) -> Selection:
    """The selection of a verb in the `phone-sim.toml` of a folder or, without one there, of its parent.

    Raises:
        UsageError: the file cannot be used; the message names file, line and key.
    """
    folder = folder.resolve()
    file = next((place / FILE for place in (folder, folder.parent) if (place / FILE).is_file()), None)
    if file is None:
        return Selection(selectable=selectable)
    top = read_toml(file)
    top.only(_TABLES)
    keys = ["select", "ignore", "fail-on", "per-file-ignores", *(["table"] if selectable is CHECK else [])]
    table = top.table(selectable.table, keys, {})
    ignores = table.table("per-file-ignores", default={})

    def names(place: Table, key: str) -> Patterns:
        return place.convert(key, lambda: selectable.patterns(place.texts(key)))

    return Selection(
        selectable=selectable,
        select=names(table, "select") if "select" in table.values else None,
        ignore=names(table, "ignore"),
        per_file_ignores=tuple((glob, names(ignores, glob)) for glob in ignores.text_keys()),
        fail_on=severity(table.choice("fail-on", FAIL_ON, Severity.ERROR.value)),
        table=file.parent / table.text("table") if "table" in table.values else None,
    )


def severity(name: str) -> Severity | None:
    """The severity of this name; None for `never`."""
    return None if name == NEVER else Severity(name)


def matches(name: str, patterns: Patterns) -> bool:
    """Whether a name is one of these."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _is_file(path: str, glob: str) -> bool:
    """Whether a glob is for this file: it is compared with the end of the path, from any folder on."""
    parts = path.split("/")
    return any(fnmatchcase("/".join(parts[first:]), glob) for first in range(len(parts)))
