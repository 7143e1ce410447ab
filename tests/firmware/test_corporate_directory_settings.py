"""What `dir.corp.*` says (field notes 5), the filters made of what a user types, and the page of results."""

import re
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.firmware.corporate_directory_settings import (
    Attribute,
    CorporateDirectorySettings,
    LdapSearch,
    LdapServer,
    Scope,
    escaped,
    is_filter,
    read_corporate_directory_settings,
)
from phone_sim.firmware.location import Credentials
from phone_sim.runtime.parameter_tables import load_dictionary
from tests.make import of

NAMES = {
    "attribute.1.name": "sn",
    "attribute.1.searchable": "1",
    "attribute.2.name": "givenName",
    "attribute.2.type": "first_name",
    "attribute.3.name": "telephoneNumber",
    "attribute.3.type": "phone_number",
    "attribute.3.label": "Phone",
}
SMITH = {"sn": "Smith", "givenname": "Alice", "telephonenumber": "1001"}


def settings(values: dict[str, str] | None = None, *, dialect: str = "ucs-3.3") -> CorporateDirectorySettings:
    """The settings of parameters whose names begin with `dir.corp.`."""
    parameters = of({f"dir.corp.{name}": value for name, value in (values or {}).items()})
    return read_corporate_directory_settings(parameters, load_dictionary(dialect), dialect=dialect)


def lines(*entries: dict[str, str], is_partial: bool = False, **more: str) -> tuple[str, ...]:
    """The lines of the result page."""
    named = {name.replace("_", "."): value for name, value in more.items()}
    frame = settings(NAMES | named).page(entries, is_partial=is_partial)
    assert frame.title == "Corporate Directory"
    return frame.lines


@pytest.mark.parametrize(("dialect", "binds"), [("sip-3", False), ("ucs-3.3", True)])
def test_stock_settings_have_no_server(dialect: str, binds: bool) -> None:
    stock = {"address": "", "port": "" if dialect == "sip-3" else "0", "transport": "", "filterPrefix": ""}
    assert settings(stock, dialect=dialect) == CorporateDirectorySettings(
        server=None,
        credentials=None,
        base="",
        scope=Scope.SUB,
        filter_prefix="(objectclass=person)",
        page_size=32,
        attributes=(),
        binds_on_init=binds,
        problems=(),
    )


def test_settings_are_read() -> None:
    found = settings(
        {
            "address": "ldap.example",
            "port": "3890",
            "transport": "tls",
            "baseDN": "ou=people,dc=test",
            "scope": "One",
            "filterPrefix": "(&(a=b)(!(c=d*)))",
            "user": "cn=phone,dc=test",
            "password": "secret",
            "pageSize": "8",
            "bindOnInit": "0",
            "attribute.1.name": "sn",
            "attribute.1.label": "Last Name",
            "attribute.1.searchable": "true",
            "attribute.4.name": "2.5.4.20",
            "attribute.4.type": "phone_number",
            "attribute.4.filter": "+49",
            "attribute.4.searchable": "1",
        }
    )
    assert found.problems == ()
    assert found.server == LdapServer(host="ldap.example", port=3890, is_secure=True)
    assert found.credentials == Credentials(user="cn=phone,dc=test", password="secret")
    assert (found.base, found.scope, found.page_size) == ("ou=people,dc=test", Scope.ONE, 8)
    assert (found.filter_prefix, found.binds_on_init) == ("(&(a=b)(!(c=d*)))", False)
    assert found.attributes == (
        Attribute(name="sn", label="Last Name", type="last_name", filter="", searchable=True),
        Attribute(name="2.5.4.20", label="", type="phone_number", filter="+49", searchable=True),
    )


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ({}, "ldap://ldap.example:389"),
        ({"port": "0"}, "ldap://ldap.example:389"),
        ({"transport": "TCP", "port": "65535"}, "ldap://ldap.example:65535"),
        ({"transport": "TLS"}, "ldaps://ldap.example:636"),
        ({"address": "10.0.0.1"}, "ldap://10.0.0.1:389"),
        ({"address": "::1"}, "ldap://[::1]:389"),
        ({"address": "[fe80::1]"}, "ldap://[fe80::1]:389"),
        # as working sites write it (D20)
        ({"address": "ldap://ldap.example"}, "ldap://ldap.example:389"),
        ({"address": "ldap://ldap.example", "port": "38999"}, "ldap://ldap.example:38999"),
        ({"address": "ldap://ldap.example:38998/", "port": "38999"}, "ldap://ldap.example:38998"),
        ({"address": "LDAPS://ldap.example"}, "ldaps://ldap.example:636"),
        ({"address": "ldaps://[::1]:6360"}, "ldaps://[::1]:6360"),
    ],
)
def test_server_has_the_port_of_its_transport(values: dict[str, str], url: str) -> None:
    found = settings({"address": "ldap.example"} | values)
    assert found.problems == ()
    assert found.server is not None
    assert found.server.url == url


@pytest.mark.parametrize(
    ("name", "bad", "used"),
    [
        ("address", "http://ldap.example", "no server"),
        ("address", "ldap://ldap.example:0", "no server"),
        ("address", "a b", "no server"),
        ("port", "65536", "0"),
        ("port", "ldap", "0"),
        ("transport", "UDP", "TCP"),
        ("scope", "subtree", "sub"),
        ("filterPrefix", "(objectclass=person", "(objectclass=person)"),
        ("filterPrefix", "objectclass=person", "(objectclass=person)"),
        ("filterPrefix", "(a=b)(c=d)", "(objectclass=person)"),
        ("pageSize", "0", "32"),
        ("pageSize", "65", "32"),
        ("bindOnInit", "yes", "1"),
        ("attribute.1.name", "sn)(cn", "none"),
        ("attribute.2.type", "nickname", "last_name"),
        ("attribute.3.searchable", "2", "0"),
    ],
)
def test_bad_value_is_reported_and_the_stock_one_used(name: str, bad: str, used: str) -> None:
    found = settings({name: bad})
    (problem,) = found.problems
    assert (problem.name, problem.value, problem.used) == (f"dir.corp.{name}", bad, used)
    stock = settings()
    assert (found.server, found.scope, found.filter_prefix) == (stock.server, stock.scope, stock.filter_prefix)
    assert (found.page_size, found.attributes, found.binds_on_init) == (32, (), True)


@pytest.mark.parametrize("dialect", ["ucs-3.3", "sip-3"])
def test_every_type_of_the_table_is_accepted(dialect: str) -> None:
    types = load_dictionary("ucs-3.3").declaration("dir.corp.attribute.1.type").choices
    assert len([one for one in types if one]) == 9
    for number, kind in enumerate(types):
        place = f"attribute.{number % 8 + 1}"
        found = settings({f"{place}.name": "cn", f"{place}.type": kind}, dialect=dialect)
        assert found.problems == ()
        assert not kind or found.attributes[0].type == kind


def test_password_is_nowhere_to_be_seen() -> None:
    found = settings({"address": "ldap://phone:s3cret@a", "user": "cn=phone", "password": "s3cret", "port": "s"})
    assert [problem.name for problem in found.problems] == ["dir.corp.port", "dir.corp.address"]
    assert "s3cret" not in repr(found)


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from([*NAMES, "address", "port", "scope", "filterPrefix", "pageSize"]), st.text()))
def test_any_values_give_settings(values: dict[str, str]) -> None:
    found = settings(values)
    assert {problem.name.removeprefix("dir.corp.") for problem in found.problems} <= set(values)
    assert is_filter(found.filter_prefix)


def test_search_is_for_what_a_name_begins_with() -> None:
    found = settings(NAMES | {"attribute.2.searchable": "1", "baseDN": "dc=test", "scope": "one", "pageSize": "8"})
    assert found.search(" Smi ") == LdapSearch(
        base="dc=test",
        scope=Scope.ONE,
        filter="(&(objectclass=person)(|(sn=Smi*)(givenName=Smi*)))",
        attributes=("sn", "givenName", "telephoneNumber"),
        limit=8,
    )


@pytest.mark.parametrize(
    ("values", "text", "expected"),
    [
        ({"attribute.1.name": "sn"}, "", "(&(objectclass=person)(|(sn=*)))"),
        ({"attribute.2.name": "cn"}, "a", "(&(objectclass=person)(|(cn=a*)))"),
        ({"attribute.1.name": "sn", "filterPrefix": "(a=b)"}, "a", "(&(a=b)(|(sn=a*)))"),
        (
            {"attribute.1.name": "sn", "attribute.3.name": "l", "attribute.3.filter": "B*"},
            "a",
            "(&(objectclass=person)(|(sn=a*))(l=B\\2a*))",
        ),
    ],
)
def test_filter_is_made_of_prefix_text_and_attribute_filters(values: dict[str, str], text: str, expected: str) -> None:
    assert settings(values).search(text).filter == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Smith", "Smith"),
        ("*", "\\2a"),
        ("a)(b=*", "a\\29\\28b\\3d\\2a"),
        ("\\2a", "\\5c2a"),
        ("\0", "\\00"),
        ("Müller", "M\\c3\\bcller"),
        ("\ud800", "\\3f"),
    ],
)
def test_text_is_escaped(text: str, value: str) -> None:
    assert escaped(text) == value


@pytest.mark.slow
@given(st.text())
def test_no_text_gets_out_of_its_value(text: str) -> None:
    made = settings(NAMES).search(text).filter
    assert is_filter(made)
    value = re.fullmatch(r"\(&\(objectclass=person\)\(\|\(sn=(.*)\*\)\)\)", made)
    assert value is not None
    assert set(value[1]) <= set(string.ascii_letters + string.digits + "\\")
    assert re.fullmatch(r"([A-Za-z0-9]|\\[0-9a-f]{2})*", value[1])


@pytest.mark.parametrize(
    "text",
    [
        "(a=b)",
        "(a=*)",
        "(a=)",
        "(&(a=b)(c>=1))",
        "(& (a=b) (c=d) )",
        "(!(a=b))",
        "(a:dn:2.4.8:=x)",
        "(a=\\28)",
        "(|(a=b))",
    ],
)
def test_filters_are_told(text: str) -> None:
    assert is_filter(text)


@pytest.mark.parametrize(
    "text",
    ["", "()", "(&)", "(a)", "(=b)", "(a=b", "a=b)", "(a=b))", "(a=\\2)", "(!(a=b)(c=d))", "(a=(b))", "\0", "(a=\0)"],
)
def test_what_is_no_filter_is_told(text: str) -> None:
    assert not is_filter(text)


def test_filter_of_any_length_is_looked_at_in_passing() -> None:
    assert is_filter("(!" * 160 + "(a=b)" + ")" * 160)
    assert not is_filter("(!" * 100_000 + "(a=b)" + ")" * 100_000)


def test_page_has_a_line_for_each_person_in_order() -> None:
    jones = {"sn": "jones", "telephonenumber": "1002", "mail": "not asked for"}
    assert lines(SMITH, jones) == ("jones: Phone 1002", "Smith, Alice: Phone 1001")


@pytest.mark.parametrize(
    ("entry", "shown"),
    [
        ({"sn": "Smith"}, ("Smith",)),
        ({"telephonenumber": "1001"}, ("Phone 1001",)),
        ({"sn": "  "}, ("No match.",)),
        ({}, ("No match.",)),
        ({"sn": "S\x1b[2Jm\nith\u202e\x00"}, ("S [2Jm ith",)),
        ({"sn": "x" * 1000}, ("x" * 64,)),
    ],
)
def test_line_shows_what_there_is_and_can_be_printed(entry: dict[str, str], shown: tuple[str, ...]) -> None:
    assert lines(entry) == shown


def test_last_name_comes_first_wherever_it_stands() -> None:
    assert lines(SMITH, attribute_1_type="first_name", attribute_2_type="last_name") == ("Alice, Smith: Phone 1001",)


def test_value_without_a_label_stands_alone() -> None:
    assert lines(SMITH, attribute_3_label="") == ("Smith, Alice: 1001",)


def test_page_says_that_more_people_match() -> None:
    assert lines(SMITH, is_partial=True)[-1] == "More match."
    assert lines(is_partial=True) == ("No match.",)


@pytest.mark.slow
@given(st.lists(st.dictionaries(st.sampled_from(["sn", "givenname", "telephonenumber"]), st.text())))
def test_any_entries_can_be_shown(entries: list[Any]) -> None:
    assert all(line.isprintable() for line in lines(*entries))
