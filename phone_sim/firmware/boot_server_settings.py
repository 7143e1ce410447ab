"""What the `device.*` parameters in force say of the boot server, and where DHCP may name one (D21, field notes 1.3).

Without a server name the other parameters of `device.prov` do nothing (our choice). This module does not know when the
phone goes by them.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from phone_sim.firmware.lease import BOOT_SERVER, CUSTOM_OPTION, DEFAULT_SCHEME
from phone_sim.firmware.location import SCHEMES, BootServerAddress, Credentials, complete_address, is_no_server
from phone_sim.firmware.parameters.device_parameters import PASSWORD, SERVER_NAME, SERVER_TYPE, USER, DeviceParameters

_SERVER_TYPES: Mapping[str, str] = MappingProxyType(
    {"0": "ftp", "1": "tftp", "2": "http", "3": "https", "4": "ftps"} | {one.upper(): one for one in SCHEMES}
)


def named_boot_server(device: DeviceParameters) -> BootServerAddress | None:
    """The boot server of `device.prov.*`, None for none; a name without a scheme has that of the server type.

    Raises:
        ValueError: the name is no address; the reason does not quote it, since it may hold a password.
    """
    name = device.get(SERVER_NAME)
    if not name:
        return None
    scheme = _SERVER_TYPES.get(device.get(SERVER_TYPE).upper(), DEFAULT_SCHEME)
    if name.split() != [name]:
        raise ValueError("it has blanks in it")
    address = BootServerAddress.parse(complete_address(name, scheme, "it"))
    if is_no_server(address.root):
        return None
    user = device.get(USER)
    if address.credentials is not None or not user:
        return address
    return replace(address, credentials=Credentials(user=user, password=device.get(PASSWORD)))


def boot_server_options(device: DeviceParameters) -> tuple[int, ...] | None:
    """The DHCP options that may name the boot server: none at all for Static, None where nothing is said of them."""
    custom = int(device.get("device.dhcp.bootSrvOpt") or CUSTOM_OPTION)
    match device.get("device.dhcp.bootSrvUseOpt").upper():
        case "0" | "DEFAULT":
            return (BOOT_SERVER,)
        case "1" | "CUSTOM":
            return (custom,)
        case "2" | "STATIC":
            return ()
        case "3" | "CUSTOMANDDEFAULT":
            return (custom, BOOT_SERVER)
    return None
