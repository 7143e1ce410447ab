"""A finding: what is wrong, where, and what to do. This module knows no rule and no file."""

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Severity(Enum):
    """How much a finding matters; a later one matters more."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """A number by which severities compare."""
        return list(Severity).index(self)


class Basis(Enum):
    """How what a rule claims is known."""

    BULLETIN = "bulletin"
    OBSERVED = "observed on real phones"
    GUIDE = "vendor's guide"
    SCHEMA = "vendor's schema"
    DECISION = "our decision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A kind of finding.

    `code` is what people select and ignore, such as `config-not-well-formed`. `why` says what the fault does to
    phones, `remedy` how to correct it, `source` the clauses (`B9, D19`) or documents that `basis` stands on.
    """

    code: str
    severity: Severity
    summary: str
    why: str
    remedy: str
    basis: Basis
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a finding is: a file of the site, by its path there, and the line and the parameter if they are known."""

    file: str
    line: int | None = None
    parameter: str = ""

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault of a file or a site; `message` says what is wrong in one line, without place and remedy.

    `remedy` is empty where that of the rule says it all.
    """

    rule: Rule
    place: Place
    message: str
    remedy: str = ""

    @property
    def what_to_do(self) -> str:
        """How to correct this one."""
        return self.remedy or self.rule.remedy

    def __str__(self) -> str:
        return f"{self.place}: {self.rule.code} {self.message}"

    def as_json(self) -> dict[str, Any]:
        """The finding for programs."""
        return {
            "rule": self.rule.code,
            "severity": self.rule.severity.value,
            "file": self.place.file,
            "line": self.place.line,
            "parameter": self.place.parameter,
            "message": self.message,
            "remedy": self.what_to_do,
            "basis": self.rule.basis.value,
            "source": self.rule.source,
        }
