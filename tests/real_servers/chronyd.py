"""chronyd as a time server on a loopback port: it tells the machine's time and never touches the machine's clock."""

import csv
import os
import pwd
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.real_servers import process
from tests.real_servers.logged_request import log_text
from tests.real_servers.ports import claim_port
from tests.real_servers.programs import require

_CONFIGURATION = """\
port {port}
bindaddress 127.0.0.1
cmdport 0
bindcmdaddress {work}/chronyd.sock
allow 127.0.0.0/8
pidfile {work}/chronyd.pid
driftfile {work}/drift
{options}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chronyd:
    """A running chronyd; `name` is its address with the port."""

    name: str
    work: Path

    @property
    def questions(self) -> Mapping[str, int]:
        """How many questions came from each address, by its own count."""
        command = [require("chronyc"), "-c", "-n", "-h", str(self.work / "chronyd.sock"), "clients"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
        return {row[0]: int(row[1]) for row in csv.reader(said.splitlines())}


@contextmanager
def chronyd(work: Path, options: str = "local stratum 3") -> Iterator[Chronyd]:
    """chronyd with these lines of configuration besides the ones that keep it apart from the machine."""
    program = require("chronyd")
    work.mkdir(mode=0o700)
    port, claim = claim_port(socket.SOCK_DGRAM)
    with claim:
        (work / "chrony.conf").write_text(_CONFIGURATION.format(port=port, work=work, options=options))
        user = pwd.getpwuid(os.geteuid()).pw_name
        # In the foreground, without setting the clock (-x) and without asking for rights to (-U).
        command = [program, "-d", "-x", "-U", "-u", user, "-f", str(work / "chrony.conf")]
        child = process.start(command, work / "output.log")
        try:
            process.wait_until(lambda: process.has_ended(child) or _is_ready(work, port), 60)
            assert not process.has_ended(child), log_text(work / "output.log")
            yield Chronyd(name=f"127.0.0.1:{port}", work=work)
        finally:
            process.end(child)


def _is_ready(work: Path, port: int) -> bool:
    # A question would count among those of the test.
    return f":{port:04X} " in Path("/proc/net/udp").read_text() and (work / "chronyd.sock").exists()
