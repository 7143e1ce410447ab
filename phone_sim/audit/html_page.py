"""An audit as one HTML page that needs nothing else: style and script are in it, and its policy allows no others.

The script filters the findings; without it all are shown. All text that is not this module's is escaped.
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterable
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template

from phone_sim.audit.audit_report import AuditReport, boot_row
from phone_sim.audit.boot_matrix import BootStage, Cell, MatrixRow, StageOutcome, boot_matrix
from phone_sim.audit.finding import AuditFinding
from phone_sim.audit.hints import hints
from phone_sim.audit.observations import Observations, ObservedAnswer, ObservedBoot
from phone_sim.printable import printable

_KINDS = {
    "error": ("✗", "errors"),
    "warning": ("!", "warnings"),
    "info": ("i", "infos"),
    "known": ("=", "known"),
    "unknown": ("?", "unknown"),
    "good": ("✓", "good"),
    "not-applicable": ("-", "not applicable"),
}
"""The kinds of findings, in the order of the page, each with a symbol and the word for several."""
_CLOSED = ("known", "good", "not-applicable")
_CELLS = {
    StageOutcome.NOT_ASKED: ("not-applicable", "·"),
    StageOutcome.ABSENT: ("not-applicable", "-"),
    StageOutcome.DONE: ("good", "✓"),
    StageOutcome.MISSING: ("error", "✗"),
    StageOutcome.UNREADABLE: ("error", "✗"),
    StageOutcome.FAILED: ("error", "✗"),
}
_BAR = 1000
"""The width of the bar, in its own units."""


def as_html(report: AuditReport, fails: Callable[[AuditFinding], bool]) -> str:
    """The page; what is gravest comes first, and `fails` says which findings make the audit fail."""
    seen = report.seen
    style, script = _part("report.css"), _part("report.js")
    kinds = list(_KINDS)
    ordered = sorted(report.findings, key=lambda finding: kinds.index(_kind(finding)))
    names = _anchors(ordered)
    counts = Counter(map(_kind, ordered))
    failing = sum(map(fails, ordered))
    return Template(_part("report.html")).substitute(
        policy=_policy(style, script),
        style=style,
        script=script,
        url=_text(seen.url),
        facts="\n".join(f"<div><dt>{name}</dt><dd>{_text(value)}</dd></div>" for name, value in _facts(seen)),
        result_kind="error" if failing else "good",
        result_symbol="✗" if failing else "✓",
        result=_result(failing, seen),
        bar=_bar(counts),
        counts="\n".join(_count(kind, counts[kind]) for kind in kinds if counts[kind] or kind != "known"),
        notes="\n".join(f'<p class="note">{_text(note)}</p>' for note in _notes(report)),
        filters="\n".join(_filter(kind, counts[kind]) for kind in kinds if counts[kind]),
        contents="\n".join(_entry(name, finding) for name, finding in zip(names, ordered, strict=True)),
        findings="\n".join(_finding(name, finding) for name, finding in zip(names, ordered, strict=True)),
        stages="".join(f'<th scope="col">{_text(stage.value.capitalize())}</th>' for stage in BootStage),
        matrix="\n".join(map(_matrix_row, boot_matrix(seen))),
        boots="\n".join(map(_boot, seen.boots)),
        request_count=len(seen.requests),
        requests="\n".join(map(_request, seen.requests)),
    )


def _part(name: str) -> str:
    return files("phone_sim.audit").joinpath("page", name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    """The Content-Security-Policy: this style, this script, and nothing else."""
    hashes = (b64encode(sha256(text.encode()).digest()).decode() for text in (style, script))
    allowed = "style-src 'sha256-{}'; script-src 'sha256-{}'".format(*hashes)
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _facts(seen: Observations) -> Iterable[tuple[str, str]]:
    models = dict.fromkeys(boot.model.token for boot in seen.boots)
    return (
        ("Date", seen.day),
        ("Phone", str(seen.mac)),
        ("Firmware", seen.firmware),
        ("Models", next(iter(models), "none") if len(models) < 2 else f"{len(models)}"),
        ("Boots", f"{len(seen.boots)}"),
        ("Requests", f"{len(seen.requests)}"),
        ("Files checked", f"{len(seen.files.names)}"),
    )


def _result(failing: int, seen: Observations) -> str:
    if failing:
        return f"The audit failed: {failing} finding{'s' if failing > 1 else ''} to correct."
    return "The audit was ended early." if seen.cut_short else "The audit passed."


def _notes(report: AuditReport) -> Iterable[str]:
    if report.seen.cut_short:
        yield "The audit ended before its end: it was interrupted, or its bounds were reached."
    yield from hints(report.seen)
    for one in report.gone:
        yield f"No longer found, take it out of the baseline: {one}"


def _bar(counts: Counter[str]) -> str:
    total = sum(counts.values()) or 1
    parts, at = [], 0.0
    for kind in _KINDS:
        width = _BAR * counts[kind] / total
        if width:
            parts.append(f'<rect class="{kind}" x="{at:.1f}" y="0" width="{width:.1f}" height="12"/>')
        at += width
    return "".join(parts)


def _count(kind: str, count: int) -> str:
    word = _KINDS[kind][1]
    zero = "" if count else ' class="zero"'
    return f"<li{zero}><b>{count}</b> {_badge(kind, word)}</li>"


def _filter(kind: str, count: int) -> str:
    box = f'<input type="checkbox" value="{kind}" checked="checked"/>'
    return f"<label>{box} {_KINDS[kind][1]} ({count})</label>"


def _kind(finding: AuditFinding) -> str:
    if finding.is_known:
        return "known"
    return finding.severity.value if finding.is_bad else finding.judgment.verdict.value.replace(" ", "-")


def _anchors(findings: Iterable[AuditFinding]) -> list[str]:
    """A name for each finding: that of its check, with a number from the second on."""
    counts: Counter[str] = Counter()
    names = []
    for finding in findings:
        counts[finding.check.name] += 1
        number = counts[finding.check.name]
        names.append(finding.check.name if number == 1 else f"{finding.check.name}-{number}")
    return names


def _badge(kind: str, word: str) -> str:
    symbol = _KINDS[kind][0]
    return f'<span class="badge {kind}"><span aria-hidden="true">{symbol}</span> {word}</span>'


def _entry(name: str, finding: AuditFinding) -> str:
    symbol, anchor = _KINDS[_kind(finding)][0], _text(name)
    place = f" <small>{_text(str(finding.place))}</small>" if finding.place is not None else ""
    return (
        f'<li id="{anchor}-entry"><a href="#{anchor}"><span aria-hidden="true">{symbol}</span> '
        f"{_text(finding.check.name)}{place}</a></li>"
    )


def _finding(name: str, finding: AuditFinding) -> str:
    kind = _kind(finding)
    word = f"known {finding.severity.value}" if finding.is_known else kind.replace("-", " ")
    place = f'<span class="place">{_text(str(finding.place))}</span>' if finding.place is not None else ""
    lines = "".join(f"<li>{_text(line)}</li>" for line in finding.judgment.evidence)
    evidence = f'<ul class="evidence">{lines}</ul>' if lines else ""
    remedy = f'<p class="remedy">To do: {_text(finding.remedy)}</p>' if finding.is_bad else ""
    is_open = "" if kind in _CLOSED else ' open="open"'
    return (
        f'<details class="finding {kind}" id="{_text(name)}" data-kind="{kind}"{is_open}><summary>{_badge(kind, word)}'
        f'<h3>{_text(finding.check.name)}</h3>{place}</summary><div class="body"><p>{_text(finding.check.meaning)}</p>'
        f"{evidence}{remedy}</div></details>"
    )


def _matrix_row(row: MatrixRow) -> str:
    cells = "".join(f"<td>{_cell(row.cells[stage])}</td>" for stage in BootStage)
    return f'<tr><th scope="row">{_text(row.model.name)}</th>{cells}</tr>'


def _cell(cell: Cell) -> str:
    kind, symbol = _CELLS[cell.outcome]
    files_read = f"{cell.files} file{'s' if cell.files > 1 else ''}"
    word = files_read if cell.outcome is StageOutcome.DONE else cell.outcome.value
    badge = f'<span class="badge {kind}"><span aria-hidden="true">{symbol}</span> {word}</span>'
    details = f'<span class="detail">{_text(cell.details)}</span>' if cell.details else ""
    return f"{badge}{details}"


def _boot(boot: ObservedBoot) -> str:
    row = boot_row(boot)
    complaints = "".join(f"<li>{_text(one.line)}</li>" for one in boot.complaints)
    cells = (row["license_rule"], str(row["requests"]), ", ".join(row["on"]), ", ".join(row["unlicensed"]))
    return (
        f'<tr><th scope="row">{_text(boot.model.name)}</th>{"".join(f"<td>{_text(cell)}</td>" for cell in cells)}'
        f"<td>{f'<ul>{complaints}</ul>' if complaints else ''}</td></tr>"
    )


def _request(answer: ObservedAnswer) -> str:
    return (
        f'<tr><td>{_text(answer.method)}</td><td class="url">{_text(answer.url)}</td><td>{_text(answer.status)}</td>'
        f'<td class="number">{1000 * answer.seconds:.0f}</td></tr>'
    )


def _text(text: str) -> str:
    """Text for a page: escaped, and without control characters, which no page may hold."""
    return escape(printable(text))
