"""What a phone speaks to besides its boot server: DHCP, SNTP, syslog and LDAP servers.

Each is a callable that answers one kind of effect and raises nothing; a phone that lacks one is not told of anything by
such a server and goes on without. This module knows no protocol.
"""

from collections.abc import Callable
from dataclasses import dataclass

from phone_sim.firmware.effects import AskDirectory, AskLease, DirectoryReply, LeaseReply


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The servers that a phone can speak to; a phone does without those that are None."""

    lease: Callable[[AskLease], LeaseReply] | None = None
    directory: Callable[[AskDirectory], DirectoryReply] | None = None
