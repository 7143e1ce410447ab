"""The boot server that `device.prov.*` name, and the options in which DHCP may name one (D21, field notes 1.3)."""

import pytest

from phone_sim.firmware.boot_server_settings import boot_server_options, named_boot_server
from phone_sim.firmware.location import BootServerAddress, Credentials
from phone_sim.firmware.parameters.device_parameters import DeviceParameters, KeptValue


def device(**values: str) -> DeviceParameters:
    named = {f"device.{name.replace('_', '.')}": value for name, value in values.items()}
    return DeviceParameters(tuple(KeptValue(name=name, value=value, file="") for name, value in named.items()))


@pytest.mark.parametrize(
    ("server_type", "root"),
    [
        ("", "ftp://boot.example/"),
        ("0", "ftp://boot.example/"),
        ("TFTP", "tftp://boot.example/"),
        ("2", "http://boot.example/"),
        ("https", "https://boot.example/"),
        ("4", "ftps://boot.example/"),
    ],
)
def test_server_type_is_the_scheme_of_a_name_without_one(server_type: str, root: str) -> None:
    named = named_boot_server(device(prov_serverName="boot.example", prov_serverType=server_type))
    assert named == BootServerAddress(root=root)
    whole = device(prov_serverName="http://boot.example:8080/dir", prov_serverType=server_type)
    assert named_boot_server(whole) == BootServerAddress(root="http://boot.example:8080/dir/")


def test_user_and_password_are_those_of_the_server_name_or_of_their_own_parameters() -> None:
    own = named_boot_server(device(prov_serverName="boot.example", prov_user="u", prov_password="p"))
    assert own is not None
    assert own.credentials == Credentials(user="u", password="p")
    inside = named_boot_server(device(prov_serverName="ftp://a:b@boot.example", prov_user="u", prov_password="p"))
    assert inside is not None
    assert inside.credentials == Credentials(user="a", password="b")
    without = named_boot_server(device(prov_serverName="boot.example", prov_password="p"))
    assert without is not None
    assert without.credentials is None
    assert named_boot_server(device(prov_user="u", prov_password="p", prov_serverType="1")) is None


@pytest.mark.parametrize("name", ["", "0.0.0.0", "http://0.0.0.0/"])
def test_no_server(name: str) -> None:
    assert named_boot_server(device(prov_serverName=name)) is None


@pytest.mark.parametrize("name", ["two names", "http:/boot.example", "file:///x", "http://", "boot:99999", "\0"])
def test_name_that_is_no_address_is_refused_without_quoting_it(name: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words are not for a person alone
        named_boot_server(device(prov_serverName=name))
    assert name not in str(caught.value)


@pytest.mark.parametrize(
    ("use", "custom", "options"),
    [
        ("", "", None),
        ("", "170", None),
        ("0", "170", (66,)),
        ("Custom", "", (160,)),
        ("1", "170", (170,)),
        ("Static", "170", ()),
        ("CustomAndDefault", "", (160, 66)),
        ("3", "170", (170, 66)),
    ],
)
def test_options_that_may_name_the_boot_server(use: str, custom: str, options: tuple[int, ...] | None) -> None:
    assert boot_server_options(device(dhcp_bootSrvUseOpt=use, dhcp_bootSrvOpt=custom)) == options
