"""Real servers for tests, each a child of the test: boot servers for HTTP, FTP and TFTP, and servers beside them.

Each has its own log, and none knows of phones. The programs come from the system's packages; where one is absent the
test is skipped, or fails when the environment variable PHONE_SIM_REQUIRE_REAL is 1.
"""

from tests.real_servers.apache import Apache
from tests.real_servers.atftpd import Atftpd, atftpd_program, require_atftpd
from tests.real_servers.certificates import Certificates
from tests.real_servers.dnsmasq import Dnsmasq
from tests.real_servers.lighttpd import Lighttpd
from tests.real_servers.logged_request import LoggedRequest
from tests.real_servers.nginx import Nginx
from tests.real_servers.programs import require
from tests.real_servers.pyftpdlib_server import Pyftpdlib
from tests.real_servers.server import RealServer
from tests.real_servers.slapd import Slapd
from tests.real_servers.tftpd_hpa import TftpdHpa
from tests.real_servers.vsftpd import Vsftpd

__all__ = [
    "Apache",
    "Atftpd",
    "Certificates",
    "Dnsmasq",
    "Lighttpd",
    "LoggedRequest",
    "Nginx",
    "Pyftpdlib",
    "RealServer",
    "Slapd",
    "TftpdHpa",
    "Vsftpd",
    "atftpd_program",
    "require",
    "require_atftpd",
]
