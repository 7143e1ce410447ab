"""Audits of real servers; what a server logged is held against what the audit says it asked."""

from pathlib import Path
from urllib.parse import unquote

import pytest

from phone_sim.audit.finding import Verdict
from phone_sim.runtime.model_files import load_models
from tests.audit.audited import LICENSED, MODELS, audited, bad_ones, verdict
from tests.make import MAC
from tests.real_servers import Certificates, Nginx, require
from tests.real_servers.by_kind import address_of, certificates_for, parameters, server_by_kind

pytestmark = pytest.mark.real

# What is bad about each by its nature; nothing about the others.
BAD = {
    "nginx-basic": {"password-in-clear"},
    "apache-digest": {"password-in-clear"},
    "lighttpd-digest": {"password-in-clear"},
    "vsftpd": {"password-in-clear"},
    "pyftpdlib": {"password-in-clear", "directory-listing"},
    "dnsmasq": {"log-upload", "overrides-stored"},
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    for name, data in LICENSED.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (root / "logs").mkdir()
    for path in (root, *root.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    return root


@pytest.mark.shows("audit")
@pytest.mark.parametrize("kind", parameters())
def test_an_audit_is_what_the_server_logged(kind: str, root: Path, tmp_path: Path) -> None:
    certificates = certificates_for(kind, tmp_path / "ca")
    is_variant = "-" in kind
    with server_by_kind(kind, root, tmp_path / "server", certificates) as server:
        seen, findings = audited(
            address_of(kind, server),
            models=MODELS if is_variant else load_models(),
            ca_file=certificates.ca_file if certificates is not None else None,
            client_cert=certificates.for_phone(str(MAC)) if certificates is not None else None,
        )
        told = {name: findings[name].judgment for name in bad_ones(findings) ^ BAD.get(kind, set())}
        assert not told
        assert verdict(findings, "activation-files") is Verdict.GOOD
        assert verdict(findings, "every-model-boots") is Verdict.GOOD
        made = [(one.method, unquote(one.url.removeprefix(server.url))) for one in seen.requests]
        logged = [one for one in server.requests(at_least=len(made)) if one.status != 401]
        assert [(one.method, unquote(one.path)) for one in logged] == made


def test_an_open_listing_of_nginx_is_found(root: Path, tmp_path: Path) -> None:
    require("nginx")

    class Listing(Nginx):
        def prepare(self) -> list[str]:
            command = super().prepare()
            configuration = self.work / "nginx.conf"
            configuration.write_text(configuration.read_text().replace("dav_methods", "autoindex on;\n    dav_methods"))
            return command

    with Listing(root, tmp_path / "server") as server:
        _, findings = audited(server.url)
    assert bad_ones(findings) == {"directory-listing"}


def test_old_tls_of_nginx_is_found(root: Path, tmp_path: Path) -> None:
    require("nginx")
    certificates = Certificates.make(tmp_path / "ca")

    class Old(Nginx):
        def prepare(self) -> list[str]:
            command = super().prepare()
            configuration = self.work / "nginx.conf"
            old = "ssl_protocols TLSv1 TLSv1.1 TLSv1.2;\n    ssl_ciphers DEFAULT:@SECLEVEL=0;\n    dav_methods"
            configuration.write_text(configuration.read_text().replace("dav_methods", old))
            return command

    with Old(root, tmp_path / "server", tls=certificates) as server:
        seen, findings = audited(server.url, ca_file=certificates.ca_file)
    assert seen.tls is not None
    assert seen.tls.accepted == ("1.0", "1.1", "1.2")
    assert bad_ones(findings) == {"tls-version"}
