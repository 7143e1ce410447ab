"""Apache as a boot server that wants Digest authentication for everything."""

import hashlib
import os
from pathlib import Path
from string import Template

from tests.real_servers.http_server import HttpServer
from tests.real_servers.programs import require

_REALM = "boot server"
_MODULES = ("mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_digest", "dav", "dav_fs")

# Relative paths are below ServerRoot.
_CONFIGURATION = Template("""\
ServerRoot "$work"
ServerName localhost
Listen 127.0.0.1:$port
DefaultRuntimeDir run
PidFile run/httpd.pid
DavLockDB run/dav_lock
$modules
ErrorLog error.log
LogFormat "%r\\t%>s\\t%{User-Agent}i\\t%u" requests
CustomLog access.log requests
DocumentRoot "$root"
<Directory "$root">
  Dav On
  AuthType Digest
  AuthName "$realm"
  AuthDigestProvider file
  AuthUserFile users
  Require valid-user
</Directory>
""")

# Apache refuses to serve as root, and its own user can't enter pytest's folders. So it starts as that user, with the
# one capability that lets it read and write them (capabilities(7)); it then changes no user itself.
_AS_APACHE_USER = (
    "--reuid=www-data",
    "--regid=www-data",
    "--clear-groups",
    "--inh-caps=+dac_override",
    "--ambient-caps=+dac_override",
)


class Apache(HttpServer):
    """Apache with GET and PUT at `/`, all of it under Digest authentication (RFC 7616: MD5, qop auth).

    A client that has no nonce yet is in the log twice: with 401 and no user, then with its user. PUT into a folder
    that does not exist is answered 409.
    """

    def __init__(self, root: Path, work: Path, *, user: str, password: str) -> None:
        super().__init__(root, work)
        self._user = user
        self._password = password

    def prepare(self) -> list[str]:
        """Write the configuration and the user file."""
        secret = hashlib.md5(f"{self._user}:{_REALM}:{self._password}".encode()).hexdigest()
        (self.work / "users").write_text(f"{self._user}:{_REALM}:{secret}\n")
        (self.work / "run").mkdir(exist_ok=True)
        modules = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in _MODULES)
        configuration = self.work / "httpd.conf"
        configuration.write_text(
            _CONFIGURATION.substitute(work=self.work, port=self.port, modules=modules, root=self.root, realm=_REALM)
        )
        apache = [require("apache2"), "-X", "-d", str(self.work), "-f", str(configuration)]
        return [require("setpriv"), *_AS_APACHE_USER, "--", *apache] if os.geteuid() == 0 else apache
