"""Which findings are reported and which of them fail a check: rules by code or pattern, and a severity.

They come from the command line and from the table `[check]` of `phone-sim.toml`, which is in the folder of the site or
in its parent.
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
"""The name of the file with the table `[check]`."""
NEVER = "never"
FAIL_ON = (*(severity.value for severity in Severity), NEVER)
"""From which severity a finding fails a check."""
_PATTERN_LIMIT = 200
_WILDCARDS = frozenset("*?[")

Patterns = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The rules that are reported, and what fails; patterns are codes of rules, or globs of them.

    `select` is None for all rules. `ignore` beats `select`. `per_file_ignores` has globs of files, each with the rules
    that are ignored there. `fail_on` is None if no finding fails a check.
    """

    select: Patterns | None = None
    ignore: Patterns = ()
    per_file_ignores: tuple[tuple[str, Patterns], ...] = ()
    fail_on: Severity | None = Severity.ERROR

    def reported(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings that are reported, in order."""
        return tuple(finding for finding in findings if self._reports(finding))

    def fails(self, finding: Finding) -> bool:
        """Whether a reported finding fails the check."""
        return self.fail_on is not None and finding.rule.severity.rank >= self.fail_on.rank

    def on_command_line(self, select: Iterable[str], ignore: Iterable[str], fail_on: str | None) -> "Selection":
        """This selection of a file, changed by options: `--select` replaces select and ignore, `--ignore` adds to it.

        Raises:
            UsageError: a pattern matches no rule; the message names the option.
        """
        selected = _option("--select", select)
        base = self if not selected else replace(self, select=selected, ignore=())
        return replace(
            base,
            ignore=(*base.ignore, *_option("--ignore", ignore)),
            fail_on=base.fail_on if fail_on is None else severity(fail_on),
        )

    def _reports(self, finding: Finding) -> bool:
        code = finding.rule.code
        if self.select is not None and not matches(code, self.select):
            return False
        return not matches(code, self.ignore) and not any(
            _is_file(finding.place.file, glob) and matches(code, rules) for glob, rules in self.per_file_ignores
        )


def read_selection(folder: Path) -> Selection:
    """The selection of the `phone-sim.toml` in a folder or, without one there, in its parent.

    Raises:
        UsageError: the file cannot be used; the message names file, line and key.
    """
    folder = folder.resolve()
    file = next((place / FILE for place in (folder, folder.parent) if (place / FILE).is_file()), None)
    if file is None:
        return Selection()
    top = read_toml(file)
    top.only(["check"])
    table = top.table("check", ["select", "ignore", "fail-on", "per-file-ignores"], {})
    ignores = table.table("per-file-ignores", default={})
    return Selection(
        select=_rules(table, "select") if "select" in table.values else None,
        ignore=_rules(table, "ignore"),
        per_file_ignores=tuple((glob, _rules(ignores, glob)) for glob in ignores.text_keys()),
        fail_on=severity(table.choice("fail-on", FAIL_ON, Severity.ERROR.value)),
    )


def severity(name: str) -> Severity | None:
    """The severity of this name; None for `never`."""
    return None if name == NEVER else Severity(name)


def check_patterns(patterns: Collection[str]) -> Patterns:
    """The patterns, each of which matches a rule.

    Raises:
        UsageError: one does not; the message names the rule that is most like it.
    """
    for pattern in patterns:
        if len(pattern) > _PATTERN_LIMIT or not any(fnmatchcase(code, pattern) for code in RULES):
            near = get_close_matches(pattern[:_PATTERN_LIMIT], RULES, n=1, cutoff=0)
            what = "no rule matches" if _WILDCARDS & set(pattern) else "unknown rule"
            shown = visible(pattern[:60], kept="")
            raise UsageError(f"{what} '{shown}'; did you mean {near[0]}; phone-sim check --rules lists all")
    return tuple(patterns)


def matches(code: str, patterns: Patterns) -> bool:
    """Whether a rule is one of these."""
    return any(fnmatchcase(code, pattern) for pattern in patterns)


def _rules(table: Table, key: str) -> Patterns:
    patterns = table.texts(key)
    return table.convert(key, lambda: check_patterns(patterns))


def _option(name: str, values: Iterable[str]) -> Patterns:
    patterns = [part.strip() for value in values for part in value.split(",") if part.strip()]
    try:
        return check_patterns(patterns)
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from error


def _is_file(path: str, glob: str) -> bool:
    """Whether a glob is for this file: it is compared with the end of the path, from any folder on."""
    parts = path.split("/")
    return any(fnmatchcase("/".join(parts[first:]), glob) for first in range(len(parts)))
