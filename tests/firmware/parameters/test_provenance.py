"""Where each parameter comes from: the file, the line, and the values that it masks."""

import pytest

from phone_sim.firmware.flash import FlashContents, decode, encode
from phone_sim.firmware.parameters.layers import LayerKind, Parameters, read_layer, source_of
from phone_sim.firmware.parameters.provenance import Masked, ParametersInForce, Setting, Source
from phone_sim.firmware.parameters.reader import BadParameter
from phone_sim.runtime.parameter_tables import load_dictionary
from tests.make import MAC

OVERRIDE = b"""<?xml version="1.0"?>
<!-- a="0"
     b="0" -->
<a feature.corporateDirectory.enabled="0"
   reg.1.label='x > y'/>
"""
SITE = b"""<site>
  a.text="1"
  <![CDATA[ <b c.d="1"/>
  ]]>
  <one license.polling.time="4:00" voice.unknown="7"/>
  <two
    feature.corporateDirectory.enabled = "1"
    reg.1.label="" reg.1.label.more="z"
  ></two>
  <three reg.1.label="later"/>
</site>
"""
WEB = Source(file=f"{MAC}-web.cfg", line=4, kind=LayerKind.OVERRIDE)
FILES = ((f"{MAC}-web.cfg", LayerKind.OVERRIDE, OVERRIDE), ("site.cfg", LayerKind.LISTED, SITE))


def site(line: int) -> Source:
    return Source(file="site.cfg", line=line, kind=LayerKind.LISTED)


def parameters() -> Parameters:
    layers = [read_layer(data) for _, _, data in FILES]
    return Parameters(layers, [source_of(name, kind, MAC) for name, kind, _ in FILES])


def in_force(found: Parameters | None = None) -> ParametersInForce:
    return ParametersInForce(parameters() if found is None else found, load_dictionary("ucs-3.3"), MAC)


def test_value_has_the_file_and_line_that_set_it_and_what_it_masks() -> None:
    assert in_force()["feature.corporateDirectory.enabled"] == Setting(
        name="feature.corporateDirectory.enabled", value="0", source=WEB, masked=(Masked(value="1", source=site(7)),)
    )
    assert in_force()["reg.1.label"].value == "x > y"
    assert in_force()["reg.1.label"].masked == (
        Masked(value="", source=site(8)),
        Masked(value="later", source=site(10)),
    )
    assert in_force()["reg.1.label.more"].source == site(8)
    assert in_force()["voice.unknown"] == Setting(name="voice.unknown", value="7", source=site(5))


def test_value_that_cannot_be_used_is_masked_by_the_default() -> None:
    bad = Parameters([read_layer(b"<a log.render.file.size='999'/>")], [source_of("a.cfg", LayerKind.LISTED, MAC)])
    found = in_force(bad)["log.render.file.size"]
    assert (found.value, found.source, found.objection) == ("32", None, "not 1 to 180")
    assert [str(one.source) for one in found.masked] == ["a.cfg, line 1"]


def test_value_that_the_phone_rejects_for_another_reason_is_not_in_force() -> None:
    rejected = BadParameter(name="license.polling.time", value="4:00", expected="00:00 to 23:59", used="02:00")
    found = ParametersInForce(parameters(), load_dictionary("ucs-3.3"), MAC, [rejected])["license.polling.time"]
    assert (found.value, found.source) == ("02:00", None)
    assert found.masked_text == "site.cfg, line 5: 4:00 (not 00:00 to 23:59)"


@pytest.mark.parametrize("dialect", ["ucs-3.3", "sip-3"])
def test_device_parameter_is_in_force_only_with_its_switches(dialect: str) -> None:
    """D21."""
    name = "device.sntp.serverName"

    def found(more: bytes) -> Setting:
        layer = read_layer(b"<a device.sntp.serverName='ntp.example' " + more + b"/>")
        source = source_of("a.cfg", LayerKind.LISTED, MAC)
        return ParametersInForce(Parameters([layer], [source]), load_dictionary(dialect), MAC)[name]

    assert found(b"device.set='1' device.sntp.serverName.set='true'").value == "ntp.example"
    assert found(b"device.set='1'").objection == f"not in force without {name}.set"
    off = found(b"device.set='0'")
    assert (off.value, off.objection) == ("", f"not in force without device.set and {name}.set")


def test_all_that_files_set_is_listed_and_defaults_can_be_asked() -> None:
    found = in_force()
    assert list(found) == [
        "feature.corporateDirectory.enabled",
        "reg.1.label",
        "license.polling.time",
        "voice.unknown",
        "reg.1.label.more",
    ]
    assert len(found) == 5
    assert found["reg.2.label"] == Setting(name="reg.2.label", value="", source=None)
    assert found["log.render.file.size"].value == "32"
    with pytest.raises(KeyError):
        found["no.such.parameter"]


def test_conflict_is_more_than_one_value() -> None:
    assert [name for name, one in in_force().items() if one.is_in_conflict] == [
        "feature.corporateDirectory.enabled",
        "reg.1.label",
    ]


def test_name_that_is_set_again_is_told_with_every_line_whatever_its_values() -> None:
    assert in_force()["reg.1.label"].masked_text == "site.cfg, line 8: ; site.cfg, line 10: later"
    layer = read_layer(b"<a a.b='1'\n c.d='2'>\n<e a.b='1'/>\n<e a.b='3'/></a>")
    found = ParametersInForce(
        Parameters([layer], [source_of("a.cfg", LayerKind.LISTED, MAC)]), load_dictionary("ucs-3.3"), MAC
    )
    assert [name for name, one in found.items() if one.is_set_repeatedly] == ["a.b"]
    assert str(found["a.b"]) == "a.b is 1 in a.cfg, line 1; a.cfg, line 3, says 1; a.cfg, line 4, says 3"


def test_sources_survive_a_power_cycle() -> None:
    kept = decode(encode(FlashContents(parameters=parameters()))).parameters
    assert {name: (one.value, one.source) for name, one in in_force(kept).items()} == {
        name: (one.value, one.source) for name, one in in_force().items()
    }


def test_files_that_phones_share_are_kept_once() -> None:
    first, second = (source_of(name, LayerKind.OVERRIDE, MAC) for name in (f"{MAC}-web.cfg", f"{MAC}-web.cfg"))
    assert first is second
    assert read_layer(SITE) is read_layer(SITE)


def test_flash_of_the_first_release_has_parameters_without_sources() -> None:
    import hashlib
    import json

    body = json.dumps({"boot_server": "", "booted_before": True, "keys": [], "parameters": {"a.b": "1"}}).encode()
    data = f"phone_sim flash 1 {hashlib.sha256(body).hexdigest()}\n".encode() + body
    found = in_force(decode(data).parameters)["a.b"]
    assert (found.value, str(found.source)) == ("1", "a file of an earlier boot")
