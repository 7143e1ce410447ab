"""An identity is made of names, texts and files in one place."""

from pathlib import Path
from typing import Any

import pytest

from phone_sim.errors import UsageError
from phone_sim.firmware.lease import DhcpSettings
from phone_sim.firmware.log_line import LogStyle
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.identity import make_identity
from phone_sim.runtime.model_files import load_features, load_model
from phone_sim.runtime.trust_file import load_anchor
from tests.make import SIGNING_KEY

URL = "http://boot.example/"


def test_names_and_texts_become_values() -> None:
    made = make_identity(URL, model="vvx 1500", mac="00:04:F2:AA:BB:CC", firmware="3.2.4")
    assert (made.model, made.features) == (load_model("VVX_1500"), load_features())
    assert (made.mac, made.boot_server) == (MacAddress("0004f2aabbcc"), URL)
    assert (made.profile.version, made.profile.always_fetches_license) == ("3.2.4.0244", False)
    assert (made.anchor, made.dhcp, made.style) == (load_anchor(), None, LogStyle.BULLETIN)


def test_values_stay_as_they_are(tmp_path: Path) -> None:
    model, mac, dhcp = load_model("SPIP_450"), MacAddress("0004f2aabbcc"), DhcpSettings()
    made = make_identity(
        model=model,
        mac=mac,
        trust=(anchor := SIGNING_KEY.anchor),
        always_fetches_license=True,
        dhcp=dhcp,
        style=LogStyle.PHONE,
    )
    assert (made.model, made.mac, made.dhcp, made.boot_server) == (model, mac, dhcp, "")
    assert made.anchor is anchor
    assert (made.profile.always_fetches_license, made.style) == (True, LogStyle.PHONE)
    (file := tmp_path / "anchor.pem").write_bytes(SIGNING_KEY.anchor.pem())
    for trust in (file, f"{file}"):
        assert make_identity(model=model, mac=mac, trust=trust).anchor.pem() == SIGNING_KEY.anchor.pem()


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ({"boot_server": "boot.example"}, "'boot.example' is not a boot server address"),
        ({"model": "SPIP_999"}, "unknown model 'SPIP_999'"),
        ({"mac": "4f2aabbcc"}, "4f2aabbcc"),
        ({"firmware": "2.0"}, "firmware 2.0 is not known"),
        ({"firmware": "3.2.4B"}, r"application in it, 3\.2\.4\.0267 \(VVX 1500: 3\.2\.4\.0244\)"),
        ({"trust": Path("none.pem")}, "none.pem: No such file"),
        ({"image": "whole"}, "are for a phone that starts with its boot ROM"),
        ({"installed": "3.2.4"}, "are for a phone that starts with its boot ROM"),
        ({"boot_rom": True, "installed": "3.2.4"}, "it needs image whole"),
        ({"boot_rom": True, "image": "whole", "installed": "2.0"}, "firmware 2.0 is not known"),
        ({"boot_rom": True, "image": "half"}, "'half' is not one of: header, whole"),
    ],
)
def test_argument_that_cannot_be_used_is_named(wrong: dict[str, Any], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        make_identity(**{"model": "SPIP_670", "mac": "0004f2aabbcc"} | wrong)


@pytest.mark.parametrize(
    ("style", "given", "missed"),
    [
        (LogStyle.BULLETIN, None, "03"),
        (LogStyle.PHONE, None, "00"),
        (LogStyle.PHONE, "02", "02"),
    ],
)
def test_fourth_field_of_the_log_is_that_of_the_style_or_the_given_one(
    style: LogStyle, given: str | None, missed: str
) -> None:
    """D26."""
    assert make_identity(model="SPIP_670", mac="0004f2aabbcc", style=style, missed=given).missed == missed


def test_fourth_field_has_two_digits() -> None:
    with pytest.raises(UsageError, match="'3' is not a fourth field of log lines: two digits"):
        make_identity(model="SPIP_670", mac="0004f2aabbcc", missed="3")


def test_user_agent_has_four_numbers_and_a_warning_tells_of_firmware_that_a_model_never_had() -> None:
    """Field notes 8 and 14; servers that read User-Agents expect four numbers."""
    for model, firmware, build, is_warned in (
        ("SPIP_335", "3.3.1", "3.3.1.0907", False),  # the build that was observed
        ("SPIP_670", "3.3.1", "3.3.1.0000", False),  # none was
        ("SPIP_670", "3.3.1.0907", "3.3.1.0907", False),
        ("SPIP_670", "3.3", "3.3.0.0000", False),
        ("SPIP_330", "3.3.5", "3.3.5.0247", False),
        ("SPIP_330", "3.3.5.0248", "3.3.5.0248", True),
        ("SPIP_430", "3.3.0", "3.3.0.0000", True),
        ("SPIP_550", "4.0.15", "4.0.15.1047", False),
        ("SPIP_550", "4.1", "4.1.0.0000", True),
        ("SPIP_601", "3.3.0", "3.3.0.0000", True),
        ("VVX_500", "5.9.7", "5.9.7.0000", False),
        ("VVX_500", None, "5.9.7.0000", False),
        ("VVX_310", None, "5.1.1.2986", False),
        ("SPIP_670", None, "3.3.0.0000", False),
    ):
        made = make_identity(model=model, mac="0004f2aabbcc", firmware=firmware)
        user_agent = made.profile.user_agent(made.model, made.mac, tag_serial=False)
        assert user_agent.removesuffix(" Type/Application").endswith(f"-{model}-UA/{build}")
        assert bool(made.firmware_warning) == is_warned
    warning = make_identity(model="SPIP_430", mac="0004f2aabbcc", firmware="4.0.1.0001").firmware_warning
    assert warning == "SPIP_430 is not known to have had firmware 4.0.1.0001: the last known for it is 3.2.7.0198"
