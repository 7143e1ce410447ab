"""A real server by the name of its kind, set up as the tests that boot phones and audit servers want it."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.real_servers.apache import Apache
from tests.real_servers.atftpd import Atftpd, require_atftpd
from tests.real_servers.certificates import Certificates
from tests.real_servers.dnsmasq import Dnsmasq
from tests.real_servers.lighttpd import Lighttpd
from tests.real_servers.nginx import Nginx
from tests.real_servers.pyftpdlib_server import Pyftpdlib
from tests.real_servers.server import RealServer
from tests.real_servers.tftpd_hpa import TftpdHpa
from tests.real_servers.vsftpd import Vsftpd

USER, PASSWORD = "PlcmSpIp", "a secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A server's name, what it speaks, and how it is set up; it is made of its root and its work folder."""

    server: str
    spoken: str
    make: Callable[..., RealServer]
    wants_password: bool = False
    speaks_tls: bool = False
    wants_client_certificate: bool = False
    takes_logs: bool = True


def _atftpd(root: Path, work: Path) -> Atftpd:
    return Atftpd(root, work, require_atftpd(Path(os.environ.get("TMPDIR", "/tmp")) / "atftpd"))


_KINDS = {
    "nginx": _Kind(server="nginx", spoken="HTTP", make=Nginx),
    "nginx-basic": _Kind(server="nginx", spoken="HTTP, Basic", make=Nginx, wants_password=True),
    "nginx-tls": _Kind(server="nginx", spoken="HTTPS", make=Nginx, speaks_tls=True),
    "nginx-mtls": _Kind(
        server="nginx", spoken="HTTPS, client certificate", make=Nginx, speaks_tls=True, wants_client_certificate=True
    ),
    "apache-digest": _Kind(server="apache", spoken="HTTP, Digest", make=Apache, wants_password=True),
    "lighttpd": _Kind(server="lighttpd", spoken="HTTP", make=Lighttpd),
    "lighttpd-digest": _Kind(server="lighttpd", spoken="HTTP, Digest", make=Lighttpd, wants_password=True),
    "vsftpd": _Kind(server="vsftpd", spoken="FTP", make=Vsftpd, wants_password=True),
    "vsftpd-tls": _Kind(server="vsftpd", spoken="FTPS", make=Vsftpd, wants_password=True, speaks_tls=True),
    "pyftpdlib": _Kind(server="pyftpdlib", spoken="FTP", make=Pyftpdlib, wants_password=True),
    "tftpd-hpa": _Kind(server="tftpd-hpa", spoken="TFTP", make=TftpdHpa),
    "atftpd": _Kind(server="atftpd", spoken="TFTP", make=_atftpd),
    "dnsmasq": _Kind(server="dnsmasq", spoken="TFTP", make=Dnsmasq, takes_logs=False),
}


def parameters(wanted: Callable[[str], bool] = lambda _: True) -> list[object]:
    """The wanted kinds as values of a test's parameter, each with the mark that names its server."""
    return [
        pytest.param(name, marks=pytest.mark.server(kind.server, kind.spoken))
        for name, kind in _KINDS.items()
        if wanted(name)
    ]


def takes_logs(kind: str) -> bool:
    """True when a server of this kind takes uploads."""
    return _KINDS[kind].takes_logs


def certificates_for(kind: str, folder: Path) -> Certificates | None:
    """New certificates in a folder for a kind that speaks TLS; None for another."""
    return Certificates.make(folder) if _KINDS[kind].speaks_tls else None


def server_by_kind(kind: str, root: Path, work: Path, certificates: Certificates | None) -> RealServer:
    """The server over `root`, not started; `certificates` are those of `certificates_for` its kind.

    Where its program is absent, the start skips the test or fails it. KeyError for another kind.
    """
    one = _KINDS[kind]
    options: dict[str, object] = {}
    if one.wants_password:
        options |= {"user": USER, "password": PASSWORD}
    if one.speaks_tls:
        options["tls"] = certificates
    if one.wants_client_certificate:
        options["wants_client_certificate"] = True
    return one.make(root, work, **options)


def address_of(kind: str, server: RealServer) -> str:
    """The address of a started server, with the user and password that it wants."""
    login = f"{USER}:{quote(PASSWORD)}@" if _KINDS[kind].wants_password else ""
    return server.url.replace("://", f"://{login}")


def user_of(kind: str, mac: str) -> str:
    """What a server of this kind knows a phone as; empty when it wants no name."""
    if _KINDS[kind].wants_client_certificate:
        return f"CN={mac}"
    return USER if _KINDS[kind].wants_password else ""
