"""What is configured for use, and the gates of every model, against the matrix as the bulletin prints it (B3, B13)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.firmware.features import (
    BuiltIn,
    Enabled,
    FeatureSet,
    Gate,
    NotLicensed,
    NotOnThisModel,
    OffByConfiguration,
    feature_set,
    gate_reason,
)
from phone_sim.firmware.parameters.layers import LayerKind, Parameters, read_layer, source_of
from phone_sim.firmware.parameters.provenance import ParametersInForce
from phone_sim.firmware.profile import profile_for
from phone_sim.licensing.expiry import NEVER, Expiry
from phone_sim.licensing.key_ring import KeyRing
from phone_sim.runtime.model_files import load_features, load_model
from phone_sim.runtime.parameter_tables import load_dictionary
from tests.make import KEYS, MAC, SITE_SERIAL, SWITCHES, of, signed_key, until

FEATURES = tuple(feature for feature in load_features() if feature.key in KEYS)
BITS = {"UsbAudio": 0, "NwayConference": 1, "LDAP": 2, "VoiceQualityMetrics": 3, "H323": 7}
# B3: on which models a license is required, and on which the feature is built in.
REQUIRED = {
    "H323": "VVX_1500",
    "LDAP": "SPIP_320 SPIP_321 SPIP_330 SPIP_331 SPIP_335 SPIP_430 SPIP_450 SPIP_550 SPIP_560 SPIP_650 SPIP_670 "
    "SSIP_5000 SSIP_6000",
    "UsbAudio": "SPIP_650 SPIP_670",
    "NwayConference": "SPIP_450 SPIP_550 SPIP_560 SPIP_650 SPIP_670",
    "VoiceQualityMetrics": "SPIP_320 SPIP_321 SPIP_330 SPIP_331 SPIP_335 SPIP_430 SPIP_450 SPIP_550 SPIP_560 "
    "SPIP_650 SPIP_670 SSIP_6000",
}
BUILT_IN = {
    "H323": "",
    "LDAP": "SSIP_7000 VVX_1500",
    "UsbAudio": "VVX_1500",
    "NwayConference": "SSIP_7000 VVX_1500",
    "VoiceQualityMetrics": "SSIP_7000 VVX_1500",
}
MODELS = [*REQUIRED["LDAP"].split(), "SSIP_7000", "VVX_1500"]
TODAY = date(2026, 3, 10)
# What is licensed, and whether that is good today and while the clock is unset.
LICENSES: dict[str, tuple[Expiry | None, bool, bool]] = {
    "none": (None, False, False),
    "never": (NEVER, True, True),
    "last day": (until("2026-03-10"), True, True),
    "over": (until("2026-03-09"), False, True),
}


def by_the_bulletin(token: str, key: str, *, configured: bool, good: bool) -> type[Gate]:
    """B3 and B13 once more, written apart from the source."""
    if token not in REQUIRED[key].split() and token not in BUILT_IN[key].split():
        return NotOnThisModel
    if not configured:
        return OffByConfiguration
    if token in BUILT_IN[key].split():
        return BuiltIn
    return Enabled if good else NotLicensed


def ring_of(*expiries: tuple[str, Expiry | None]) -> KeyRing:
    grants = {BITS[key]: expiry for key, expiry in expiries if expiry is not None}
    return KeyRing([signed_key(grants, serial=SITE_SERIAL)] if grants else ())


def features_of(token: str, wanted: frozenset[str], firmware: str = "3.3.0") -> FeatureSet:
    return FeatureSet(model=load_model(token), profile=profile_for(firmware), features=FEATURES, wanted=wanted)


@pytest.mark.parametrize("license_state", list(LICENSES))
@pytest.mark.parametrize("configured", [True, False])
@pytest.mark.parametrize("token", MODELS)
def test_each_gate_is_the_bulletins(token: str, configured: bool, license_state: str) -> None:
    expiry, good_today, good_unset = LICENSES[license_state]
    for key in KEYS:
        features = features_of(token, frozenset({key} if configured else ()))
        ring = ring_of((key, expiry))
        for today, good in ((TODAY, good_today), (None, good_unset)):
            gates = {gate.feature.key: gate for gate in features.gates(ring, today)}
            assert type(gates[key]) is by_the_bulletin(token, key, configured=configured, good=good)
            assert gates[key].is_enabled is isinstance(gates[key], Enabled | BuiltIn)
            assert gates[key].reason
            assert features.lacks_license(ring, today) == (type(gates[key]) is NotLicensed)


@pytest.mark.slow
@given(
    st.sampled_from(MODELS),
    st.frozensets(st.sampled_from(KEYS)),
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from(sorted(LICENSES))),
)
def test_gates_do_not_depend_on_each_other(token: str, wanted: frozenset[str], licensed: dict[str, str]) -> None:
    features = features_of(token, wanted)
    gates = features.gates(ring_of(*((key, LICENSES[state][0]) for key, state in licensed.items())), TODAY)
    assert [gate.feature.key for gate in gates] == list(KEYS)  # by rising bit
    for gate in gates:
        key = gate.feature.key
        good = LICENSES[licensed.get(key, "none")][1]
        assert type(gate) is by_the_bulletin(token, key, configured=key in wanted, good=good)


def test_reasons_say_why() -> None:
    features = features_of("SPIP_670", frozenset({"LDAP"}))
    ldap = FEATURES[2]
    reasons = {
        state: features.gate(ldap, ring_of(("LDAP", expiry)), TODAY).reason for state, (expiry, *_) in LICENSES.items()
    }
    assert reasons == {
        "none": "no license",
        "never": "licensed, does not expire",
        "last day": "licensed until 2026-03-10",
        "over": "license expired, last day 2026-03-09",
    }


@pytest.mark.parametrize(("token", "firmware"), [("VVX_1500", "3.2.1"), ("SPIP_335", "3.2.2"), ("SSIP_5000", "3.2.2")])
def test_firmware_without_licensing_licenses_nothing(token: str, firmware: str) -> None:
    features = features_of(token, frozenset(KEYS), firmware)
    ring = ring_of(*((key, NEVER) for key in KEYS))
    gates = features.gates(ring, TODAY)
    assert not any(isinstance(gate, Enabled) for gate in gates)
    assert any("no licensing before firmware" in gate.reason for gate in gates)
    assert not features.lacks_license(ring, TODAY)  # no file would help


def wanted(parameters: Parameters, dialect: str) -> frozenset[str]:
    firmware = "3.2.4" if dialect == "sip-3" else "3.3.0"
    dictionary = load_dictionary(dialect)
    return feature_set(load_model("SPIP_670"), profile_for(firmware), FEATURES, parameters, dictionary).wanted


@pytest.mark.parametrize("key", KEYS)
def test_each_feature_has_its_switch(key: str) -> None:
    assert wanted(of({SWITCHES[key]: "1"}), "ucs-3.3") == {key}
    assert wanted(of({SWITCHES[key]: "true"}), "ucs-3.3") == {key}
    for value in ("0", "", "false", "yes", "True"):
        assert wanted(of({SWITCHES[key]: value}), "ucs-3.3") == frozenset()


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("voice.qualityMonitoring.collector.enable.periodic", "VoiceQualityMetrics"),
        ("voice.qualityMonitoring.collector.enable.session", "VoiceQualityMetrics"),
        ("voice.qualityMonitoring.collector.enable.triggeredPeriodic", "VoiceQualityMetrics"),
        ("voice.qualityMonitoring.rtcpxr.enable", "VoiceQualityMetrics"),
        ("voIpProt.H323.enable", "H323"),
    ],
)
@pytest.mark.parametrize("dialect", ["sip-3", "ucs-3.3"])
def test_switches_of_both_dialects(name: str, key: str, dialect: str) -> None:
    assert wanted(of({name: "1"}), dialect) == {key}


def test_both_spellings_of_conference_management_count() -> None:
    assert wanted(of({"feature.nwayConference.enabled": "1"}), "ucs-3.3") == {"NwayConference"}


SIP_3 = {
    "feature.16.name": "nway-conference",
    "feature.17.name": "call-recording",
    "feature.5.name": "corporate-directory",
}


@pytest.mark.parametrize(
    ("parameters", "keys"),
    [
        (of(SIP_3), set()),
        (of(SIP_3 | {"feature.16.enabled": "1"}), {"NwayConference"}),
        (of(SIP_3 | {"feature.17.enabled": "1", "feature.5.enabled": "1"}), {"UsbAudio", "LDAP"}),
        (of({"feature.5.enabled": "1"}, SIP_3), {"LDAP"}),
        (of({"feature.19.enabled": "1"}, SIP_3), set()),
        (of({"feature.1.name": "of-no-license", "feature.1.enabled": "1"}), set()),
    ],
)
def test_numbered_features_are_of_sip_3_only(parameters: Parameters, keys: set[str]) -> None:
    assert wanted(parameters, "sip-3") == keys
    assert wanted(parameters, "ucs-3.3") == set()


def test_switches_of_later_firmware_mean_nothing_to_sip_3() -> None:
    assert wanted(of({SWITCHES["LDAP"]: "1", SWITCHES["UsbAudio"]: "1"}), "sip-3") == frozenset()


def reasons(override: bytes, site: bytes) -> dict[str, str]:
    """The reason of each gate of a phone with these files."""
    layers = [read_layer(override), read_layer(site)]
    sources = [source_of(f"{MAC}-web.cfg", LayerKind.OVERRIDE, MAC), source_of("site.cfg", LayerKind.LISTED, MAC)]
    parameters, dictionary = Parameters(layers, sources), load_dictionary("ucs-3.3")
    features = feature_set(load_model("SPIP_670"), profile_for("3.3.0"), FEATURES, parameters, dictionary)
    in_force = ParametersInForce(parameters, dictionary, MAC)
    return {gate.feature.key: gate_reason(gate, in_force) for gate in features.gates(ring_of(), TODAY)}


def test_reason_says_which_file_switches_a_feature_off() -> None:
    name = SWITCHES["LDAP"]
    found = reasons(f"<a\n{name}='0'/>".encode(), f"<a\n{name}='1'/>".encode())
    assert found["LDAP"] == f"not configured for use ({name} is 0 in {MAC}-web.cfg, line 2; site.cfg, line 2, says 1)"
    assert found["UsbAudio"] == "not configured for use"
    assert reasons(f"<a {name}=''/>".encode(), f"<a {name}='1'/>".encode())["LDAP"] == (
        f"not configured for use ({name} is 0 by default; {MAC}-web.cfg, line 1, says nothing "
        "(empty means the default); site.cfg, line 1, says 1)"
    )


def test_reason_names_the_switch_that_the_files_disagree_on() -> None:
    prefix, name = "voice.qualityMonitoring", "voice.qualityMonitoring.rtcpxr.enable"
    site = f"<a {prefix}.collector.enable.periodic='0' {name}='1'/>"
    assert f"({name} is 0 in " in reasons(f"<a {name}='0'/>".encode(), site.encode())["VoiceQualityMetrics"]
