"""LDAP (RFC 4511), on ldap3: simple or anonymous bind, one search, unbind, over a connection for each request.

ldap3 gets a socket that is connected and bounded, its decoder that checks lengths (its own fast one can be led through
the same bytes again and again), and neither follows referrals nor asks for the rest of long attributes. Whatever a
server sends, the result is a reply. This module does not know what the entries are.
"""

import socket
import warnings
from contextlib import closing, suppress
from typing import Any

from phone_sim.errors import UsageError
from phone_sim.firmware.corporate_directory_settings import LdapEntry, LdapSearch, LdapServer, Scope
from phone_sim.firmware.location import Credentials
from phone_sim.firmware.network_effects import AskDirectory, DirectoryAnswer, DirectoryAnswered, DirectoryFailed
from phone_sim.runtime.transport import Limits, Tls, one_line
from phone_sim.runtime.transport.bounded_socket import Budget, connected, current_budget, end_of, words_of
from phone_sim.runtime.transport.tls import client_context

with warnings.catch_warnings():
    # ldap3 goes by names of pyasn1 that are deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    import ldap3
    from ldap3.core.exceptions import (
        LDAPExceptionError,
        LDAPInvalidFilterError,
        LDAPSessionTerminatedByServerError,
    )

ANSWER_LIMIT = 256 * 1024
"""Most bytes of all answers on one connection; ours."""
VALUE_LIMIT = 1024
"""Most bytes of a value that are looked at; ours."""

_SUCCESS = 0
# RFC 4511 4.1.9: timeLimitExceeded, sizeLimitExceeded, adminLimitExceeded come after the entries that there were.
_PARTIAL = (3, 4, 11)
_SCOPES: dict[Scope, Any] = {Scope.SUB: ldap3.SUBTREE, Scope.ONE: ldap3.LEVEL, Scope.BASE: ldap3.BASE}


class _RefusedError(Exception):
    """The server answered, and the answer is no, or not one to what was asked."""


def ask_corporate_directory(
    request: AskDirectory, limits: Limits, tls: Tls, source_address: str | None
) -> DirectoryAnswer:
    """Bind, and search if that is asked."""
    budget = Budget(seconds=limits.transfer, size=ANSWER_LIMIT)
    current_budget.set(budget)
    credentials = request.credentials
    if credentials is not None and not credentials.password:
        # A server would take it for an anonymous bind and say yes (RFC 4513 5.1.2).
        return DirectoryFailed("there is a user, but no password")
    try:
        server = request.server
        plain = connected(server.host, server.port, patience=limits.answer, source_address=source_address)
        with closing(plain):
            if not server.is_secure:
                return _conversation(plain, request)
            budget.limit_wait(plain)
            with closing(client_context(tls).wrap_socket(plain, server_hostname=server.host)) as private:
                return _conversation(private, request)
    except Exception as error:  # what ldap3 and pyasn1 cannot read is an exception of many kinds
        return DirectoryFailed(one_line(_words(error, budget)))


def _conversation(connected: socket.socket, request: AskDirectory) -> DirectoryAnswer:
    connection = _connection(request.server, request.credentials)
    connection.socket = connected
    connection.closed = False
    connection.strategy.no_real_dsa = True  # so that ldap3 opens nothing and goes on with the socket that is there
    connection.open(read_server_info=False)
    try:
        connection.bind(read_server_info=False)
        _check(connection, "bindResponse", (_SUCCESS,))
        return DirectoryAnswered() if request.search is None else _found(connection, request.search)
    finally:
        with suppress(OSError, LDAPExceptionError):
            connection.unbind()


def _connection(server: LdapServer, credentials: Credentials | None) -> ldap3.Connection:
    return ldap3.Connection(
        ldap3.Server(server.host, server.port, get_info=ldap3.NONE),
        user=credentials.user if credentials is not None else None,
        password=credentials.password if credentials is not None else None,
        auto_bind=ldap3.AUTO_BIND_NONE,
        auto_referrals=False,
        auto_range=False,
        auto_escape=False,
        check_names=False,
        fast_decoder=False,
        return_empty_attributes=False,
    )


def _found(connection: ldap3.Connection, search: LdapSearch) -> DirectoryAnswered:
    connection.search(
        search.base,
        search.filter,
        search_scope=_SCOPES[search.scope],
        dereference_aliases=ldap3.DEREF_NEVER,
        attributes=list(search.attributes),
        size_limit=search.limit,
    )
    _check(connection, "searchResDone", (_SUCCESS, *_PARTIAL))
    entries = [_entry(found) for found in connection.response or () if found["type"] == "searchResEntry"]
    is_partial = connection.result["result"] in _PARTIAL or len(entries) > search.limit
    return DirectoryAnswered(entries=tuple(entries[: search.limit]), is_partial=is_partial)


def _entry(found: dict[str, Any]) -> LdapEntry:
    values = ((name.lower(), values[0]) for name, values in found["raw_attributes"].items() if values)
    return {name: value[:VALUE_LIMIT].decode(errors="replace") for name, value in values}


def _check(connection: ldap3.Connection, kind: str, good: tuple[int, ...]) -> None:
    """Complain unless the server's result is of this kind, and good; words with the password in them are left out."""
    result = connection.result
    if result["type"] != kind:
        raise _RefusedError("the answer is not one to the request")
    if result["result"] not in good:
        said = result.get("message") or ""
        if connection.password is not None and connection.password in said:
            said = ""
        raise _RefusedError(f"LDAP {result['result']} {result['description'] or ''} {said}")


def _words(trouble: Exception, budget: Budget) -> str:
    """What went wrong, for people; the libraries' own words may hold what was sent."""
    cause: BaseException = trouble
    # ldap3 puts its exceptions in the place of those of the socket.
    while isinstance(cause, LDAPExceptionError) and (inner := cause.__context__) is not None:
        cause = inner
    match cause:
        case _RefusedError() | UsageError():
            return str(cause)
        case LDAPSessionTerminatedByServerError():
            return end_of(budget)
        case LDAPInvalidFilterError():
            return "the filter is malformed"
        case OSError() if not isinstance(cause, LDAPExceptionError):
            return words_of(cause, budget)
    return "the answer is malformed" if budget.received else "the request cannot be put in LDAP"
