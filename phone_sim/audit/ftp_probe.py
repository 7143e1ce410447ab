"""How the audit asks an FTP server: as a phone does for files, and for the names in a folder, as no phone does.

It does not know what is asked for, nor why.

Other modules about FTP: `runtime.transport.ftp`; in the tests `tests.runtime.hostile_ftp`.
"""

import time
from dataclasses import replace

from phone_sim.audit.bounds import BODY_LIMIT, AuditBounds, BoundedTransport, TransportProbe, answer_of
from phone_sim.audit.observations import LIST, ObservedAnswer
from phone_sim.firmware.effects import Fetch
from phone_sim.firmware.location import Location
from phone_sim.runtime.exchange import Exchange
from phone_sim.runtime.transport.ftp import FtpTransport


class FtpProbe:
    """Asks for one file, or by the method NLST for the names in one folder."""

    def __init__(self, transport: FtpTransport, user_agent: str, bounds: AuditBounds) -> None:
        self._transport = transport
        self._user_agent = user_agent
        self._bounds = bounds
        self._files = TransportProbe(BoundedTransport(transport, bounds), user_agent)

    def ask(self, location: Location, method: str = "GET") -> ObservedAnswer:
        """Read the file, or the names."""
        if method != LIST:
            return self._files.ask(location)
        return self._bounds.asked(LIST, location.url, lambda: self._listed(location))

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def _listed(self, location: Location) -> ObservedAnswer:
        request = Fetch(location=location, limit=BODY_LIMIT, user_agent=self._user_agent)
        began = time.monotonic()
        reply = self._transport.list_names(request)
        exchange = Exchange(request=request, reply=reply, seconds=time.monotonic() - began)
        return replace(answer_of(exchange), method=LIST)
