"""What differs between firmware releases (B2, D8, field notes 1.1 and 3.1)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.errors import UsageError
from phone_sim.firmware.profile import CURRENT, profile_for, usual_firmware
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.model_files import load_model, load_models
from tests.make import MAC

AS_SERVERS_READ_IT = re.compile(r"^FileTransport Polycom\w+-(\w*?)-UA/([\d.]+)")


@pytest.mark.parametrize(
    ("model", "firmware", "tag_serial", "user_agent"),
    [
        ("SPIP_335", "3.2.1.0078", False, "FileTransport PolycomSoundPointIP-SPIP_335-UA/3.2.1.0078"),
        ("SPIP_450", "3.2.3.1734", False, "FileTransport PolycomSoundPointIP-SPIP_450-UA/3.2.3.1734"),
        ("SSIP_6000", "3.2.0.0157", False, "FileTransport PolycomSoundStationIP-SSIP_6000-UA/3.2.0.0157"),
        (
            "SPIP_550",
            "4.0.15.1047",
            True,
            f"FileTransport PolycomSoundPointIP-SPIP_550-UA/4.0.15.1047 (SN:{MAC}) Type/Application",
        ),
        (
            "SPIP_335",
            "4.0.13.1445",
            True,
            f"FileTransport PolycomSoundPointIP-SPIP_335-UA/4.0.13.1445 (SN:{MAC}) Type/Application",
        ),
        (
            "SSIP_6000",
            "4.0.4.2906",
            False,
            "FileTransport PolycomSoundStationIP-SSIP_6000-UA/4.0.4.2906 Type/Application",
        ),
        (
            "SSIP_5000",
            "4.0.3.7562",
            True,
            f"FileTransport PolycomSoundStationIP-SSIP_5000-UA/4.0.3.7562 (SN:{MAC}) Type/Application",
        ),
        ("SPIP_600", "3.1.3.0439", False, "FileTransport PolycomSoundPointIP-SPIP_600-UA/3.1.3.0439"),
        ("SPIP_601", "3.1.2.0392", False, "FileTransport PolycomSoundPointIP-SPIP_601-UA/3.1.2.0392"),
        ("VVX_101", "5.4.3.1014", False, "FileTransport PolycomVVX-VVX_101-UA/5.4.3.1014 Type/Application"),
        ("VVX_400", "4.1.4.7430", False, "FileTransport PolycomVVX-VVX_400-UA/4.1.4.7430 Type/Application"),
        ("VVX_1500", "3.2.4.0244", False, "FileTransport PolycomVVX-VVX_1500-UA/3.2.4.0244"),
        ("SPIP_670", "3.2.3.1734", True, f"FileTransport PolycomSoundPointIP-SPIP_670-UA/3.2.3.1734 (SN:{MAC})"),
    ],
)
def test_user_agent_is_as_observed(model: str, firmware: str, tag_serial: bool, user_agent: str) -> None:
    assert profile_for(firmware).user_agent(load_model(model), MAC, tag_serial=tag_serial) == user_agent


@pytest.mark.slow
@given(
    st.sampled_from([model.token for model in load_models()]),
    st.sampled_from(["3.0", "3.1.3.0439", "3.3.0", "4.0.15.1047", "4.1.0", "5.9.7.0000"]),
    st.booleans(),
    st.from_regex(r"[0-9a-f]{12}", fullmatch=True).map(MacAddress),
)
def test_servers_read_every_user_agent(token: str, firmware: str, tag_serial: bool, mac: MacAddress) -> None:
    phone = load_model(token)
    match = AS_SERVERS_READ_IT.match(profile_for(firmware).user_agent(phone, mac, tag_serial=tag_serial))
    assert match is not None
    assert match.groups() == (phone.token, firmware)


@pytest.mark.parametrize(
    ("model", "firmware", "supported"),
    [
        ("SPIP_670", "3.0", True),
        ("SPIP_320", "3.0.0.1", True),
        ("SSIP_7000", "3.0.1", True),
        ("VVX_1500", "3.2.1.9999", False),
        ("VVX_1500", "3.2.2", True),
        ("SPIP_335", "3.2.2.9999", False),
        ("SPIP_335", "3.2.3", True),
        ("SSIP_5000", "3.2.2", False),
        ("SSIP_5000", "3.2.3.1734", True),
        ("SPIP_331", "3.2.2", True),
        ("SSIP_6000", "3.2.2", True),
    ],
)
def test_licensing_begins_with_a_firmware(model: str, firmware: str, supported: bool) -> None:
    assert profile_for(firmware).supports_licensing(load_model(model)) is supported


@pytest.mark.parametrize("token", [model.token for model in load_models()])
def test_current_firmware_has_licensing_on_every_model(token: str) -> None:
    assert profile_for(CURRENT).supports_licensing(load_model(token))


@pytest.mark.parametrize(
    ("firmware", "dialect", "overrides", "typed", "tag", "always"),
    [
        ("3.0", "sip-3", ("phone.cfg",), False, "sec.tagSerialNo", False),
        ("3.2.4.0267", "sip-3", ("phone.cfg",), False, "sec.tagSerialNo", False),
        ("3.3.0", "ucs-3.3", ("phone.cfg", "web.cfg"), False, "sec.tagSerialNo", False),
        ("4.0.15.1047", "ucs-3.3", ("phone.cfg", "web.cfg"), True, "device.prov.tagSerialNo", True),
        ("5.9.7", "ucs-3.3", ("phone.cfg", "web.cfg"), True, "device.prov.tagSerialNo", True),
    ],
)
def test_each_release_has_its_ways(
    firmware: str, dialect: str, overrides: tuple[str, ...], typed: bool, tag: str, always: bool
) -> None:
    profile = profile_for(firmware)
    assert (profile.dialect, profile.override_files) == (dialect, overrides)
    assert (profile.types_user_agent, profile.tag_parameter) == (typed, tag)
    assert profile.always_fetches_license is always


@pytest.mark.parametrize(
    ("firmware", "later", "seed"),
    [("3.3.0", False, False), ("4.1.4", False, False), ("5.0", True, False), ("5.4.0", True, True)],
)
def test_later_software_asks_for_more(firmware: str, later: bool, seed: bool) -> None:
    profile = profile_for(firmware)
    assert (profile.asks_call_lists, profile.appends_log, profile.always_asks_seed) == (later, later, seed)


@pytest.mark.parametrize(
    ("models", "firmware"),
    [
        ("", CURRENT),
        ("SPIP_670 VVX_1500", CURRENT),
        ("SPIP_601", "3.1.2.0392"),
        ("VVX_500", "5.9.7"),
        ("VVX_500 VVX_500", "5.9.7"),
        ("VVX_500 SPIP_670", CURRENT),
        ("VVX_500 VVX_101", CURRENT),
    ],
)
def test_phones_beyond_the_bulletin_have_the_latest_firmware_that_is_known(models: str, firmware: str) -> None:
    assert usual_firmware(map(load_model, models.split())) == firmware


def test_versions_of_tls_are_those_of_the_schema_and_unknown_without_one() -> None:
    assert [profile_for(firmware).tls_versions for firmware in ("3.2.3", "3.3.0", "4.0.14", "4.0.15.1009", "4.1")] == [
        (),
        (),
        (),
        ("1.0", "1.1", "1.2"),
        (),
    ]


@pytest.mark.parametrize("firmware", ["3.3.0", "4.0.1"])
@pytest.mark.parametrize("always", [True, False])
def test_license_rule_can_be_set_apart(firmware: str, always: bool) -> None:
    assert profile_for(firmware, always_fetches_license=always).always_fetches_license is always


@pytest.mark.parametrize("firmware", ["2.9.9", "6.0", "0.0", "3", "three", "", "3.3.0.1.2", "3.3.", "\uff13.3"])
def test_firmware_that_is_not_known_is_refused(firmware: str) -> None:
    with pytest.raises(UsageError, match="firmware"):
        profile_for(firmware)
