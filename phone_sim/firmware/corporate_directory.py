"""The flows of the corporate directory: the bind at boot, and a search for what a user types.

Its people are on an LDAP server; those of the phone's own file are in `contact_directory`. Without a license, or a
server in the configuration, nothing is asked. This module does not know LDAP.

Other modules about LDAP: `runtime.network.ldap`; in the tests `tests.runtime.hostile_ldap`,
`tests.real_servers.slapd`.
"""

from collections.abc import Iterable

from phone_sim.firmware import corporate_directory_settings, messages
from phone_sim.firmware.corporate_directory_settings import (
    CorporateDirectorySettings,
    read_corporate_directory_settings,
)
from phone_sim.firmware.features import Gate, NotLicensed
from phone_sim.firmware.network_effects import AskDirectory, DirectoryFailed, NotConnected
from phone_sim.firmware.parameters.layers import Parameters
from phone_sim.firmware.screen import Frame
from phone_sim.firmware.session import Session

NOT_LICENSED = "Not Licensed"
"""What the sample log says (B14)."""
NO_SERVER = "No server is configured."
NO_ATTRIBUTES = "No attributes are configured."
NO_NETWORK = "The phone has no network."


def is_corporate_directory(gate: Gate) -> bool:
    """True for the gate of the corporate directory."""
    return gate.feature.component == messages.CORPORATE_DIRECTORY_NOT_LICENSED.component


async def start_corporate_directory(session: Session, parameters: Parameters) -> None:
    """Bind to the LDAP server, if there is one and `dir.corp.bindOnInit` says so."""
    settings = _settings(session, parameters)
    if settings.server is None:
        address = (bad for bad in settings.problems if bad.name == corporate_directory_settings.ADDRESS)
        await session.complain_of(address, parameters)
        return
    if not settings.binds_on_init:
        return
    reply = await AskDirectory(server=settings.server, credentials=settings.credentials)
    if isinstance(reply, NotConnected):
        return
    await session.complain_of(settings.problems, parameters)
    if isinstance(reply, DirectoryFailed):
        await session.say(messages.CORPORATE_DIRECTORY_BIND_FAILED, server=settings.server.url, reason=reply.reason)
    else:
        await session.say(messages.CORPORATE_DIRECTORY_BOUND, server=settings.server.url)


async def search_corporate_directory(
    session: Session, gates: Iterable[Gate], parameters: Parameters, text: str
) -> Frame:
    """Search the corporate directory; the result is a page with the people found, or with why there are none."""
    gate = next((gate for gate in gates if is_corporate_directory(gate)), None)
    if gate is None or not gate.is_enabled:
        return _refusal(gate)
    return await _found(session, parameters, text)


async def _found(session: Session, parameters: Parameters, text: str) -> Frame:
    settings = _settings(session, parameters)
    server = settings.server
    if server is None or not settings.attributes:
        await session.complain_of(settings.problems, parameters)
        return corporate_directory_settings.page(NO_SERVER if server is None else NO_ATTRIBUTES)
    reply = await AskDirectory(server=server, credentials=settings.credentials, search=settings.search(text))
    if isinstance(reply, NotConnected):
        return corporate_directory_settings.page(NO_NETWORK)
    await session.complain_of(settings.problems, parameters)
    if isinstance(reply, DirectoryFailed):
        await session.say(messages.CORPORATE_DIRECTORY_SEARCH_FAILED, server=server.url, reason=reply.reason)
        return corporate_directory_settings.page(f"Search failed: {reply.reason}")
    await session.say(messages.CORPORATE_DIRECTORY_SEARCHED, server=server.url, count=len(reply.entries))
    return settings.page(reply.entries, is_partial=reply.is_partial)


def _settings(session: Session, parameters: Parameters) -> CorporateDirectorySettings:
    identity = session.identity
    return read_corporate_directory_settings(parameters, identity.dictionary, dialect=identity.profile.dialect)


def _refusal(gate: Gate | None) -> Frame:
    if gate is None or isinstance(gate, NotLicensed):
        return corporate_directory_settings.page(NOT_LICENSED)
    return corporate_directory_settings.page(gate.reason.capitalize())
