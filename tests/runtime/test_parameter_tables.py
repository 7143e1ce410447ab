"""The tables of parameters: the shipped ones are read once, and a user's own is added."""

from pathlib import Path

import pytest

from phone_sim.errors import ParameterTableError, UsageError
from phone_sim.models import DIALECTS
from phone_sim.runtime.model_files import load_features
from phone_sim.runtime.parameter_tables import load_dictionary, with_table

HEAD = "name\tindex\ttype\tmin\tmax\tvalues\tdefault\n"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_table_of_each_dialect_is_read_once(dialect: str) -> None:
    assert load_dictionary(dialect) is load_dictionary(dialect)
    assert len(load_dictionary(dialect).declarations) > 1000


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_switch_of_a_feature_is_declared_but_for_one_spelling(dialect: str) -> None:
    names = [name for feature in load_features() for name in feature.configured[dialect].parameters]
    unknown = {name for name in names if load_dictionary("ucs-3.3").find(name) is None}
    assert unknown <= {"feature.nwayConference.enabled"}  # seen at sites (field notes 5)


def test_table_of_a_users_own_is_added(tmp_path: Path) -> None:
    table = tmp_path / "own.tsv"
    table.write_text(f"{HEAD}x.own\t\tinteger\t1\t9\t\t5\n")
    found = with_table(load_dictionary("ucs-3.3"), table)
    assert found.name == "UC Software 4.0.15 with own.tsv"
    assert found.declaration("x.own").default == "5"


def test_table_that_cannot_be_used_names_file_and_line(tmp_path: Path) -> None:
    table = tmp_path / "own.tsv"
    table.write_text(f"{HEAD}x.own\t\tcolor\t\t\t\t\n")
    with pytest.raises(ParameterTableError, match=r"own\.tsv, line 2: type 'color'"):
        with_table(load_dictionary("ucs-3.3"), table)
    with pytest.raises(UsageError, match="No such file"):
        with_table(load_dictionary("ucs-3.3"), tmp_path / "gone.tsv")
