"""The master configuration file (field notes 2)."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.errors import MasterConfigurationError
from phone_sim.firmware.master_config import SIZE_LIMIT, MasterConfiguration, parse
from phone_sim.licensing.license_file import write
from phone_sim.runtime.model_files import load_model
from tests.make import MAC, master, signed_key

# The stock file of SIP 3.2, shortened, and what production files make of it.
STOCK = b"""<?xml version="1.0" standalone="yes"?>
<!-- Default Master SIP Configuration File-->
<APPLICATION APP_FILE_PATH="sip.ld" CONFIG_FILES="phone1.cfg, sip.cfg" MISC_FILES="" LOG_FILE_DIRECTORY=""
 OVERRIDES_DIRECTORY="" CONTACTS_DIRECTORY="" LICENSE_DIRECTORY="">
   <APPLICATION_SPIP300 APP_FILE_PATH_SPIP300="sip_212.ld" CONFIG_FILES_SPIP300="phone1_212.cfg, sip_212.cfg"/>
   <Software APP_FILE_PATH_SPIP670="sip_404.ld"/>
   <Configuration CONFIG_FILES_SPIP670=""/>
   <APPLICATION_SPIP670 CONFIG_FILES_VVX1500="vvx.cfg"/>
</APPLICATION>"""


def read(data: bytes, model: str = "SPIP670") -> MasterConfiguration:
    return parse(data, model=load_model(model), mac=MAC)


@pytest.mark.parametrize(
    ("model", "app_file_path", "config_files"),
    [
        ("SPIP450", "sip.ld", ("phone1.cfg", "sip.cfg")),
        ("SPIP670", "sip_404.ld", ()),  # its own attribute beats the plain one, even when it is empty
        ("VVX1500", "sip.ld", ("vvx.cfg",)),  # whatever model the element is named for
    ],
)
def test_attribute_with_the_models_suffix_beats_the_plain_one(
    model: str, app_file_path: str, config_files: tuple[str, ...]
) -> None:
    found = read(STOCK, model)
    assert (found.app_file_path, found.config_files) == (app_file_path, config_files)


def test_empty_directories_are_the_root() -> None:
    assert read(STOCK, "SPIP450") == MasterConfiguration(app_file_path="sip.ld", config_files=("phone1.cfg", "sip.cfg"))


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("", ()),
        (" , ,, ", ()),
        ("a.cfg", ("a.cfg",)),
        ("a.cfg,b.cfg", ("a.cfg", "b.cfg")),
        (" a.cfg , b.cfg ,", ("a.cfg", "b.cfg")),
        (",a.cfg,,b.cfg", ("a.cfg", "b.cfg")),
        ("a.cfg, a.cfg", ("a.cfg",)),
        ("ftp://u:p@h/a.cfg, dir/b.cfg", ("ftp://u:p@h/a.cfg", "dir/b.cfg")),
        ("[PHONE_MAC_ADDRESS]-user.cfg", (f"{MAC}-user.cfg",)),
        ("[PHONE_MODEL]-[PHONE_MAC_ADDRESS].cfg", (f"SPIP670-{MAC}.cfg",)),
        ("[PHONE_PART_NUMBER].cfg", ("2345-12670-001.cfg",)),
        ("[MACADDRESS].cfg,[MACaddress].cfg", ("[MACADDRESS].cfg", "[MACaddress].cfg")),  # no substitutions
    ],
)
def test_files_are_listed_between_commas(value: str, names: tuple[str, ...]) -> None:
    assert read(master(CONFIG_FILES=value, MISC_FILES=value)).config_files == names
    assert read(master(MISC_FILES=value)).misc_files == names


def test_every_directory_is_read_and_substituted() -> None:
    names = ("LOG_FILE", "OVERRIDES", "CONTACTS", "LICENSE", "USER_PROFILES", "CALL_LISTS")
    found = read(master(**{f"{name}_DIRECTORY": f" /{name}/[PHONE_MAC_ADDRESS] " for name in names}))
    assert [getattr(found, f"{name.lower()}_directory") for name in names] == [f"/{name}/{MAC}" for name in names]


@pytest.mark.parametrize(
    ("data", "config_files"),
    [
        (b"<APPLICATION/>", ()),
        (codecs.BOM_UTF8 + b"<APPLICATION/>\r\n", ()),
        (b"<anything CONFIG_FILES='a.cfg'/>", ("a.cfg",)),
        (b"<r><Configuration CONFIG_FILES_SPIP670='a.cfg'/></r>", ("a.cfg",)),
        (b"<r><x LICENSE_DIRECTORY=''/></r>", ()),
    ],
)
def test_attribute_names_make_a_master_file(data: bytes, config_files: tuple[str, ...]) -> None:
    assert read(data).config_files == config_files


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<polycomConfig feature.corporateDirectory.enabled='1'/>", "polycomConfig, and no attribute is one of"),
        (write([signed_key()]), "licenses, and no attribute"),
        (b"<a config_files='a.cfg'/>", "no attribute"),
        (b"", "empty"),
        (b"<!DOCTYPE html><html>404</html>", "HTML"),
        (b"<APPLICATION", "not well-formed"),
        (b"x" * (SIZE_LIMIT + 1), f"more than {SIZE_LIMIT} bytes"),
    ],
)
def test_what_is_no_master_file_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(MasterConfigurationError, match=reason):
        read(data)


def test_name_of_255_characters_is_the_longest() -> None:
    longest, longer = "a" * 251 + ".cfg", "b" * 252 + ".cfg"
    found = read(master(CONFIG_FILES=f"{longest},{longer},c.cfg"))
    assert found.config_files == (longest, "c.cfg")
    assert found.problems == (f"{'b' * 40}... is longer than 255 characters",)


def test_limit_counts_the_name_after_substitution() -> None:
    name = "[PHONE_MAC_ADDRESS]" + "a" * 243
    assert len(name) > 255
    assert read(master(CONFIG_FILES=name)).config_files == (f"{MAC}{'a' * 243}",)


@pytest.mark.parametrize(
    ("last", "after", "kept"),
    [
        (47, "", True),  # 2047 characters in all
        (47, ",x.cfg", True),  # the last name ends at the limit
        (47, "y", False),
        (48, "", False),
        (48, ",x.cfg", False),
    ],
)
def test_list_is_read_up_to_2047_characters(last: int, after: str, kept: bool) -> None:
    names = tuple(f"{place}{'a' * 198}" for place in range(10))
    before = "".join(f"{name}," for name in names)
    found = read(master(CONFIG_FILES=before + "z" * last + after))
    assert found.config_files == names + ("z" * last,) * kept
    assert found.problems == (
        ("the list is longer than 2047 characters, its end is ignored",) if after or not kept else ()
    )


def test_first_of_two_attributes_counts() -> None:
    assert read(b"<r><x CONFIG_FILES='a'/><y CONFIG_FILES='b'/></r>").config_files == ("a",)


@given(st.binary(max_size=80), st.text(alphabet="[]PHONE_MACADRS, .cfg/:", max_size=40))
def test_any_bytes_are_read_or_refused(data: bytes, value: str) -> None:
    for whole in (data, b"<r>" + data + b"</r>", master(CONFIG_FILES=value, LICENSE_DIRECTORY=value)):
        try:
            read(whole)
        except MasterConfigurationError:
            continue


def test_no_more_than_64_files_are_read_and_none_twice() -> None:
    names = [f"{place}.cfg" for place in range(70)]
    found = read(master(CONFIG_FILES=",".join([*names[:3], *names])))
    assert found.config_files == tuple(names[:64])
    assert found.problems == ("70 files are listed, the first 64 are read",)
