"""nginx as a boot server: GET and PUT, with Basic authentication, TLS and client certificates if wanted."""

import os
from collections.abc import Sequence
from pathlib import Path
from string import Template

from tests.real_servers.certificates import Certificates
from tests.real_servers.http_server import HttpServer
from tests.real_servers.programs import require

# Relative paths are below the work folder (-p). The worker runs as root: pytest's folders are closed to other users.
_CONFIGURATION = Template("""\
$run_as
worker_processes 1;
daemon off;
pid nginx.pid;
error_log error.log info;
events { worker_connections 1024; }
http {
  log_format requests "$$request\\t$$status\\t$$http_user_agent\\t$$$user";
  access_log access.log requests;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  client_max_body_size 64m;
  types { text/xml cfg xml; application/octet-stream ld log; }
  server {
    listen 127.0.0.1:$listen;
    server_name localhost;
    root "$root";
    dav_methods PUT;
    create_full_put_path on;
    $extras
  }
}
""")


class Nginx(HttpServer):
    """nginx with GET and PUT at `/` (missing folders are made); Basic authentication and TLS where given.

    With `wants_client_certificate` it serves only whoever shows a certificate of the same root; the user of a request
    is then its subject, such as `CN=0004f2000001`. `extras` are further lines of the configuration of the server.
    """

    def __init__(
        self,
        root: Path,
        work: Path,
        *,
        user: str | None = None,
        password: str | None = None,
        tls: Certificates | None = None,
        wants_client_certificate: bool = False,
        extras: Sequence[str] = (),
    ) -> None:
        super().__init__(root, work)
        self._user = user
        self._password = password
        self._tls = tls
        self._extras = extras
        self._wants_client_certificate = wants_client_certificate
        self.scheme = "http" if tls is None else "https"

    def prepare(self) -> list[str]:
        """Write the configuration and the user file."""
        extras = [*self._extras]
        if self._user is not None:
            (self.work / "users").write_text(f"{self._user}:{{PLAIN}}{self._password}\n")
            extras += ['auth_basic "boot server";', "auth_basic_user_file users;"]
        if self._tls is not None:
            extras += [f'ssl_certificate "{self._tls.server_cert}";', f'ssl_certificate_key "{self._tls.server_key}";']
        if self._tls is not None and self._wants_client_certificate:
            extras += [f'ssl_client_certificate "{self._tls.ca_file}";', "ssl_verify_client on;"]
        configuration = _CONFIGURATION.substitute(
            run_as="user root;" if os.geteuid() == 0 else "",
            listen=self.port if self._tls is None else f"{self.port} ssl",
            root=self.root,
            user="ssl_client_s_dn" if self._wants_client_certificate else "remote_user",
            extras="\n    ".join(extras),
        )
        (self.work / "nginx.conf").write_text(configuration)
        # -e: without it nginx opens the system's own error log before it has read the configuration.
        return [require("nginx"), "-p", str(self.work), "-e", "error.log", "-c", "nginx.conf"]
