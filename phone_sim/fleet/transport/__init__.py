"""Transports of a fleet: what the single phone's transports do, for many phones on gevent.

HTTP and TFTP are lean ones of the fleet's own; FTP is the single phone's. One function makes the transport of a phone.
"""

from phone_sim.fleet.transport.http import GeventHttpTransport
from phone_sim.fleet.transport.tftp import GeventTftpTransport
from phone_sim.runtime.transport import Limits, Tls, TransportByScheme
from phone_sim.runtime.transport.ftp import FtpTransport  # at once: or the first phones would wait for the import


def fleet_transport(*, limits: Limits, tls: Tls, source_address: str | None = None) -> TransportByScheme:
    """A transport for one phone; it is made for each thing that happens to it, and closed after that."""

    def http() -> GeventHttpTransport:
        return GeventHttpTransport(limits, tls, source_address)

    def ftp() -> FtpTransport:
        return FtpTransport(limits, tls, source_address)

    def tftp() -> GeventTftpTransport:
        return GeventTftpTransport(limits, source_address)

    return TransportByScheme({"http": http, "https": http, "ftp": ftp, "ftps": ftp, "tftp": tftp})
