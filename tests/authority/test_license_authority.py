"""Files of an authority: written whole, or an error and nothing left behind."""

from pathlib import Path

import pytest

from phone_sim.authority.license_authority import write_files
from phone_sim.errors import AuthorityError


def test_folder_of_files_is_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "boot" / "licenses"
    for data in (b"old", b"new"):
        assert write_files({"a-license.cfg": data}, folder) == (folder / "a-license.cfg",)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a-license.cfg": data}


def test_file_that_cannot_be_replaced_is_an_error(tmp_path: Path) -> None:
    in_the_way = tmp_path / "a-license.cfg"
    in_the_way.mkdir()
    with pytest.raises(AuthorityError, match="directory"):
        write_files({in_the_way.name: b"new"}, tmp_path)
    assert list(tmp_path.iterdir()) == [in_the_way]
