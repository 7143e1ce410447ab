"""What TLS is a phone's own: its versions, and its certificate, of one file for all phones or one for each by address.

This module does not know when a server asks for one.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from phone_sim.errors import UsageError
from phone_sim.firmware.profile import profile_for
from phone_sim.mac_address import MacAddress
from phone_sim.runtime.transport import Tls, newest_version
from phone_sim.runtime.transport.tls import client_context

PATTERN = "<MAC>"
"""What stands for the phone's address in the name of a file, and in that of a request; ours."""


def own_tls(tls: Tls, mac: MacAddress, firmware: str) -> Tls:
    """How a phone speaks TLS: with its own certificate, up to the newest version that its firmware is known to speak.

    A version that `tls` has is spoken with any firmware.
    """
    limited = _limited(tls, firmware)
    if tls.client_cert is None:
        return limited
    return replace(limited, client_cert=Path(f"{tls.client_cert}".replace(PATTERN, mac.digits)))


@lru_cache(maxsize=64)  # a fleet asks for each phone, and has few versions
def _limited(tls: Tls, firmware: str) -> Tls:
    return replace(tls, newest=newest_version(tls.newest, profile_for(firmware).tls_versions))


def check_certificates(tls: Tls, macs: Iterable[MacAddress], firmwares: Iterable[str]) -> None:
    """Refuse TLS that one of these phones cannot speak; of many certificates, only the first one is read.

    Raises:
        UsageError: a file is missing or cannot be used; the message names it. Or a firmware is known to speak only
            versions older than those wanted.
    """
    used = tuple(firmwares)
    shown = [own_tls(tls, mac, used[0]) for mac in macs] if PATTERN in f"{tls.client_cert}" else []
    missing = [one.client_cert for one in shown if one.client_cert is not None and not one.client_cert.is_file()]
    if missing:
        raise UsageError(f"{len(missing)} of {len(shown)} phones have no client certificate; {missing[0]} is missing")
    first = replace(tls, client_cert=shown[0].client_cert) if shown else tls
    for one in {_limited(first, firmware) for firmware in used}:
        client_context(one)
