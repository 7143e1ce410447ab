"""vsftpd as a boot server: an FTP server in C, with TLS if wanted. Only root can start it.

Its default that a data connection has to resume the TLS session of the control connection is left as it is.
"""

import re
import subprocess
from pathlib import Path
from string import Template

from tests.real_servers.ftp_server import FtpServer, read_dialogue
from tests.real_servers.logged_request import LoggedRequest, log_text
from tests.real_servers.programs import absent, require, require_root

# Its users come from PAM, so it gets an /etc/pam.d of its own, with our file in it, in a mount namespace of its own.
_WITH_OWN_PAM = 'mount --bind "$1" /etc/pam.d && shift && exec "$@"'
_PAM = Template("auth required pam_pwdfile.so pwdfile=$users\naccount required pam_permit.so\n")

# guest_username: pytest's folders are closed to other users. Data ports: above those that the kernel gives to clients.
_CONFIGURATION = Template("""\
listen=YES
listen_address=127.0.0.1
listen_port=$port
background=NO
anonymous_enable=NO
local_enable=YES
guest_enable=YES
guest_username=root
virtual_use_local_privs=YES
write_enable=YES
dirlist_enable=NO
local_umask=022
local_root=$root
chroot_local_user=YES
allow_writeable_chroot=YES
secure_chroot_dir=$work/empty
pam_service_name=boot_server
pasv_min_port=61000
pasv_max_port=65535
xferlog_enable=YES
vsftpd_log_file=$work/requests.log
log_ftp_protocol=YES
seccomp_sandbox=NO
""")
_TLS = Template("""\
ssl_enable=YES
force_local_logins_ssl=YES
force_local_data_ssl=YES
rsa_cert_file=$certificate
rsa_private_key_file=$key
""")

_LINE = re.compile(
    r'\[pid (?P<session>\d+)\] (?:\[(?P<user>[^]]*)\] )?FTP (?:command: Client "[^"]*", "(?P<command>.*)"|'
    r'response: Client "[^"]*", "(?P<reply>.*)")$',
    re.M,
)


class Vsftpd(FtpServer):
    """vsftpd; it takes two seconds to refuse a wrong password, and refuses uploads to folders that are absent (553),
    and every listing (550).
    """

    def prepare(self) -> list[str]:
        """Write the configuration, the PAM service and the user file."""
        require_root()
        if not any(Path("/lib").glob("*/security/pam_pwdfile.so")):
            absent("libpam-pwdfile is not installed")
        pam = self.work / "pam.d"
        for folder in (pam, self.work / "empty"):
            folder.mkdir()
        (pam / "boot_server").write_text(_PAM.substitute(users=self.work / "users"))
        (self.work / "users").write_text(f"{self.user}:{self._secret()}\n")
        configuration = _CONFIGURATION.substitute(port=self.port, root=self.root, work=self.work)
        if self.tls is not None:
            configuration += _TLS.substitute(certificate=self.tls.server_cert, key=self.tls.server_key)
        path = self.work / "vsftpd.conf"
        path.write_text(configuration)
        namespace = [require("unshare"), "--mount", require("sh"), "-c", _WITH_OWN_PAM, "sh", str(pam)]
        return [*namespace, require("vsftpd"), str(path)]

    def logged(self) -> list[LoggedRequest]:
        """Read the protocol log."""
        return read_dialogue(_LINE, log_text(self.work / "requests.log"))

    def _secret(self) -> str:
        """The password as crypt(5) writes it."""
        command = [require("openssl"), "passwd", "-6", "-stdin"]
        made = subprocess.run(command, input=self.password, capture_output=True, text=True, check=True, timeout=60)
        return made.stdout.strip()
