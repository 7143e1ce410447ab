"""One request of a phone to a boot server, and what came of it. It does not know who asked, nor how."""

from dataclasses import dataclass

from phone_sim.firmware.effects import Fetch, FetchReply, Upload, UploadReply

_HTTP = ("GET", "PUT")
_METHODS = {"tftp": ("RRQ", "WRQ"), "ftp": ("RETR", "STOR"), "ftps": ("RETR", "STOR")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request of the phone and its reply; `seconds` is how long it took."""

    request: Fetch | Upload
    reply: FetchReply | UploadReply
    seconds: float

    @property
    def method(self) -> str:
        """The method of the protocol: GET, PUT, RETR, STOR, RRQ or WRQ."""
        scheme = self.request.location.url.partition("://")[0].lower()
        read, write = _METHODS.get(scheme, _HTTP)
        return read if isinstance(self.request, Fetch) else write
