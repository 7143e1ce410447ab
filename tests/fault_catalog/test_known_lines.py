"""The known lines: all that phone_sim logs, and lines that only real phones log."""

import pytest

from phone_sim.fault_catalog.explain import explain, likely_causes
from phone_sim.fault_catalog.known_lines import KNOWN_LINES
from phone_sim.firmware.messages import MESSAGE_CATALOG, Source

# As they stand in public logs (field notes 4.4).
FOREIGN = (
    "1015152006|lldp |4|00|Ignoring corrupt LLDP packet.",
    "1015152216|copy |4|00|Could not set the custom header Content-Range for HTTP/s request. "
    "Head request failed to get content-length of server file.",
    "1015152216|res  |4|00|Failed to download file Leaf.jpg",
    "1015152216|sip  |*|00|Sip Register Usr:201 Dsp:[Room 1] Auth:'201/[0004f2000001]'",
    "1015152216|ldap |4|00|ldapXfer::start:xferStart failed cState=-1",
)


def test_every_message_of_the_message_catalog_is_known_in_its_order() -> None:
    assert tuple(known.message for known in KNOWN_LINES[: len(MESSAGE_CATALOG)]) == MESSAGE_CATALOG


def test_lines_of_real_phones_alone_are_observed_and_not_logged() -> None:
    foreign = [known.message for known in KNOWN_LINES[len(MESSAGE_CATALOG) :]]
    assert len(foreign) == len(FOREIGN)
    assert {message.source for message in foreign} == {Source.OBSERVED}
    assert not set(foreign) & set(MESSAGE_CATALOG)


@pytest.mark.parametrize("line", FOREIGN, ids=lambda line: str(line.split("|")[1].strip()))
def test_line_of_a_real_phone_is_explained(line: str) -> None:
    (explained,) = explain(line)
    assert explained.known in KNOWN_LINES[len(MESSAGE_CATALOG) :]


def test_lines_of_real_phones_say_nothing_of_licenses_but_for_the_directory() -> None:
    lines = explain("\n".join(FOREIGN))
    assert [line.is_licensing for line in lines] == [False, False, False, False, True]
    assert [cause.name for cause in likely_causes(lines)] == ["nothing-said"]


def test_no_cause_is_both_proven_and_suggested() -> None:
    assert all(len(set(known.causes)) == len(known.causes) for known in KNOWN_LINES)
