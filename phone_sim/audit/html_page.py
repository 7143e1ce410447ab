"""An audit as one HTML page that needs nothing else: its style is in it, and there is no script, image or link.

All text that is not this module's is escaped.
"""

from html import escape
from string import Template

from phone_sim.audit.audit_report import boot_row, summary
from phone_sim.audit.finding import Finding, Verdict
from phone_sim.audit.observations import Observations
from phone_sim.printable import printable

_PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="color-scheme" content="light dark"/>
<title>Audit of $url</title>
<style>
:root { color-scheme: light dark; --ground: #fff; --text: #1b1b1b; --dim: #5a5a5a; --line: #d0d0d0;
  --good: #17652b; --bad: #a31515; --unknown: #6b5300; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #161616; --text: #ececec; --dim: #a8a8a8; --line: #3c3c3c;
    --good: #74d48c; --bad: #ff8f8f; --unknown: #e6c65c; }
}
body { background: var(--ground); color: var(--text); font: 1rem/1.45 system-ui, sans-serif;
  max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0; }
section { border-top: 1px solid var(--line); padding: .75rem 0; }
p { margin: .25rem 0; }
.verdict { font-weight: bold; }
.good { color: var(--good); } .bad { color: var(--bad); } .unknown { color: var(--unknown); }
.not-applicable { color: var(--dim); }
ul { margin: .25rem 0; padding-left: 1.2rem; }
li { font-family: ui-monospace, monospace; font-size: .85rem; overflow-wrap: anywhere; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); }
</style>
</head>
<body>
<h1>Audit of $url</h1>
<p>$summary</p>
<p>Phone $mac, $day.</p>
<h2>Checks</h2>
$checks
<h2>Boots</h2>
<div class="table"><table>
<thead><tr><th>Model</th><th>License rule</th><th>Requests</th><th>On</th><th>Unlicensed</th>
<th>Problem</th></tr></thead>
<tbody>
$boots
</tbody>
</table></div>
</body>
</html>
""")

_ORDER = (Verdict.BAD, Verdict.UNKNOWN, Verdict.GOOD, Verdict.NOT_APPLICABLE)


def as_html(seen: Observations, findings: tuple[Finding, ...]) -> str:
    """The page; what is bad comes first."""
    ordered = sorted(findings, key=lambda finding: _ORDER.index(finding.judgment.verdict))
    return _PAGE.substitute(
        url=_text(seen.url),
        summary=_text(summary(seen, findings)),
        mac=_text(str(seen.mac)),
        day=_text(seen.day),
        checks="\n".join(_section(finding) for finding in ordered),
        boots="\n".join(_row(list(boot_row(boot).values())) for boot in seen.boots),
    )


def _section(finding: Finding) -> str:
    check, verdict = finding.check, finding.judgment.verdict
    kind = verdict.value.replace(" ", "-")
    evidence = "".join(f"<li>{_text(line)}</li>" for line in finding.judgment.evidence)
    remedy = f"<p>To do: {_text(check.remedy)}</p>" if finding.is_bad else ""
    return (
        f'<section id="{_text(check.name)}"><h3>{_text(check.name)}: '
        f'<span class="verdict {kind}">{verdict.value}</span></h3>'
        f"<p>{_text(check.meaning)}</p>{f'<ul>{evidence}</ul>' if evidence else ''}{remedy}</section>"
    )


def _row(values: list[object]) -> str:
    model, rule, problem, requests, on, unlicensed = (
        ", ".join(value) if isinstance(value, list) else str(value) for value in values
    )
    cells = (model, rule, requests, on, unlicensed, problem)
    return f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in cells)}</tr>"


def _text(text: str) -> str:
    """Text for a page: escaped, and without control characters, which no page may hold."""
    return escape(printable(text))
