"""A real server by the name of its kind, set up as the tests that boot phones and audit servers want it."""

import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.real_servers.apache import Apache
from tests.real_servers.atftpd import Atftpd, require_atftpd
from tests.real_servers.certificates import Certificates
from tests.real_servers.dnsmasq import Dnsmasq
from tests.real_servers.lighttpd import Lighttpd
from tests.real_servers.nginx import Nginx
from tests.real_servers.programs import require
from tests.real_servers.pyftpdlib_server import Pyftpdlib
from tests.real_servers.server import RealServer
from tests.real_servers.tftpd_hpa import TftpdHpa
from tests.real_servers.vsftpd import Vsftpd

USER, PASSWORD = "PlcmSpIp", "a secret"

# Each kind with the server's name and what it speaks.
_SPOKEN = {
    "nginx": ("nginx", "HTTP"),
    "nginx-basic": ("nginx", "HTTP, Basic"),
    "nginx-tls": ("nginx", "HTTPS"),
    "nginx-mtls": ("nginx", "HTTPS, client certificate"),
    "apache-digest": ("apache", "HTTP, Digest"),
    "lighttpd": ("lighttpd", "HTTP"),
    "lighttpd-digest": ("lighttpd", "HTTP, Digest"),
    "vsftpd": ("vsftpd", "FTP"),
    "vsftpd-tls": ("vsftpd", "FTPS"),
    "pyftpdlib": ("pyftpdlib", "FTP"),
    "tftpd-hpa": ("tftpd-hpa", "TFTP"),
    "atftpd": ("atftpd", "TFTP"),
    "dnsmasq": ("dnsmasq", "TFTP"),
}
_READ_ONLY = ("dnsmasq",)
_WITH_TLS = ("nginx-tls", "nginx-mtls", "vsftpd-tls")
_WITH_PASSWORD = ("nginx-basic", "apache-digest", "lighttpd-digest", "vsftpd", "vsftpd-tls", "pyftpdlib")


def parameters(wanted: Callable[[str], bool] = lambda _: True) -> list[object]:
    """The wanted kinds as values of a test's parameter, each with the mark that names its server."""
    return [
        pytest.param(kind, marks=pytest.mark.server(*spoken)) for kind, spoken in _SPOKEN.items() if wanted(kind)
    ]


def takes_logs(kind: str) -> bool:
    """True when a server of this kind takes uploads."""
    return kind not in _READ_ONLY


def certificates_for(kind: str, folder: Path) -> Certificates | None:
    """New certificates in a folder for a kind that speaks TLS; None for another."""
    return Certificates.make(folder) if kind in _WITH_TLS else None


def server_by_kind(kind: str, root: Path, work: Path, certificates: Certificates | None) -> RealServer:
    """The server over `root`, not started; `certificates` are those of `certificates_for` its kind.

    Where its program is absent the test is skipped, or fails. KeyError for another kind.
    """
    match kind:
        case "nginx":
            require("nginx")
            return Nginx(root, work)
        case "nginx-basic":
            require("nginx")
            return Nginx(root, work, user=USER, password=PASSWORD)
        case "nginx-tls" | "nginx-mtls":
            require("nginx")
            return Nginx(root, work, tls=certificates, wants_client_certificate=kind == "nginx-mtls")
        case "apache-digest":
            require("apache2")
            return Apache(root, work, user=USER, password=PASSWORD)
        case "lighttpd":
            require("lighttpd")
            return Lighttpd(root, work)
        case "lighttpd-digest":
            require("lighttpd")
            return Lighttpd(root, work, user=USER, password=PASSWORD)
        case "vsftpd" | "vsftpd-tls":
            require("vsftpd")
            tls = certificates if kind == "vsftpd-tls" else None
            return Vsftpd(root, work, user=USER, password=PASSWORD, tls=tls)
        case "pyftpdlib":
            return Pyftpdlib(root, work, user=USER, password=PASSWORD)
        case "tftpd-hpa":
            require("in.tftpd")
            return TftpdHpa(root, work)
        case "atftpd":
            return Atftpd(root, work, require_atftpd(Path(os.environ.get("TMPDIR", "/tmp")) / "atftpd"))
        case "dnsmasq":
            require("dnsmasq")
            return Dnsmasq(root, work)
    raise KeyError(kind)


def address_of(kind: str, server: RealServer) -> str:
    """The address of a started server, with the user and password that it wants."""
    login = f"{USER}:{quote(PASSWORD)}@" if kind in _WITH_PASSWORD else ""
    return server.url.replace("://", f"://{login}")


def user_of(kind: str, mac: str) -> str:
    """What a server of this kind knows a phone as; empty when it wants no name."""
    if kind == "nginx-mtls":
        return f"CN={mac}"
    return USER if kind in _WITH_PASSWORD else ""
