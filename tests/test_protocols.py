"""Who changes how a protocol is spoken finds every place where it is: each module about it names the others."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = {
    "HTTP": (
        "phone_sim.runtime.transport.http",
        "phone_sim.fleet.transport.http",
        "phone_sim.boot_server.http",
        "phone_sim.audit.http_probe",
        "tests.runtime.hostile_http",
    ),
    "TFTP": (
        "phone_sim.runtime.transport.tftp",
        "phone_sim.fleet.transport.tftp",
        "phone_sim.boot_server.tftp",
        "phone_sim.audit.tftp_probe",
        "tests.runtime.hostile_tftp",
    ),
    "FTP": ("phone_sim.runtime.transport.ftp", "phone_sim.audit.ftp_probe", "tests.runtime.hostile_ftp"),
    "TLS": (
        "phone_sim.runtime.transport.tls",
        "phone_sim.fleet.transport.sockets",
        "phone_sim.audit.tls_probe",
        "phone_sim.boot_server.certificates",
    ),
    "SIP": ("phone_sim.runtime.network.sip", "phone_sim.runtime.network.sip_notify", "phone_sim.firmware.sip_requests"),
    "DHCP": (
        "phone_sim.runtime.network.dhcp",
        "phone_sim.firmware.lease",
        "tests.runtime.hostile_dhcp",
        "tests.real_servers.dhcp",
    ),
    "SNTP": (
        "phone_sim.runtime.network.sntp",
        "phone_sim.firmware.time_sync",
        "tests.runtime.hostile_sntp",
        "tests.real_servers.chronyd",
    ),
    "LDAP": (
        "phone_sim.runtime.network.ldap",
        "phone_sim.firmware.corporate_directory",
        "tests.runtime.hostile_ldap",
        "tests.real_servers.slapd",
    ),
    "syslog": ("phone_sim.runtime.network.syslog", "phone_sim.firmware.syslog", "tests.real_servers.rsyslogd"),
}


def docstring(module: str) -> str:
    path = ROOT / f"{module.replace('.', '/')}.py"
    return ast.get_docstring(ast.parse(path.read_text())) or ""


@pytest.mark.parametrize("protocol", MODULES)
def test_module_names_the_other_modules_about_its_protocol(protocol: str) -> None:
    modules = MODULES[protocol]
    missing = [
        (module, other)
        for module in modules
        for other in modules
        if module.startswith("phone_sim.")
        and other != module
        and f"`{other.removeprefix('phone_sim.')}`" not in docstring(module)
    ]
    assert missing == []
