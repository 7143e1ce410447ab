"""What a phone reads of a site: the firmware's own flow, answered from the files, without a network or a clock.

It does not know what is wrong with what was read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from phone_sim.boot_server.site import Found, Missing, ReadAnswer
from phone_sim.firmware.asking import answer
from phone_sim.firmware.configuration import Configuration, read_configuration
from phone_sim.firmware.effects import Fetch, Fetched, FetchReply, Log, NotFound, Refused, TransferFailed
from phone_sim.firmware.location import authority_of
from phone_sim.firmware.master_config import DEFAULT_NAME
from phone_sim.firmware.parameters.device_parameters import NOTHING_KEPT, updated
from phone_sim.firmware.parameters.layers import LayerKind, LayerSource, Parameters
from phone_sim.firmware.session import Identity, Session
from phone_sim.firmware.transfer_facts import FailureKind, FileProtocol

ADDRESS = "http://boot.example/"
"""The boot server that a phone is told: a name that no network has (RFC 2606)."""
_AUTHORITY = authority_of(ADDRESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineBoot:
    """The configuration that a phone takes from a site, to be looked at without asking anybody.

    `answers` is what the site has at each path that was asked for, in order; `elsewhere` are the URLs of files on
    other servers, which nobody was asked for. `session` has the settings that the parameters give. `path_of_url` gives
    the path on the site for a URL, None for one that is elsewhere.
    """

    session: Session
    configuration: Configuration
    answers: dict[str, ReadAnswer]
    elsewhere: tuple[str, ...]
    path_of_url: Callable[[str], str | None]

    @property
    def identity(self) -> Identity:
        """The phone."""
        return self.session.identity

    @property
    def masters(self) -> tuple[str, ...]:
        """The names under which a phone asks for its master configuration file."""
        named = self.session.server.master if self.session.server is not None else None
        return tuple(dict.fromkeys(filter(None, (named, f"{self.identity.mac}.cfg", DEFAULT_NAME))))

    def path(self, folder: str, name: str) -> str | None:
        """The path on the site of a file that the phone asks for; None for one on another server."""
        server = self.session.server
        location = server.locate(folder, name) if server is not None else None
        return None if location is None else self.path_of_url(location.url)

    def path_of(self, source: LayerSource) -> str:
        """The path on the site of the file that a layer was read from, or would have been."""
        name, master = source.file_of(self.identity.mac), self.configuration.master
        folders = {LayerKind.OVERRIDE: master.overrides_directory, LayerKind.CONTACTS: master.contacts_directory}
        folder = folders.get(source.kind, "")
        return self.path(folder, name) or name


def boot_offline(identity: Identity, read: Callable[[str], ReadAnswer]) -> OfflineBoot:
    """Let a phone with blank flash read its configuration from a site, of which `read` gives the files by path."""
    session = Session(identity, Parameters())
    answers: dict[str, ReadAnswer] = {}
    elsewhere: list[str] = []

    def fetched(request: Fetch) -> FetchReply:
        if (path := _path(request.location.url)) is None:
            elsewhere.append(request.location.url)
            return NotFound("on another server")
        answers[path] = read(path)
        return _reply(answers[path], request.limit)

    flow = _read(session)
    reply: FetchReply | None = None
    try:
        while True:
            match flow.send(reply):
                case Fetch() as effect:
                    reply = answer(effect, fetched(effect))
                case Log() as effect:  # nobody reads it
                    reply = answer(effect, None)
                case other:
                    raise AssertionError(f"reading a configuration asks for {other!r}, which only a phone has")
    except StopIteration as end:
        configuration: Configuration = end.value
    return OfflineBoot(
        session=session,
        configuration=configuration,
        answers=answers,
        elsewhere=tuple(elsewhere),
        path_of_url=_path,
    )


async def _read(session: Session) -> Configuration:
    await session.find_servers("")
    configuration = await read_configuration(session, Parameters())
    device, _ = updated(NOTHING_KEPT, configuration.parameters, session.identity.dictionary)
    session.configure(configuration.parameters, device)
    return configuration


@lru_cache(maxsize=256)  # many phones read the same files
def _path(url: str) -> str | None:
    return unquote(urlsplit(url).path).lstrip("/") if authority_of(url) == _AUTHORITY else None


def _reply(answer: ReadAnswer, limit: int) -> FetchReply:
    match answer:
        case Found(data=data):
            return Fetched(data) if len(data) <= limit else TransferFailed(FailureKind.TOO_LARGE, "too large")
        case Missing():
            return NotFound("file not found")
        case refused:
            return Refused(refused.reason, 403, FileProtocol.HTTP)
