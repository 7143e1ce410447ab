"""rsyslogd as a syslog server on a loopback port: it writes down each message as it came."""

import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from phone_sim.firmware.host import Host
from tests.real_servers import process
from tests.real_servers.logged_request import log_text
from tests.real_servers.ports import claim_port
from tests.real_servers.programs import require

_CONFIGURATION = """\
global(workDirectory="{work}")
module(load="imudp")
input(type="imudp" address="127.0.0.1" port="{port}")
template(name="raw" type="string" string="%fromhost-ip% %syslogfacility-text% %syslogseverity-text% %rawmsg%\\n")
action(type="omfile" file="{work}/messages.log" template="raw")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message: who sent it, the facility and the severity that rsyslogd reads in it, and all of it as it came."""

    sender: str
    facility: str
    severity: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rsyslogd:
    """A running rsyslogd at `host`."""

    host: Host
    work: Path

    @property
    def name(self) -> str:
        """Its address with the port."""
        return f"{self.host.name}:{self.host.port}"

    def messages(self) -> list[Message]:
        """All that was sent to it before this call, in its order."""
        mark = f"<13>mark {secrets.token_hex(8)}"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(mark.encode(), (self.host.name, self.host.port))
        read = self.work / "messages.log"
        assert process.wait_until(lambda: mark in log_text(read), 60), "a message of the test did not arrive"
        return [_message(line) for line in log_text(read).splitlines() if "<13>mark " not in line]


def _message(line: str) -> Message:
    sender, facility, severity, raw = line.split(" ", 3)
    return Message(sender=sender, facility=facility, severity=severity, raw=raw)


@contextmanager
def rsyslogd(work: Path) -> Iterator[Rsyslogd]:
    """rsyslogd that hears UDP."""
    program = require("rsyslogd")
    work.mkdir()
    port, claim = claim_port(socket.SOCK_DGRAM)
    with claim:
        (work / "rsyslog.conf").write_text(_CONFIGURATION.format(port=port, work=work))
        command = [program, "-n", "-f", str(work / "rsyslog.conf"), "-i", str(work / "rsyslog.pid")]
        child = process.start(command, work / "output.log")
        try:
            listening = f":{port:04X} "
            process.wait_until(lambda: process.has_ended(child) or listening in Path("/proc/net/udp").read_text(), 60)
            assert not process.has_ended(child), log_text(work / "output.log")
            yield Rsyslogd(host=Host(name="127.0.0.1", port=port), work=work)
        finally:
            process.end(child)
