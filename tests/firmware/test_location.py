"""Where files are (field notes 1.3 and 2, B17)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phone_sim.errors import UsageError
from phone_sim.firmware.location import BootServerAddress, Credentials, Location

USER = Credentials(user="u", password="p")
SERVER = BootServerAddress(root="http://boot.example/dir/", credentials=USER)


@pytest.mark.parametrize(
    ("address", "root", "master"),
    [
        ("tftp://10.0.0.1/", "tftp://10.0.0.1/", None),
        ("tftp://10.0.0.1", "tftp://10.0.0.1/", None),
        (" http://h:8080/dir ", "http://h:8080/dir/", None),
        ("http://h/dir///", "http://h/dir/", None),
        ("http://h/dir/example1.cfg", "http://h/dir/", "example1.cfg"),
        ("http://h/000000000000.cfg", "http://h/", "000000000000.cfg"),
        ("http://h/A.CFG", "http://h/", "A.CFG"),
        ("http://h/.cfg", "http://h/.cfg/", None),  # at least five characters
        ("http://h/dir/x.xml", "http://h/dir/x.xml/", None),
        ("tftp://10.0.0.1/\0\0", "tftp://10.0.0.1/", None),
        ("http://[2001:db8::1]:8080/d", "http://[2001:db8::1]:8080/d/", None),
        ("HTTP://Boot.Example/D", "http://boot.example/D/", None),
    ],
)
def test_address_is_a_root_and_perhaps_a_master_file(address: str, root: str, master: str | None) -> None:
    assert BootServerAddress.parse(address) == BootServerAddress(root=root, master=master)


def test_query_of_an_address_is_sent_for_every_file_on_its_server() -> None:
    server = BootServerAddress.parse("http://h/d?x=1#y")
    assert server == BootServerAddress(root="http://h/d/", query="x=1")
    asked = [server.locate(*where) for where in (("", "a.cfg"), ("/logs", "b.log"), ("http://other/", "c.cfg"))]
    assert [one.url for one in asked if one] == [
        "http://h/d/a.cfg?x=1",
        "http://h/logs/b.log?x=1",
        "http://other/c.cfg",
    ]
    assert [one.name for one in asked if one] == ["a.cfg", "b.log", "c.cfg"]


@pytest.mark.parametrize(
    "address", ["http://h:8080/d/", "https://u%3A%40:p%2F%20@h/x.cfg?t=1", "tftp://[2001:db8::1]/", "ftp://u:@h/"]
)
def test_address_is_written_as_it_is_read(address: str) -> None:
    assert BootServerAddress.parse(address).address == address


def test_credentials_are_shared_on_one_server_only() -> None:
    there = BootServerAddress(root="http://boot.example/other/")
    assert there.sharing_credentials(SERVER).credentials == USER
    for root in ("http://boot.example:81/", "https://boot.example/", "http://boot.example.org/"):
        assert BootServerAddress(root=root).sharing_credentials(SERVER).credentials is None
    own = BootServerAddress(root="http://boot.example/", credentials=Credentials(user="a", password="b"))
    assert own.sharing_credentials(SERVER) == own


@pytest.mark.parametrize(
    ("address", "user", "password"),
    [
        ("http://u:p@h/", "u", "p"),
        ("http://u@h/", "u", ""),
        ("ftp://PlcmSpIp:a%40b%3Ac@h/d/x.cfg", "PlcmSpIp", "a@b:c"),
        ("http://u:p@q@h/", "u", "p@q"),
    ],
)
def test_credentials_are_kept_apart(address: str, user: str, password: str) -> None:
    server = BootServerAddress.parse(address)
    assert server.credentials == Credentials(user=user, password=password)
    assert "@" not in server.root
    assert repr(server.credentials) == f"Credentials(user={user!r}, password=...)"


@pytest.mark.parametrize(
    "address",
    [
        "",
        " ",
        "10.0.0.1",
        "boot.example/dir",
        "http://",
        "http:///dir",
        "//h/d",
        "http://h:99999/",
        "http://[::1",
        "\0",
    ],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="is not a boot server address"):
        BootServerAddress.parse(address)


@pytest.mark.parametrize(
    ("directory", "name", "url"),
    [
        ("", "a.cfg", "http://boot.example/dir/a.cfg"),
        ("logs", "a.cfg", "http://boot.example/dir/logs/a.cfg"),
        ("./logs", "a.cfg", "http://boot.example/dir/logs/a.cfg"),
        ("logs/", "a.cfg", "http://boot.example/dir/logs/a.cfg"),
        ("./", "a.cfg", "http://boot.example/dir/a.cfg"),
        ("/licenses", "a.cfg", "http://boot.example/licenses/a.cfg"),
        ("/", "a.cfg", "http://boot.example/a.cfg"),
        ("a/b//c", "x", "http://boot.example/dir/a/b/c/x"),
        ("", "sub/a.cfg", "http://boot.example/dir/sub/a.cfg"),
        ("", "./a.cfg", "http://boot.example/dir/a.cfg"),
        ("logs", "/a.cfg", "http://boot.example/a.cfg"),
        ("my logs", "a b.cfg", "http://boot.example/dir/my%20logs/a%20b.cfg"),
        ("", "a%20b.cfg", "http://boot.example/dir/a%20b.cfg"),
        ("", "a?b#c.cfg", "http://boot.example/dir/a%3Fb%23c.cfg"),
        ("", "\xe9.cfg", "http://boot.example/dir/%C3%A9.cfg"),
        ("http://other/x", "a.cfg", "http://other/x/a.cfg"),
        ("tftp://other", "a.cfg", "tftp://other/a.cfg"),
        ("http://other/x/", "sub/a.cfg", "http://other/x/sub/a.cfg"),
        ("logs", "http://other/y/a.cfg", "http://other/y/a.cfg"),
    ],
)
def test_file_is_found_from_directory_and_name(directory: str, name: str, url: str) -> None:
    assert SERVER.locate(directory, name) == Location(url=url, credentials=USER)


@pytest.mark.parametrize("directory", ["http://0.0.0.0", "http://0.0.0.0/logs", "tftp://0.0.0.0:69/"])
def test_directory_that_says_nowhere_is_none(directory: str) -> None:
    assert SERVER.locate(directory, "a.cfg") is None
    assert SERVER.locate("", f"{directory.rstrip('/')}/a.cfg") is None


@pytest.mark.parametrize(
    ("directory", "name"),
    [("http://v:q@other/x", "a.cfg"), ("", "http://v:q@other/x/a.cfg"), ("http://w:r@w/", "http://v:q@other/x/a.cfg")],
)
def test_credentials_of_a_url_beat_the_servers(directory: str, name: str) -> None:
    location = SERVER.locate(directory, name)
    assert location == Location(url="http://other/x/a.cfg", credentials=Credentials(user="v", password="q"))


def test_name_for_people_is_the_last_part() -> None:
    location = SERVER.locate("logs", "a b.cfg")
    assert location is not None
    assert location.name == "a b.cfg"


@pytest.mark.slow
@given(st.text(max_size=30) | st.text(alphabet="/.:@[]%?#ahtp0 ", max_size=30), st.text(alphabet="/.:@[]%?#ahtp0 "))
def test_any_directory_and_name_have_a_place_or_none(directory: str, name: str) -> None:
    location = SERVER.locate(directory, name)
    assert location is None or ("@" not in location.url.split("/")[2] and "?" not in location.url)


@given(st.text(max_size=30) | st.text(alphabet="/.:@[]%?#ahtp0 \0", max_size=30))
def test_any_address_is_read_or_refused(address: str) -> None:
    for whole in (address, f"http://{address}"):
        try:
            server = BootServerAddress.parse(whole)
        except UsageError:
            continue
        assert server.root.endswith("/")
