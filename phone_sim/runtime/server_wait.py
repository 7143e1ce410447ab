"""Waits for a boot server that is still being started, as in CI. It uses the way of a phone, whatever the protocol."""

import time

from phone_sim.errors import BootServerUnreachableError
from phone_sim.firmware.effects import Fetch, TransferFailed
from phone_sim.firmware.location import BootServerAddress, Location
from phone_sim.firmware.master_config import DEFAULT_NAME, SIZE_LIMIT
from phone_sim.firmware.transfer_facts import FailureKind
from phone_sim.runtime.transport import Transport

_USER_AGENT = "phone-sim waiting for the server"
BETWEEN = 0.2
"""Seconds between two attempts (our choice)."""
# Failures that a server which is not up yet shows; a certificate that is not accepted stays so.
_NOT_YET = frozenset(
    {
        FailureKind.UNREACHABLE,
        FailureKind.CONNECTION_REFUSED,
        FailureKind.NAME_NOT_FOUND,
        FailureKind.TIMED_OUT,
        FailureKind.BROKEN_OFF,
    }
)


def wait_for_server(addresses: str, seconds: float, transport: Transport) -> None:
    """Wait until one of the boot servers answers a request for `000000000000.cfg`, for at most `seconds`.

    Any answer counts, also one that refuses the file. A failure that time does not mend ends the wait as well: the boot
    that follows meets it and says what it is.

    Raises:
        BootServerUnreachableError: none answers in time; the message has the last failure.
    """
    servers = BootServerAddress.parse_all(addresses)
    end = time.monotonic() + seconds
    while True:
        for server in servers:
            reply = transport.fetch(_request(server))
            if not (isinstance(reply, TransferFailed) and reply.unanswered and reply.kind in _NOT_YET):
                return
            if time.monotonic() >= end:
                raise BootServerUnreachableError(f"{server.root}: no answer within {seconds:g} s: {reply.reason}")
        time.sleep(BETWEEN)


def _request(server: BootServerAddress) -> Fetch:
    location = server.locate("", server.master or DEFAULT_NAME) or Location(url=server.root, credentials=None)
    return Fetch(location=location, limit=SIZE_LIMIT, user_agent=_USER_AGENT)
