"""The guide of faults is what the commands say of them; of a server in order they say nothing."""

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from tests.faults_seen import guide_page
from tests.faults_seen.commands import COMMANDS
from tests.faults_seen.faults import FAULTS


@pytest.mark.long
def test_guide_is_what_the_commands_say() -> None:
    all_heard = guide_page.listen()
    for fault in guide_page.IN_ORDER:
        assert {command: all_heard[fault.name][command].code for command in COMMANDS} == dict.fromkeys(COMMANDS, 0)
    found = {fault.name: guide_page.said(fault, all_heard) for fault in FAULTS}
    assert guide_page.PAGE.read_text() == guide_page.as_markdown(found), "run python -m tests.faults_seen.guide_page"


def test_cell_without_words_needs_a_reason_and_one_with_words_has_none() -> None:
    fault = FAULTS[0]
    for words, unnamed in (("", {}), ("it is so", dict.fromkeys(COMMANDS, "because"))):
        said = dict.fromkeys(COMMANDS, guide_page.Said(code=0, words=words))
        told = replace(fault, unnamed=unnamed)
        with pytest.raises(ValueError, match=f"{fault.name}, boot: it says '{words}'"):
            guide_page.as_markdown({fault.name: said}, [told])


def test_guide_has_a_part_for_each_fault_that_the_table_links_to() -> None:
    tokens = MarkdownIt().enable("table").parse(guide_page.PAGE.read_text())
    headings = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    links = [child.attrGet("href") for token in tokens for child in token.children or () if child.type == "link_open"]
    names = [fault.name for fault in FAULTS]
    assert (headings[1:], links) == (names, [f"#{name}" for name in names])
    cells = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "td_open"]
    assert len(cells) == len(FAULTS) * (1 + len(COMMANDS) + 3 * len(COMMANDS))
    assert all(cells)
