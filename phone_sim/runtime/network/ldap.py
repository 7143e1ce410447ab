"""The way to a corporate directory: LDAP and LDAPS, bounded in bytes and time.

This module knows nothing of licenses and settings. The protocol is `ldap_session`'s, which is loaded when the first
server is asked: ldap3 takes its time to load.

Other modules about LDAP: `firmware.corporate_directory`; in the tests `tests.runtime.hostile_ldap`,
`tests.real_servers.slapd`.
"""

from collections.abc import Callable

from phone_sim.firmware.network_effects import AskDirectory, DirectoryAnswer
from phone_sim.runtime.transport import Limits, Tls


def make_corporate_directory(
    limits: Limits | None = None, tls: Tls | None = None, source_address: str | None = None
) -> Callable[[AskDirectory], DirectoryAnswer]:
    """What answers `AskDirectory`, each time over a connection of its own, from `source_address` if there is one.

    `limits.answer` holds for the look-up, for each connection that is tried and for each wait; `limits.transfer` for
    all of it together.

    Raises:
        UsageError: for a file of `tls` that cannot be used.
    """
    bounds, how = limits or Limits(), tls or Tls()
    if how != Tls():
        from phone_sim.runtime.transport.tls import client_context

        client_context(how)

    def ask(request: AskDirectory) -> DirectoryAnswer:
        from phone_sim.runtime.network.ldap_session import ask_corporate_directory

        return ask_corporate_directory(request, bounds, how, source_address)

    return ask
