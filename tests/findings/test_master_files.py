"""What is found in one master configuration file."""

import pytest

from phone_sim.findings.master_files import check_master_file, listed_names
from tests.make import element, master

KNOWN = frozenset({"SPIP670", "VVX1500"})


def codes(data: bytes) -> list[str]:
    """Line and rule of each finding."""
    return [f"{one.place.line} {one.rule.code}" for one in check_master_file("m.cfg", data, KNOWN)]


def test_attributes_of_all_firmware_and_suffixes_of_all_models_are_known() -> None:
    names = {"CONFIG_FILES": "a", "DECT_FILE_PATH": "", "CONFIG_FILES_SPIP300": "b", "APP_FILE_PATH_VVX500": "c"}
    assert codes(master(**names)) == []
    assert codes(b"<APPLICATION/>") == []


@pytest.mark.parametrize(
    ("attribute", "code"),
    [
        ("CONFIG_FILE", "master-attribute-misspelled"),
        ("config_files", "master-attribute-misspelled"),
        ("CONFIG_FILES_SPIP_670", "master-attribute-misspelled"),
        ("CONFIG_FILES_spip670", "master-attribute-misspelled"),
        ("CONFIG_FILES_SPIP671", "master-model-unknown"),
        ("COMMENT", "master-attribute-unknown"),
    ],
)
def test_attribute_that_no_phone_reads_is_pointed_out(attribute: str, code: str) -> None:
    data = f'<APPLICATION CONFIG_FILES="a"\n {attribute}="b"/>'.encode()
    assert codes(data) == [f"2 {code}"]


def test_parameters_beside_the_list_are_one_finding() -> None:
    data = b'<deviceConfig>\n<APPLICATION CONFIG_FILES=""/>\n<ALL a.b="1"\n c.d="2"/></deviceConfig>'
    (finding,) = check_master_file("m.cfg", data, KNOWN)
    assert str(finding).startswith("m.cfg:3: parameters-in-master-file a.b and 1 more parameters are in a master")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'<PHONE_CONFIG a.b="1"/>', "None parameter-file-as-master"),
        (b"<PHONE_CONFIG/>", "None not-a-master-file"),
        (b"<?xml version='1.0'?>", "None not-a-master-file"),
        (b"<APPLICATION\n", "2 config-not-well-formed"),
        (b"<APPLICATION/>" + b" " * 300_000, "None config-not-accepted"),
    ],
)
def test_document_that_is_no_master_is_told_apart(data: bytes, code: str) -> None:
    assert codes(data) == [code]


def test_hostile_attributes_give_few_findings() -> None:
    data = element("APPLICATION", {f"A{number}": "" for number in range(3000)})
    assert len(codes(data)) == 100


def test_listed_names_are_those_of_all_models() -> None:
    data = master(CONFIG_FILES="./a.cfg, /b/[PHONE_MAC_ADDRESS].cfg,", CONFIG_FILES_SPIP300="c.cfg,../d.cfg")
    assert listed_names(data) == {"a.cfg", "b/*.cfg", "c.cfg"}
