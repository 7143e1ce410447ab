"""The message catalog (B14, D14)."""

import re
from pathlib import Path

import pytest

from phone_sim.firmware import messages
from phone_sim.firmware.effects import Log
from phone_sim.firmware.log_line import LogFormat
from phone_sim.firmware.messages import MESSAGE_CATALOG, Message, Source
from tests.make import is_in_message_catalog

SOURCES = sorted(Path(messages.__file__).parent.glob("*.py"))


def test_lines_of_the_bulletin_are_nine_messages() -> None:
    assert [message.text for message in MESSAGE_CATALOG if message.source is Source.BULLETIN] == [
        "Initial log entry. Current logging level {level}",
        "cfgCfsFlashKeyScratchLoad: key is blank",
        "License: new key for {feature} expiry {expiry} added",
        "cfgCfsXmlKeyValidate: Key signature is not valid",
        "cfgCfsKeysUpdateLicenseParse: Phone license is not valid",
        "cfgCfsKeysUpdate: {count} keys updated",
        "License: feature {feature} is not available",
        "ldap: Not Licensed",
        "cDynamicData::cDynamicData:cDynamicData:Failed",
    ]


def test_no_two_messages_are_the_same() -> None:
    assert len(set(MESSAGE_CATALOG)) == len(MESSAGE_CATALOG)


@pytest.mark.parametrize("message", MESSAGE_CATALOG, ids=lambda message: str(message.text))
def test_message_has_the_form_of_a_line(message: Message) -> None:
    assert re.fullmatch(r"[a-z0-9]{2,5}|\{component\}", message.component)
    assert re.fullmatch(r"[0-6*]", message.level)
    assert message.text.isprintable()
    assert message.text.isascii()


def test_every_message_is_said_somewhere() -> None:
    code = "".join(path.read_text() for path in SOURCES if path.name != "messages.py")
    catalog = Path(messages.__file__).read_text()
    names = re.findall(r"^([A-Z0-9_]+) = (?:_bulletin|_ours|Message)\(", catalog, re.MULTILINE)
    assert len(names) == len(MESSAGE_CATALOG)
    assert [name for name in names if f"messages.{name}" not in code] == []


def test_lines_are_made_in_one_place_only() -> None:
    """Whatever is logged goes through `Session.say`, and so through the message catalog."""
    assert [path.name for path in SOURCES if re.search(r"await Log\(", path.read_text())] == ["session.py"]


@pytest.mark.parametrize(
    ("component", "level", "text", "known"),
    [
        ("lic", "3", "cfgCfsKeysUpdate: 0 keys updated", True),
        ("lic", "4", "cfgCfsKeysUpdate: 0 keys updated", False),
        ("cfg", "3", "cfgCfsKeysUpdate: 0 keys updated", False),
        ("lic", "3", "cfgCfsKeysUpdate: 0 keys updated.", False),
        ("ldap", "4", "ldap: Not Licensed", True),
    ],
)
def test_instances_are_told_from_the_rest(component: str, level: str, text: str, known: bool) -> None:
    assert is_in_message_catalog(Log(component=component, level=level, text=text, format=LogFormat())) is known
