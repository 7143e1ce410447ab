"""A phone's way straight to a site: the files as a boot server would give them, without a socket.

Uploads are thrown away, so that a folder stays as it is. This module does not know whose site it is.
"""

from urllib.parse import unquote, urlsplit

from phone_sim.boot_server.site import Found, Missing, Refusing, Site
from phone_sim.firmware.effects import Fetch, FetchReply, Refused, Upload, Uploaded, UploadReply
from phone_sim.firmware.transfer_facts import FileProtocol
from phone_sim.runtime.transport.memory import NOT_FOUND, MemoryTransport, found

ADDRESS = "http://boot.example/"
"""The address by which a phone knows the site: a name that no network has (RFC 2606)."""


def site_transport(site: Site) -> MemoryTransport:
    """A transport whose boot server, at any address, holds the files of the site."""

    def fetch(request: Fetch) -> FetchReply:
        match site.read(unquote(urlsplit(request.location.url).path)):
            case Found(data=data):
                return found(request, data)
            case Missing():
                return NOT_FOUND
            case Refusing(reason=reason, status=status):
                return Refused(reason, status, FileProtocol.HTTP)
            case forbidden:
                return Refused(forbidden.reason, 403, FileProtocol.HTTP)

    def upload(_: Upload) -> UploadReply:
        return Uploaded(201)

    return MemoryTransport(fetch, upload)
