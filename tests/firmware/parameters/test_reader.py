"""Parameters as values: the default in the place of what cannot be used, and each such value reported once."""

import pytest

from phone_sim.firmware.parameters.reader import BadParameter, ParameterReader
from phone_sim.runtime.parameter_tables import load_dictionary
from tests.make import of

PERIODIC = "voice.qualityMonitoring.collector.enable.triggeredPeriodic"


def reader(**values: str) -> ParameterReader:
    parameters = of({name.replace("_", "."): value for name, value in values.items()})
    return ParameterReader(parameters, load_dictionary("ucs-3.3"))


def test_value_that_is_not_set_or_empty_is_the_default() -> None:
    for found in (reader(), reader(log_render_file_size="", license_polling_time="")):
        assert (found.integer("log.render.file.size"), found.text("license.polling.time")) == (32, "02:00")
        assert not found.is_set("log.render.file.size")
        assert found.problems == []


def test_value_that_cannot_be_used_is_reported_and_the_default_used() -> None:
    found = reader(log_render_file_size="181")
    assert found.integer("log.render.file.size") == 32
    assert not found.is_set("log.render.file.size")
    assert found.problems == [
        BadParameter(name="log.render.file.size", value="181", expected="1 to 180", used="32"),
    ]


@pytest.mark.parametrize(
    ("value", "on"), [("1", True), ("true", True), (" 1 ", True), ("0", False), ("false", False), ("", False)]
)
def test_switch_is_on_by_1_and_true(value: str, on: bool) -> None:
    found = reader(feature_corporateDirectory_enabled=value)
    assert found.is_on("feature.corporateDirectory.enabled") is on
    assert found.problems == []


@pytest.mark.parametrize(("value", "on"), [("0", False), ("1", True), ("2", True), ("3", False)])
def test_switch_with_several_ways_of_being_on_is_an_integer(value: str, on: bool) -> None:
    assert reader(**{PERIODIC.replace(".", "_"): value}).is_on(PERIODIC) is on


def test_choice_is_spelled_as_the_dictionary_spells_it() -> None:
    assert reader(dir_corp_transport="tls").choice("dir.corp.transport") == "TLS"


def test_password_is_not_shown() -> None:
    found = reader(dir_corp_password="s3cret" * 50)
    assert found.text("dir.corp.password") == ""
    assert [bad.value for bad in found.problems] == ["****"]
