"""What a phone speaks to besides its boot server: DHCP, SNTP, syslog and LDAP servers, and other boot servers.

Each answers one kind of effect, or takes log lines, and raises nothing; a phone that lacks one is not told of anything
by such a server and goes on without. This module knows no protocol.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from phone_sim.firmware.host import Host
from phone_sim.firmware.network_effects import AskDirectory, AskLease, AskTime, DirectoryAnswer, LeaseAnswer, TimeAnswer


class Syslog(Protocol):
    """A way to syslog servers."""

    def send(self, host: Host, message: str) -> None:
        """Send a message, if that can be done at once; whether it arrives is nobody's concern."""

    def close(self) -> None:
        """Give back what is held open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The servers that a phone can speak to; a phone does without those that are None.

    A phone whose network has `time` keeps its clock by it, and loses the time with its power. Without
    `other_boot_servers` its transport leads to its own boot server alone, and it goes to no other (D21).
    """

    lease: Callable[[AskLease], LeaseAnswer] | None = None
    corporate_directory: Callable[[AskDirectory], DirectoryAnswer] | None = None
    time: Callable[[AskTime], TimeAnswer] | None = None
    syslog: Syslog | None = None
    other_boot_servers: bool = True

    def close(self) -> None:
        """Give back what is held open; it can be used again."""
        if self.syslog is not None:
            self.syslog.close()
