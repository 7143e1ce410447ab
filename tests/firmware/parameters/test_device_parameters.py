"""The `device.*` parameters: set by files that switch them on, and kept until they are set anew (D21)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.firmware.flash import FlashContents, decode, encode
from phone_sim.firmware.parameters.device_parameters import (
    NOTHING_KEPT,
    DeviceParameters,
    KeptValue,
    missing_switches,
    updated,
)
from phone_sim.firmware.parameters.layers import Layer, LayerKind, Parameters, source_of
from phone_sim.firmware.parameters.provenance import ParametersInForce
from phone_sim.runtime.parameter_tables import load_dictionary
from tests.firmware.test_flash import FIELDS, with_checksum
from tests.make import MAC

DICTIONARY = load_dictionary("ucs-3.3")
NAME, USER, PASSWORD = "device.prov.serverName", "device.prov.user", "device.prov.password"
ALL_SET = {"device.set": "1"}


def in_file(values: dict[str, str], file: str = "site.cfg") -> Parameters:
    return Parameters([Layer(values)], [source_of(file, LayerKind.LISTED, MAC)])


def switched_on(**values: str) -> dict[str, str]:
    """Parameters below `device`, with their switches."""
    named = {f"device.{name.replace('_', '.')}": value for name, value in values.items()}
    return ALL_SET | named | {f"{name}.set": "1" for name in named}


def kept_after(*boots: dict[str, str], first: DeviceParameters = NOTHING_KEPT) -> dict[str, str]:
    kept = first
    for values in boots:
        kept, _ = updated(kept, in_file(values), DICTIONARY)
    return {one.name: one.value for one in kept.values}


def test_value_is_kept_until_it_is_set_anew() -> None:
    first, second = switched_on(sntp_serverName="one.example"), switched_on(sntp_serverName="two.example")
    assert kept_after(first, {}, {"a.b": "1"}) == {"device.sntp.serverName": "one.example"}
    assert kept_after(first, {}, second) == {"device.sntp.serverName": "two.example"}
    assert kept_after(first, switched_on(sntp_serverName="")) == {}


@pytest.mark.parametrize(
    ("switches", "missing"),
    [
        ({}, ("device.set", "device.sntp.serverName.set")),
        ({"device.set": "1"}, ("device.sntp.serverName.set",)),
        ({"device.set": "0", "device.sntp.serverName.set": "true"}, ("device.set",)),
        ({"device.set": "true", "device.sntp.serverName.set": "1"}, ()),
    ],
)
def test_both_switches_have_to_be_on(switches: dict[str, str], missing: tuple[str, ...]) -> None:
    values = {"device.sntp.serverName": "ntp.example"} | switches
    assert missing_switches(in_file(values), "device.sntp.serverName") == missing
    assert bool(kept_after(values)) is not bool(missing)


def test_switch_without_a_value_and_unknown_names_set_nothing() -> None:
    known = switched_on(sntp_serverName="ntp.example")
    assert kept_after(known, ALL_SET | {"device.sntp.serverName.set": "1"}) == kept_after(known)
    assert kept_after(switched_on(no_such="1") | {"devices.a.set": "1", "devices.a": "1"}) == {}


def test_value_that_cannot_be_used_is_reported_and_changes_nothing() -> None:
    kept, none = updated(NOTHING_KEPT, in_file(switched_on(syslog_facility="3")), DICTIONARY)
    assert none == ()
    after, (problem,) = updated(kept, in_file(switched_on(syslog_facility="24")), DICTIONARY)
    assert after == kept
    assert (problem.name, problem.value, problem.expected, problem.used) == (
        "device.syslog.facility",
        "24",
        "0 to 23",
        "3",
    )
    _, problems = updated(
        kept, in_file(switched_on(prov_password="x" * 33, prov_user="u") | {"device.set": "yes"}), DICTIONARY
    )
    assert [(one.name, one.value) for one in problems] == [("device.set", "yes")]


def test_user_and_password_go_with_the_server_that_they_were_set_for() -> None:
    old = switched_on(prov_serverName="one.example", prov_user="u", prov_password="secret")
    assert kept_after(old, switched_on(prov_serverName="two.example")) == {NAME: "two.example"}
    assert kept_after(old, switched_on(prov_serverName="two.example", prov_user="v")) == {
        NAME: "two.example",
        USER: "v",
    }
    assert kept_after(old, switched_on(prov_serverName="one.example"))[PASSWORD] == "secret"
    assert kept_after(old, switched_on(prov_password="new"))[PASSWORD] == "new"


def test_flash_keeps_them_with_the_file_that_set_them() -> None:
    own = in_file(switched_on(sntp_serverName="ntp.example"), f"{MAC}-phone.cfg")
    kept, _ = updated(NOTHING_KEPT, own, DICTIONARY)
    again = decode(encode(FlashContents(device=kept))).device
    assert again == kept
    found = ParametersInForce(Parameters(), DICTIONARY, MAC, device=again)["device.sntp.serverName"]
    assert (found.value, found.source_text) == (
        "ntp.example",
        f"kept in flash from an earlier boot ({MAC}-phone.cfg)",
    )
    assert str(found) == f"device.sntp.serverName is ntp.example {found.source_text}"
    assert found.as_json()["source"]["kind"] == "kept in flash from an earlier boot"


def test_user_and_password_of_the_boot_server_are_not_shown() -> None:
    name = "http://me:secret@boot.example/"
    kept, _ = updated(
        NOTHING_KEPT, in_file(switched_on(prov_user="me", prov_password="secret", prov_serverName=name)), DICTIONARY
    )
    found = ParametersInForce(Parameters(), DICTIONARY, MAC, device=kept)
    assert [found[one].as_json()["value"] for one in (USER, PASSWORD, NAME)] == [
        "****",
        "****",
        "http://****@boot.example/",
    ]
    assert "secret" not in f"{found[NAME]}{found[PASSWORD]}"
    _, (long_user,) = updated(NOTHING_KEPT, in_file(switched_on(prov_user="x" * 257)), DICTIONARY)
    assert long_user.value == "****"


def test_kept_value_counts_where_the_one_of_a_file_is_not_in_force() -> None:
    kept, _ = updated(NOTHING_KEPT, in_file(switched_on(sntp_gmtOffset="3600", prov_password="secret")), DICTIONARY)
    name = "device.sntp.gmtOffset"
    off = ParametersInForce(in_file({name: "7200"}), DICTIONARY, MAC, device=kept)
    assert (off[name].value, off[name].masked[0].value) == ("3600", "7200")
    assert off[name].objection == f"not in force without device.set and {name}.set"
    assert set(off) == {name, PASSWORD}
    assert off[PASSWORD].as_json()["value"] == "****"
    bad = ParametersInForce(in_file(switched_on(sntp_gmtOffset="x")), DICTIONARY, MAC, device=kept)[name]
    assert (bad.value, bad.objection) == ("3600", "not -43200 to 46800")
    anew = in_file(switched_on(sntp_gmtOffset="7200"))
    now = ParametersInForce(anew, DICTIONARY, MAC, device=updated(kept, anew, DICTIONARY)[0])[name]
    assert (now.value, now.source_text, now.masked) == ("7200", "site.cfg", ())


def test_flash_from_before_has_none_and_a_forged_one_no_more_than_the_dictionary() -> None:
    assert decode(with_checksum(json.dumps(FIELDS).encode())).device == NOTHING_KEPT
    forged = [[f"device.a{number}", "1", ""] for number in range(1000)]
    forged += [["device.syslog.facility", "24", ""], ["log.render.level", "0", ""], ["device.set", "1", ""]]
    forged += [["device.sntp.serverName", one, ""] for one in ("a", "b" * 257, "", "c")]
    device = decode(with_checksum(json.dumps(FIELDS | {"device": forged}).encode())).device
    assert len(device.values) == len(forged)
    assert device.known_to(DICTIONARY) == DeviceParameters(
        (KeptValue(name="device.sntp.serverName", value="c", file=""),)
    )


@given(
    st.dictionaries(st.sampled_from([*switched_on(sntp_serverName=""), *switched_on(prov_serverType="")]), st.text())
)
def test_any_file_leaves_values_that_the_dictionary_admits(values: dict[str, str]) -> None:
    kept, _ = updated(NOTHING_KEPT, in_file(values), DICTIONARY)
    assert kept.known_to(DICTIONARY) == kept
