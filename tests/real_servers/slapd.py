"""OpenLDAP's slapd as a corporate directory. Its log of operations tells who connected, bound and searched.

It is no boot server: what it holds is the LDIF text of `people`, below `dc=test`.
"""

import re
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from string import Template

from tests.real_servers import process
from tests.real_servers.certificates import Certificates
from tests.real_servers.logged_request import LoggedRequest, log_text
from tests.real_servers.ports import has_listener
from tests.real_servers.programs import require
from tests.real_servers.server import RealServer

SUFFIX = "dc=test"
USER, PASSWORD = f"cn=phone,{SUFFIX}", "a s3cret, really"
_CONFIGURATION = Template("""\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile $work/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
sizelimit $size_limit
$tls
database mdb
maxsize 16777216
suffix "$suffix"
rootdn "$user"
rootpw "$password"
directory $work/db
index objectClass eq
index sn,cn,givenName,telephoneNumber eq,sub
""")
_ROOT = f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\no: Test\ndc: test\n\n"
_ENTRY = re.compile(r"\bconn=(?P<connection>\d+) (?:fd|op)=\d+ (?P<what>\S.*)")
_SECONDS_TO_FILL = 60
_SECONDS_TO_LOG = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedOperation:
    """What slapd did, in its words: `BIND dn="..." method=128`, `SRCH base="..." ...`, `RESULT tag=97 err=49 ...`."""

    connection: int
    what: str


class Slapd(RealServer):
    """slapd with one user, whom no size limit holds; `size_limit` is the most entries that anybody else gets.

    With `tls` it wants LDAPS.
    """

    kind = socket.SOCK_STREAM

    def __init__(self, people: str, work: Path, *, size_limit: int = 500, tls: Certificates | None = None) -> None:
        super().__init__(work, work)
        self.scheme = "ldap" if tls is None else "ldaps"
        self._people = people
        self._size_limit = size_limit
        self._tls = tls

    def prepare(self) -> list[str]:
        """Write the configuration, and the people into the database."""
        configuration = self.work / "slapd.conf"
        configuration.write_text(
            _CONFIGURATION.substitute(
                work=self.work,
                size_limit=self._size_limit,
                tls=_tls_lines(self._tls),
                suffix=SUFFIX,
                user=USER,
                password=PASSWORD,
            )
        )
        (self.work / "db").mkdir()
        people = self.work / "people.ldif"
        people.write_text(_ROOT + self._people)
        filled = subprocess.run(
            [require("slapadd"), "-q", "-f", str(configuration), "-l", str(people)],
            capture_output=True,
            text=True,
            timeout=_SECONDS_TO_FILL,
            check=False,
        )
        if filled.returncode != 0:
            raise RuntimeError(f"slapadd: {filled.stderr}")
        return [require("slapd"), "-d", "stats", "-f", str(configuration), "-h", self.url]

    def is_listening(self) -> bool:
        """Ask the kernel: a connection would leave a trace in the log, which says that it starts before it listens."""
        return has_listener(self.port)

    def logged(self) -> list[LoggedRequest]:
        """There are no requests for files; see `operations`."""
        return []

    def operations(self, *, connections: int) -> list[LoggedOperation]:
        """What it has done so far, in order, after waiting for so many connections to be over."""
        process.wait_until(lambda: self._ended() >= connections, _SECONDS_TO_LOG)
        return self._read()

    def _ended(self) -> int:
        return sum(one.what.startswith("closed") for one in self._read())

    def _read(self) -> list[LoggedOperation]:
        matches = _ENTRY.finditer(log_text(self.work / "output.log"))
        return [LoggedOperation(connection=int(match["connection"]), what=match["what"]) for match in matches]


def _tls_lines(tls: Certificates | None) -> str:
    if tls is None:
        return ""
    return f"TLSCertificateFile {tls.server_cert}\nTLSCertificateKeyFile {tls.server_key}"
