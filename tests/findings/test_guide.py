"""The guide of the findings is what the rules say, ships with the package, and reads well in a terminal."""

from markdown_it import MarkdownIt

from phone_sim.findings.guide import rule_text
from phone_sim.findings.rules import RULES
from tests.findings import guide_page


def test_guide_is_up_to_date() -> None:
    assert guide_page.PAGE.read_text() == guide_page.made(), "run python -m tests.findings.guide_page"


def test_every_rule_has_an_entry_that_the_table_links_to() -> None:
    tokens = MarkdownIt().enable("table").parse(guide_page.made())
    headings = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    links = [child.attrGet("href") for token in tokens for child in token.children or () if child.type == "link_open"]
    assert headings[1:] == list(RULES)
    assert links == [f"#{code}" for code in RULES]
    raw = [child.content for token in tokens for child in token.children or () if child.type == "html_inline"]
    assert raw == [], "put it in backticks"


def test_entry_for_a_terminal_has_short_lines() -> None:
    for rule in RULES.values():
        text = rule_text(rule)
        assert text.splitlines()[0] == f"{rule.code} ({rule.severity.value})"
        assert all(len(line) <= 100 for line in text.splitlines())
        assert rule.source in " ".join(text.split())
