"""What a phone may ask of the network besides its boot server, and what the network may answer.

A lease of DHCP, the time of SNTP, the corporate directory of LDAP, another boot server. That nobody answers is a
reply, too, and so is that the phone has no way to ask. This module does not know how an effect is performed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from phone_sim.firmware.asking import Ask
from phone_sim.firmware.corporate_directory_settings import LdapEntry, LdapSearch, LdapServer
from phone_sim.firmware.location import BootServerAddress, Credentials
from phone_sim.mac_address import MacAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class AskLease(Ask["LeaseReply"]):
    """Ask the DHCP servers of the network for a lease, and for `options`. Reply: `Leased`, `NoLease` or
    `NotConnected`."""

    mac: MacAddress
    vendor_class: str
    host_name: str
    options: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A lease: the phone's own address, and the options that came with it, by number, as they came."""

    address: str
    options: Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class NoLease:
    """No DHCP server gave a lease."""

    reason: str


@dataclass(frozen=True, slots=True)
class AskTime(Ask["TimeReply"]):
    """Ask time servers, one after the other until one tells the time. Reply: `TimeTold`, `NoTime` or
    `NotConnected`."""

    servers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TimeTold:
    """What time it is, and which server says so.

    `sent` is the server's own timestamp, without the time that the answer was under way; None where there is no such.
    """

    instant: datetime
    server: str = ""
    sent: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class NoTime:
    """No server told the time."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskDirectory(Ask["DirectoryReply"]):
    """Bind to the LDAP server of the corporate directory, and search it if there is a `search`.

    Without `credentials` the bind is anonymous.

    Reply: `DirectoryAnswered`, `DirectoryFailed` or `NotConnected`.
    """

    server: LdapServer
    credentials: Credentials | None
    search: LdapSearch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryAnswered:
    """The LDAP server took the bind and answered the search, if there was one.

    An entry is the first value of each attribute by the attribute's name in lower case, as it came; with `is_partial`
    more entries match than these.
    """

    entries: tuple[LdapEntry, ...] = ()
    is_partial: bool = False


@dataclass(frozen=True, slots=True)
class DirectoryFailed:
    """The LDAP server gave no answer, or refused."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A way from one boot server to another: a file of the `source` sets the `target`, at `place`, in words (D21)."""

    source: BootServerAddress
    target: BootServerAddress
    place: str

    def __str__(self) -> str:
        return f"{self.source.root} to {self.target.root} ({self.place})"


@dataclass(frozen=True, slots=True)
class AskMove(Ask["MoveReply"]):
    """Ask whether the phone can go to another boot server. Reply: `CanMove`, `MovesEndlessly` or `NotConnected`."""

    move: Move


@dataclass(frozen=True, slots=True)
class CanMove:
    """The other boot server can be asked."""


@dataclass(frozen=True, slots=True)
class MovesEndlessly:
    """The phone has moved too often: `moves` are those that led here, and the one that is not made, which is last."""

    moves: tuple[Move, ...]

    @property
    def reason(self) -> str:
        """Why the last one is not made."""
        target = self.moves[-1].target
        if any(one.source == target for one in self.moves):
            return "the phone came from there"
        return f"the phone has moved {len(self.moves) - 1} times already"

    def __str__(self) -> str:
        return f"boot servers send the phone to each other: {', '.join(map(str, self.moves))}"


@dataclass(frozen=True, slots=True)
class NotConnected:
    """This phone speaks to no server of this kind, and goes on without."""


LeaseAnswer = Leased | NoLease
TimeAnswer = TimeTold | NoTime
DirectoryAnswer = DirectoryAnswered | DirectoryFailed
LeaseReply = LeaseAnswer | NotConnected
TimeReply = TimeAnswer | NotConnected
MoveReply = CanMove | MovesEndlessly | NotConnected
DirectoryReply = DirectoryAnswer | NotConnected
