"""The known lines: all that phone_sim logs, and lines that only real phones log."""

import pytest

from phone_sim.fault_catalog.explain import explain
from phone_sim.fault_catalog.facts import Condition, FileRole, FileTrouble, NoConfiguration, Trouble
from phone_sim.fault_catalog.known_lines import KNOWN_LINES
from phone_sim.fault_catalog.observed_lines import OBSERVED_LINES
from phone_sim.firmware.messages import MESSAGE_CATALOG, Source

# As they stand in public logs (field notes 4.1, 4.4 and 14), each with the cause that it shows.
OBSERVED = {
    "1015152006|lldp |4|00|Ignoring corrupt LLDP packet.": "network-switch",
    "1015152216|copy |4|00|Could not set the custom header Content-Range for HTTP/s request. "
    "Head request failed to get content-length of server file.": "log-upload",
    "1015152457|log  |4|00|UtilLogServerC::uploadFifoLog: upload error. protocol 0 result = 17": "log-upload",
    "1015152457|log  |4|00|UtilLogServerC::uploadFifoLog: upload error. protocol 0 result = -1": "log-upload",
    "1015152216|res  |4|00|Failed to download file Leaf.jpg": "picture-or-sound",
    "1015152216|sip  |*|00|Sip Register Usr:201 Dsp:[Room 1] Auth:'201/[0004f2000001]'": "",
    "1015152216|ldap |4|00|ldapXfer::start:xferStart failed cState=-1": "directory-server",
    "1015152216|copy |4|00|error:1409442E:ssl3_read_bytes:tlsv1 alert protocol version": "tls",
    "0202115811|tickt|*|00|m_validUntil [0]": "",
    "0202115811|tickt|*|00|m_bCertExpired [1]": "",
    "0202115811|tickt|*|00|m_eErrorCode [9]": "",
    "011511.006|so   |2|00|soCoreAudioTermChg: chassis -> idle": "",
    "1014151421|copy |4|00|Configuration of URL failed": "address",
    "1014151421|cfg  |4|00|Prov|Download of master configuration file failed": "no-configuration",
    "1014151421|cfg  |4|00|Prov|Trying to boot from existing configuration": "no-configuration",
    "1014151421|cfg  |4|00|Prov|Not setting device parameters since configuration was not updated.": "",
    "1014151422|cfg  |5|00|Prm|Parameter dialplan.digitmap.count requested type 2 but is of type 0": "",
    "1014151423|clist|4|00|dbSet::srv2mem:'0004f2000001-directory.xml' File transfer failed": "transfer-failed",
    "1014151424|app1 |4|00|Could not load time from 192.0.2.50(192.0.2.50).": "no-time",
    "1014151425|log  |5|00|Skipped uploading of failed log file because no of failures are > 4 or last upload failed "
    "time is < 60 seconds.": "log-upload",
}
# Those that complain of nothing.
NEWS = (
    "0101000002|wdog |4|00|Initial log entry",
    "1014151419|cfg  |*|00|Prov|Starting to provision",
    "1014151420|copy |*|00|Server '192.0.2.1' said 'prov/0004f2000001-app.log' is not present",
    "1014151422|cfg  |*|00|Prov|Finished updating configuration",
    "1014151430|log  |*|00|---------- Final log entry ----------",
)


def test_every_message_of_the_message_catalog_is_known_in_its_order() -> None:
    assert tuple(known.message for known in KNOWN_LINES[: len(MESSAGE_CATALOG)]) == MESSAGE_CATALOG
    assert KNOWN_LINES[len(MESSAGE_CATALOG) :] == OBSERVED_LINES


def test_lines_of_real_phones_alone_are_observed_and_not_logged() -> None:
    messages = [known.message for known in OBSERVED_LINES]
    assert {message.source for message in messages} == {Source.OBSERVED}
    assert not set(messages) & set(MESSAGE_CATALOG)


@pytest.mark.parametrize("line", OBSERVED)
def test_complaint_of_a_real_phone_has_a_cause_or_something_to_do(line: str) -> None:
    (explained,) = explain(line).lines
    assert explained.known is not None
    assert explained.source is Source.OBSERVED
    assert [cause.name for cause in explained.causes] == [OBSERVED[line]] * bool(OBSERVED[line])
    assert explained.causes or explained.known.remedy


@pytest.mark.parametrize("line", NEWS)
def test_news_of_a_real_phone_has_a_meaning_and_no_cause(line: str) -> None:
    (explained,) = explain(line).lines
    assert explained.known is not None
    assert explained.known.meaning
    assert explained.causes == ()


def test_lines_of_real_phones_show_facts() -> None:
    lines = explain("\n".join([*OBSERVED, *NEWS])).lines
    facts = [line.fact for line in lines]
    assert FileTrouble(file="", role=FileRole.MASTER, trouble=Trouble.NOT_SAID) in facts
    assert NoConfiguration(keeps_last=True) in facts
    log = FileTrouble(file="prov/0004f2000001-app.log", role=FileRole.LOG, trouble=Trouble.MISSING)
    assert log in facts
    assert Condition.NO_TIME in facts


def test_no_cause_is_both_shown_and_suggested() -> None:
    log = "".join(f"0101070000|{known.message.component[:5]}|4|03|{known.message.text}\n" for known in KNOWN_LINES)
    lines = explain(log).lines
    assert len(lines) == len(KNOWN_LINES)
    assert all(len(set(line.causes)) == len(line.causes) for line in lines)
