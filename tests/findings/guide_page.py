"""The guide of the findings, `phone_sim/guide/findings.md`. `python -m tests.findings.guide_page` writes it."""

from pathlib import Path

from phone_sim.findings.guide import as_markdown
from phone_sim.findings.rules import RULES

PAGE = Path(__file__).parents[2] / "phone_sim/guide/findings.md"


def made() -> str:
    """What the page has to be."""
    return as_markdown([*RULES.values()])


if __name__ == "__main__":
    PAGE.write_text(made())
