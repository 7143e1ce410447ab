"""The dictionary: which parameters there are, what it says of each, and tables that cannot be used (D22)."""

import pytest

from phone_sim.errors import ParameterTableError
from phone_sim.firmware.parameters.dictionary import (
    Declaration,
    ParameterDictionary,
    ParameterType,
    parse_stock,
    parse_table,
)
from phone_sim.runtime.parameter_tables import load_dictionary

UCS = load_dictionary("ucs-3.3")
SIP_3 = load_dictionary("sip-3")
HEAD = "name\tindex\ttype\tmin\tmax\tvalues\tdefault\n"
STOCK_HEAD = "name\tindex\tin\tstock value\n"


def declared(dictionary: ParameterDictionary, name: str) -> Declaration:
    found = dictionary.find(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "kind", "default"),
    [
        ("license.polling.time", ParameterType.STRING, "02:00"),
        ("log.render.file.upload.period", ParameterType.INTEGER, "86400"),
        ("feature.corporateDirectory.enabled", ParameterType.BOOLEAN, "0"),
        ("reg.34.address", ParameterType.STRING, ""),
        ("dir.corp.attribute.8.type", ParameterType.ENUM, "last_name"),
        ("device.syslog.facility", ParameterType.OPTIONAL_INTEGER, ""),
        ("device.prov.password", ParameterType.PASSWORD, ""),
    ],
)
def test_parameters_of_uc_software_are_declared(name: str, kind: ParameterType, default: str) -> None:
    found = declared(UCS, name)
    assert (found.type, found.default) == (kind, default)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "reg.35.address",
        "reg.0.address",
        "reg.1",
        "reg.1.Address",
        "reg.99999.address",
        "a" * 300,
        "reg.\u0661.address",
    ],
)
def test_other_names_are_not_known(name: str) -> None:
    assert UCS.find(name) is None


def test_each_number_of_a_name_has_its_range() -> None:
    both = next(one for one in UCS.declarations if one.indexes == (range(1, 7), range(1, 7)))
    assert UCS.find(both.pattern.replace("#", "6")) is both
    assert UCS.find(both.pattern.replace("#", "6", 1).replace("#", "7", 1)) is None


def test_defaults_of_sip_3_are_the_stock_values_and_types_those_of_uc_software() -> None:
    found = declared(SIP_3, "log.render.file.size")
    assert (found.default, found.type, found.minimum, found.maximum) == ("16", ParameterType.INTEGER, 1, 180)
    assert declared(UCS, "log.render.file.size").default == "32"


def test_what_only_later_firmware_has_is_read_as_it_declares_it_but_is_not_known() -> None:
    name = "device.syslog.facility"
    assert SIP_3.find(name) is None
    assert SIP_3.declaration(name) is UCS.find(name)


def test_parameter_of_no_table_is_a_switch_that_is_off() -> None:
    found = UCS.declaration("feature.nwayConference.enabled")
    assert (found.type, found.default) == (ParameterType.BOOLEAN, "0")


def test_parameters_are_found_by_a_glob_of_patterns_or_names() -> None:
    assert {one.pattern for one in UCS.matching("dir.corp.attribute.3.*")} == {
        f"dir.corp.attribute.#.{last}"
        for last in ("addstar", "filter", "label", "name", "searchable", "sticky", "type")
    }
    assert [one.pattern for one in UCS.matching("license.polling.time")] == ["license.polling.time"]
    assert UCS.matching("no.such.*") == ()


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("feature.corporateDirectory.enabled", ["0", "1", "true", "false", ""], ["2", "True", "yes", "-1", "01"]),
        ("tcpIpApp.sntp.gmtOffset", ["-43200", "46800", "+0"], ["46801", "-43201", "1.5", "x", "9" * 5000, "\u0661"]),
        ("device.syslog.facility", ["", "0", "23"], ["24", "-1"]),
        ("dir.corp.transport", ["TCP", "tls"], ["UDP", "TCPS"]),
        ("dir.corp.baseDN", ["", "x" * 256], ["x" * 257]),
    ],
)
def test_values_are_judged_by_type_and_range(name: str, good: list[str], bad: list[str]) -> None:
    found = declared(UCS, name)
    assert [value for value in good if not found.admits(value)] == []
    assert [value for value in bad if found.admits(value)] == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("feature.corporateDirectory.enabled", "0, 1, true or false"),
        ("tcpIpApp.sntp.gmtOffset", "-43200 to 46800"),
        ("dir.corp.transport", "TCP or TLS"),
        ("dir.corp.baseDN", "a text of at most 256 characters"),
    ],
)
def test_what_is_expected_is_said_in_words(name: str, expected: str) -> None:
    assert declared(UCS, name).expected == expected


def test_own_table_goes_before_the_vendor_s() -> None:
    own = parse_table(f"{HEAD}reg.#.address\t1-99\tstring\t0\t9\t\t\nours.on\t\tboolean\t\t\t\t1\n", "own.tsv")
    extended = UCS.extended("own.tsv", own)
    assert (declared(extended, "reg.99.address").maximum, declared(extended, "ours.on").default) == (9, "1")
    assert declared(extended, "license.polling.time") is UCS.find("license.polling.time")
    assert UCS.find("ours.on") is None


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "the columns are not name, index, type"),
        ("name\ttype\n", 1, "the columns are not"),
        (f"{HEAD}a.b\t\tboolean\t\t\t\t0\textra\n", 2, "more than 7 columns"),
        (f"{HEAD}a.b\t\tboolean\t\t\t\t0\na b\t\tboolean\t\t\t\t0\n", 3, "'a b' is not the name of a parameter"),
        (f"{HEAD}{'a' * 256}\t\tboolean\t\t\t\t0\n", 2, "is not the name of a parameter"),
        (f"{HEAD}a.b\t\tflag\t\t\t\t0\n", 2, "type 'flag' is not one of boolean"),
        (f"{HEAD}a.b\n", 2, "type '' is not one of"),
        (f"{HEAD}a.#\t1-x\tboolean\t\t\t\t0\n", 2, "index '1-x' is not like 1-34"),
        (f"{HEAD}a.#\t1-2,1-2\tboolean\t\t\t\t0\n", 2, "has 2 ranges for 1 of '#'"),
        (f"{HEAD}a.b\t\tinteger\tlow\t\t\t0\n", 2, "min 'low' is not a whole number"),
        (f"{HEAD}a.b\t\tenum\t\t\t\t\n", 2, "an enum has values"),
        (f"{HEAD}a.b\t\tboolean\t\t\t0|1\t0\n", 2, "an enum has values"),
        (f"{HEAD}a.b\t\tinteger\t1\t9\t\t10\n", 2, "default '10' is not 1 to 9"),
    ],
)
def test_table_that_cannot_be_used_is_refused_with_its_line(text: str, line: int, reason: str) -> None:
    with pytest.raises(ParameterTableError) as refused:
        parse_table(text, "own.tsv")
    assert str(refused.value).startswith(f"own.tsv, line {line}: ")
    assert reason in str(refused.value)


def test_stock_table_that_cannot_be_used_is_refused_with_its_line() -> None:
    with pytest.raises(ParameterTableError, match=r"stock.tsv, line 2: 'a b' is not the name"):
        parse_stock(f"{STOCK_HEAD}a b\t\t3.1.6\t\n", "stock.tsv", UCS)


def test_stock_value_that_is_no_default_of_the_later_type_is_kept_as_text() -> None:
    (found,) = parse_stock(f"{STOCK_HEAD}dir.corp.transport\t\t3.1.6\tUDP\n", "stock.tsv", UCS)
    assert (found.default, found.type) == ("UDP", ParameterType.STRING)
