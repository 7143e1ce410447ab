"""lighttpd as a boot server: GET, and PUT by mod_webdav, with Digest authentication if wanted."""

import hashlib
from pathlib import Path
from string import Template

from tests.real_servers.http_server import HttpServer
from tests.real_servers.programs import absent, require

_REALM = "boot server"
_MODULES = Path("/usr/lib/lighttpd")

# Into a file lighttpd writes its access log every few seconds, into a pipe at once.
_CONFIGURATION = Template("""\
server.modules = ("mod_auth", "mod_authn_file", "mod_accesslog", "mod_webdav")
server.bind = "127.0.0.1"
server.port = $port
server.document-root = "$root"
server.upload-dirs = ("$work")
server.errorlog = "$work/error.log"
accesslog.filename = "| exec cat >> '$work/access.log'"
accesslog.format = "%r\t%s\t%{User-Agent}i\t%u"
mimetype.assign = (".cfg" => "text/xml", ".xml" => "text/xml", "" => "application/octet-stream")
webdav.activate = "enable"
""")
_DIGEST = Template("""\
auth.backend = "htdigest"
auth.backend.htdigest.userfile = "$work/users"
auth.require = ("/" => (
  "method" => "digest", "algorithm" => "MD5", "realm" => "$realm", "require" => "valid-user"
))
""")


class Lighttpd(HttpServer):
    """lighttpd with GET and PUT at `/`, all of it under Digest authentication (RFC 7616) where a user is given.

    A client that has no nonce yet is in the log twice: with 401 and no user, then with its user. PUT into a folder
    that does not exist is answered 409.
    """

    def __init__(self, root: Path, work: Path, *, user: str = "", password: str = "") -> None:
        super().__init__(root, work)
        self._user = user
        self._password = password

    def prepare(self) -> list[str]:
        """Write the configuration and the user file."""
        if not (_MODULES / "mod_webdav.so").exists():
            absent("lighttpd-mod-webdav is not installed")
        configuration = _CONFIGURATION.substitute(port=self.port, root=self.root, work=self.work)
        if self._user:
            secret = hashlib.md5(f"{self._user}:{_REALM}:{self._password}".encode()).hexdigest()
            (self.work / "users").write_text(f"{self._user}:{_REALM}:{secret}\n")
            configuration += _DIGEST.substitute(work=self.work, realm=_REALM)
        path = self.work / "lighttpd.conf"
        path.write_text(configuration)
        return [require("lighttpd"), "-D", "-f", str(path)]
