"""One request of a phone to a boot server, and what came of it. It does not know who asked, nor how."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from phone_sim.firmware.effects import Fetch, FetchReply, Upload, UploadReply


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request of the phone and its reply; `seconds` is how long it took."""

    request: Fetch | Upload
    reply: FetchReply | UploadReply
    seconds: float

    @property
    def method(self) -> str:
        """The method of the protocol: GET, PUT, RETR, STOR, RRQ or WRQ."""
        match urlsplit(self.request.location.url).scheme:
            case "tftp":
                read, write = "RRQ", "WRQ"
            case "ftp" | "ftps":
                read, write = "RETR", "STOR"
            case _:
                read, write = "GET", "PUT"
        return read if isinstance(self.request, Fetch) else write
