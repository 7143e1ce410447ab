"""The way of a fleet's phone to its boot server. One function decides which transport that is."""

from phone_sim.runtime.transport import (  # the protocols at once: or the first phones would wait for their import
    Limits,
    Transport,
    ftp,  # noqa: F401
    http,  # noqa: F401
    network_transport,
    tftp,  # noqa: F401
)


def fleet_transport(*, limits: Limits, source_address: str | None = None) -> Transport:
    """A transport for one phone; it is made for each thing that happens to it, and closed after that.

    Raises:
        UsageError: for an address that is not one of this machine.
    """
    return network_transport(limits=limits, source_address=source_address)
