"""Configuration files and the parameters in force (field notes 2, 5 and 12)."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.errors import ParameterFileError
from phone_sim.firmware.flash import FlashContents, decode, encode
from phone_sim.firmware.parameters.layers import SIZE_LIMIT, Parameters, read_layer
from phone_sim.licensing.license_file import write
from tests.make import of, signed_key

NAMES = st.sampled_from(
    [f"feature.{number}.{field}" for number in ("1", "2", "16", "019") for field in ("name", "enabled")] + ["a", "b.c"]
)
LAYERS = st.lists(st.dictionaries(NAMES, st.sampled_from(["", "0", "1", " 1 ", "nway-conference", "x"])), max_size=4)


@pytest.mark.parametrize(
    "data",
    [
        b"<PHONE_CONFIG><ALL a.b='1'/></PHONE_CONFIG>",
        b"<config a.b='1'/>",
        b"<polycomConfig xmlns:xsi='urn:x'><a a.b='1'><c.d c.d='2'/></a></polycomConfig>",
        b"<PHONE><REGISTRATION a.b='1'/></PHONE>",
        b"<a.b a.b = '1'>stray text</a.b>",
        codecs.BOM_UTF8 + b"<!-- SIP -->\r\n<sip a.b='1'/>\r\n",
        b"<?xml version='1.0' encoding='ISO-8859-1' standalone='yes'?><r name='\xe9' a.b='1'/>",
        b"<r><one a.b='1'/><two a.b='2'/></r>",
    ],
)
def test_any_root_and_element_will_do(data: bytes) -> None:
    assert Parameters([read_layer(data)]).get("a.b") == "1"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (write([signed_key()]), "activation file"),
        (b"<licenses/>", "activation file"),
        (b"", "empty"),
        (b"<r a='1' a='2'/>", "redefined"),
        (b"<r sampled_audio/>", "sampled_audio"),
        (b"<!DOCTYPE r><r/>", "document type"),
        (b"<html></html>", "HTML"),
        (b"x" * (SIZE_LIMIT + 1), f"more than {SIZE_LIMIT} bytes"),
    ],
)
def test_what_is_no_configuration_file_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ParameterFileError, match=reason):
        read_layer(data)


def test_first_layer_wins_even_with_an_empty_value() -> None:
    parameters = of({"a": "1"}, {"a": "2", "b": ""}, {"b": "3", "c": " 4 "})
    assert [parameters.get(name) for name in ("a", "b", "c", "d")] == ["1", "", "4", ""]


@pytest.mark.parametrize(
    ("layers", "features"),
    [
        ([{"feature.16.name": "nway-conference", "feature.16.enabled": "1"}], {"nway-conference": "16"}),
        ([{"feature.1.name": "a", "feature.9.name": "b"}], {"a": "1", "b": "9"}),
        # listed twice, in one file or in two: what is listed first decides
        ([{"feature.1.name": "a", "feature.2.name": "a"}], {"a": "1"}),
        ([{"feature.9.name": "a"}, {"feature.1.name": "a"}], {"a": "9"}),
        # renumbered: the first layer's name for a number wins
        ([{"feature.1.name": "b"}, {"feature.1.name": "a"}], {"b": "1"}),
        ([{"feature.1.enabled": "1"}], {}),
        ([{"feature.x.name": "a", "feature..name": "b", "xfeature.1.name": "c"}], {}),
        ([], {}),
    ],
)
def test_features_are_found_by_name(layers: list[dict[str, str]], features: dict[str, str]) -> None:
    assert Parameters(of(layer)._layers[0] for layer in layers).numbered_features() == features


@pytest.mark.slow
@given(LAYERS)
def test_one_dictionary_says_the_same_as_the_layers(layers: list[dict[str, str]]) -> None:
    parameters = Parameters(of(layer)._layers[0] for layer in layers)
    expected: dict[str, str] = {}
    for layer in layers:
        expected |= {name: value for name, value in layer.items() if name not in expected}
    assert parameters.flat() == expected
    assert parameters == of(expected)
    assert of(expected).numbered_features() == parameters.numbered_features()
    kept = decode(encode(FlashContents(parameters=parameters))).parameters
    assert kept == parameters
    assert kept.numbered_features() == parameters.numbered_features()


def test_parameters_differ_by_what_they_say() -> None:
    assert of({"a": "1"}) != of({"a": "2"})
    assert of({"a": "1"}, {"a": "2"}) == of({"a": "1"})
    assert Parameters() == of({})
    assert of({}) != "a"


@given(st.binary(max_size=80))
def test_any_bytes_are_a_layer_or_refused(data: bytes) -> None:
    for whole in (data, b"<r>" + data + b"</r>"):
        try:
            read_layer(whole)
        except ParameterFileError:
            continue
