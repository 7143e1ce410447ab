"""Real boot servers for tests: nginx, Apache, tftpd-hpa and atftpd, each a child of the test, each with its own log.

It knows nothing of phones. The programs come from the system's packages; where one is absent the test is skipped, or
fails when the environment variable PHONE_SIM_REQUIRE_REAL is 1.
"""

from tests.real_servers.apache import Apache
from tests.real_servers.atftpd import Atftpd, atftpd_program, require_atftpd
from tests.real_servers.certificates import Certificates
from tests.real_servers.logged_request import LoggedRequest
from tests.real_servers.nginx import Nginx
from tests.real_servers.programs import require
from tests.real_servers.server import RealServer
from tests.real_servers.tftpd_hpa import TftpdHpa

__all__ = [
    "Apache",
    "Atftpd",
    "Certificates",
    "LoggedRequest",
    "Nginx",
    "RealServer",
    "TftpdHpa",
    "atftpd_program",
    "require",
    "require_atftpd",
]
