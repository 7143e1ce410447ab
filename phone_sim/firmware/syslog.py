"""Log lines as syslog messages: which are sent, and what stands before them.

The severities are those of field notes 4.1. That a message is `<PRI>` and the phone's own line, and how the MAC address
stands before that, is ours, from what the vendor's guide says of `device.syslog`. This module knows no socket.

Other modules about syslog: `runtime.network.syslog`; in the tests `tests.real_servers.rsyslogd`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from phone_sim.firmware.host import Host
from phone_sim.mac_address import MacAddress

DEFAULT_PORT = 514
LOCAL_0 = 16
"""The stock facility (vendor's guide)."""

_SEVERITIES: Mapping[str, int] = MappingProxyType(
    {"0": 7, "1": 7, "2": 6, "3": 6, "4": 3, "5": 2, "6": 0, "*": 5}  # field notes 4.1
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyslogServer:
    """Where log lines are sent, from which level on, and how: `device.syslog.*`."""

    host: Host
    facility: int = LOCAL_0
    render_level: int = 4
    prepends_mac: bool = False

    def takes(self, level: str) -> bool:
        """True when a line of this level is sent; `*` always is."""
        return level == "*" or int(level) >= self.render_level

    def message(self, level: str, line: str, mac: MacAddress) -> str:
        """The message for a line of the log."""
        before = f"{mac}|" if self.prepends_mac else ""
        return f"<{8 * self.facility + _SEVERITIES[level]}>{before}{line}"
