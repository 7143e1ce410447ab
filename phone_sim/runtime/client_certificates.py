"""The certificates that phones show of themselves: one file for all of them, or one for each, named by its address.

This module does not know when a server asks for one.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from phone_sim.errors import UsageError
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.transport import Tls
from phone_sim.runtime.transport.tls import client_context

PATTERN = "<MAC>"
"""What stands for the phone's address in the name of a file, and in that of a request; ours."""


def own_tls(tls: Tls, mac: MacAddress) -> Tls:
    """How a phone speaks TLS: with its own certificate."""
    if tls.client_cert is None:
        return tls
    return replace(tls, client_cert=Path(f"{tls.client_cert}".replace(PATTERN, mac.digits)))


def check_certificates(tls: Tls, macs: Iterable[MacAddress]) -> None:
    """Refuse TLS that one of these phones cannot speak; of many certificates, only the first one is read.

    Raises:
        UsageError: a file is missing or cannot be used; the message names it.
    """
    shown = [own_tls(tls, mac) for mac in macs] if PATTERN in f"{tls.client_cert}" else []
    missing = [one.client_cert for one in shown if one.client_cert is not None and not one.client_cert.is_file()]
    if missing:
        raise UsageError(f"{len(missing)} of {len(shown)} phones have no client certificate; {missing[0]} is missing")
    client_context(shown[0] if shown else tls)
