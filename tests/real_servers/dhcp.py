"""dnsmasq as the DHCP server of a cable's network, and as the TFTP server that it tells of: what a small site runs."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.real_servers import process
from tests.real_servers.logged_request import log_text
from tests.real_servers.namespaces import Cable
from tests.real_servers.programs import require

_CONFIGURATION = """\
port=0
interface={interface}
bind-interfaces
except-interface=lo
user=root
enable-tftp
tftp-root={root}
dhcp-authoritative
no-ping
log-dhcp
dhcp-range=10.77.0.100,10.77.0.150,255.255.255.0,1h
dhcp-leasefile={work}/leases
{options}
"""
_LEASE = re.compile(r"^\d+ (?P<mac>\S+) (?P<address>\S+) (?P<name>\S+) (?P<client>\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dnsmasq:
    """A running dnsmasq; `log` is what it says."""

    work: Path

    @property
    def log(self) -> str:
        """All that it has logged."""
        return log_text(self.work / "output.log")

    @property
    def leases(self) -> Mapping[str, tuple[str, str]]:
        """The address and the host name of each lease, by MAC with colons, as its lease file has them."""
        found = _LEASE.finditer((self.work / "leases").read_text())
        return {one["mac"]: (one["address"], one["name"]) for one in found}

    def asked_by(self, mac: str) -> list[str]:
        """The kinds of packets that a client sent, in order, by its log."""
        return re.findall(rf"(DHCP(?:DISCOVER|REQUEST|INFORM))\(\S+\) (?:\S+ )?{mac}", self.log)

    @property
    def sent(self) -> list[str]:
        """The names of the files that it sent by TFTP, sorted."""
        return sorted(re.findall(rf"sent {re.escape(str(self.work))}\S*/site/(\S+) to", self.log))


@contextmanager
def dnsmasq(cable: Cable, work: Path, options: str) -> Iterator[Dnsmasq]:
    """dnsmasq at the server's end of the cable, with these lines for options; its files are those in `work`/site."""
    program = require("dnsmasq")
    root = work / "site"
    root.mkdir(exist_ok=True)
    (work / "dnsmasq.conf").write_text(
        _CONFIGURATION.format(interface=cable.interface, root=root, work=work, options=options)
    )
    command = cable.within(cable.server, program, "--no-daemon", f"--conf-file={work}/dnsmasq.conf")
    child: subprocess.Popen[bytes] = process.start(command, work / "output.log")
    try:
        server = Dnsmasq(work=work)
        process.wait_until(lambda: process.has_ended(child) or "IP range" in server.log, 60)
        assert not process.has_ended(child), server.log
        yield server
    finally:
        process.end(child)
