"""What there is to read about each rule: the guide, which ships as `guide/findings.md`, and the entry of one rule."""

from collections.abc import Collection
from textwrap import fill

from phone_sim.findings.finding import Rule

_HEAD = """# Findings

`phone-sim check` reports what is wrong with the files of a site. Each finding has a rule. This page lists the rules:
what each one reports, how much it matters, what the fault does to phones, how to correct it, and how that is known.

- `phone-sim check --explain RULE` shows one entry of this page.
- `--select RULE` reports only this rule, `--ignore RULE` does not report it. `license-*` stands for all rules whose
  names begin with `license-`.
- `--fail-on` is the lowest severity that fails the check: info, warning, error or never.

`phone-sim.toml`, in the folder of the site or in its parent, can hold the same settings:

```toml
[check]
ignore = ["license-expires-soon"]
fail-on = "warning"
table = "own-parameters.tsv"

[check.per-file-ignores]
"0004f2*-directory.xml" = ["directory-*"]
```

`phone-sim audit` reports by these rules, too; its table is `[audit]`, in the working directory or its parent.

`table` names parameters of your own, as `--table` does; its path is relative to this file.

Options beat the file: `--select` replaces `select` and `ignore`, `--ignore` adds to `ignore`. A pattern of files is
compared with the end of a path, from any folder on.

A rule is known from the bulletin (Technical Bulletin 32265, with the clause), from observations of real phones, from
the vendor's guide, from the vendor's schema, or is our decision where none of these says anything.
"""
_WIDTH = 100


def as_markdown(rules: Collection[Rule]) -> str:
    """The guide."""
    rows = [f"| [{rule.code}](#{rule.code}) | {rule.severity.value} | {_cell(rule.summary)} |" for rule in rules]
    table = "\n".join(["| rule | severity | what it reports |", "| --- | --- | --- |", *rows, ""])
    return "\n".join([_HEAD, table, *map(rule_entry, rules)])


def rule_entry(rule: Rule) -> str:
    """The entry of a rule, in Markdown."""
    return (
        f"## {rule.code}\n\n**{rule.summary}** ({rule.severity.value})\n\n{rule.why}\n\n"
        f"What to do: {rule.remedy}\n\nKnown from: {rule.basis.value} ({rule.source})\n"
    )


def rule_text(rule: Rule) -> str:
    """The entry of a rule for a terminal."""
    parts = [
        f"{rule.code} ({rule.severity.value})",
        rule.summary,
        rule.why,
        f"What to do: {rule.remedy}",
        f"Known from: {rule.basis.value} ({rule.source})",
    ]
    return "\n\n".join(fill(part, _WIDTH, break_on_hyphens=False) for part in parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
