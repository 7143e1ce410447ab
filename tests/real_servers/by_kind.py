"""A real server by the name of its kind, set up as the tests that boot phones and audit servers want it."""

import os
from pathlib import Path

from tests.real_servers.apache import Apache
from tests.real_servers.atftpd import Atftpd, require_atftpd
from tests.real_servers.certificates import Certificates
from tests.real_servers.nginx import Nginx
from tests.real_servers.programs import require
from tests.real_servers.pyftpdlib_server import Pyftpdlib
from tests.real_servers.server import RealServer
from tests.real_servers.tftpd_hpa import TftpdHpa
from tests.real_servers.vsftpd import Vsftpd

USER, PASSWORD = "PlcmSpIp", "a secret"


def server_by_kind(kind: str, root: Path, work: Path, certificates: Certificates | None) -> RealServer:
    """The server over `root`, not started; only the kinds with TLS need certificates.

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
    raise KeyError(kind)
