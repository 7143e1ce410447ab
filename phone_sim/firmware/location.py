"""Where files are: the boot server, and the names, folders and URLs that the master configuration file gives.

A location keeps the user and password apart from its URL, so that what is logged or recorded holds neither. This module
does not know how a protocol is spoken.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from phone_sim.errors import UsageError

NO_SERVER = "0.0.0.0"  # noqa: S104 - a name that sites use on purpose, nothing is bound to it  # nosec B104
"""The address that phones hold for no server (field notes 1.3 and 2)."""

SCHEMES = ("http", "https", "ftp", "ftps", "tftp")
"""The protocols of boot servers that a phone speaks."""
SERVER_LIMIT = 8
_ADDRESSES_KEPT = 64
_SCHEME = re.compile("([A-Za-z][A-Za-z0-9+.-]*):/")
_AUTHORITY = re.compile(r"[^:/?#]*://([^/?#]*)")
_PLAIN_PATH = re.compile(r"[\w~-][\w.~-]*(?:/[\w~-][\w.~-]*)*", re.ASCII)  # stays as it is, as most do
_PLAIN_URL = re.compile(r"[a-z]+://[^/?#]*/(?:[\w.~-]+/)*([\w.~-]+)", re.ASCII)
_IN_A_PATH = "/%:@!$&'()*+,;=[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The Server User and Server Password of a boot server."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Credentials(user={self.user!r}, password=...)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A file on a server: a URL without user and password, and what to answer the server's challenge with."""

    url: str
    credentials: Credentials | None

    @property
    def name(self) -> str:
        """The last part of the path, for people."""
        if plain := _PLAIN_URL.fullmatch(self.url):
            return plain.group(1)
        return shown_name(unquote(urlsplit(self.url).path)) or "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class BootServerAddress:
    """Address of a boot server: the URL of its root, which ends in a slash, and the master file that it may name.

    A `query` is sent with every request for a file below the root (our choice).
    """

    root: str
    credentials: Credentials | None = None
    master: str | None = None
    query: str = ""

    @classmethod
    def parse(cls, address: str) -> "BootServerAddress":
        """Read an address such as `tftp://10.0.0.1/` or `http://user:password@server/dir/example1.cfg`.

        An address that ends in `.cfg` and is longer than that names a master configuration file (field notes 1.3).
        Trailing NULs, as DHCP servers add them, are dropped.

        Raises:
            UsageError: for an address without scheme or host.
        """
        location = _split(address.strip().rstrip("\0"))
        if location is None:
            raise UsageError(f"{address!r} is not a boot server address: a URL such as tftp://10.0.0.1/ is expected")
        parts = urlsplit(location.url)
        folder, _, last = parts.path.rpartition("/")
        names_master = last.lower().endswith(".cfg") and len(last) > len(".cfg")
        path = f"{folder}/" if names_master else f"{parts.path.rstrip('/')}/"
        root = urlunsplit(parts._replace(path=path, query=""))
        master = last if names_master else None
        return cls(root=root, credentials=location.credentials, master=master, query=parts.query)

    @classmethod
    def parse_all(cls, addresses: str) -> tuple["BootServerAddress", ...]:
        """The boot servers at several addresses with blanks between, in the order in which they are tried.

        Raises:
            UsageError: for an address as in `parse`, for none, and for more than eight (field notes 1.3).
        """
        return _boot_servers(addresses)

    @property
    def address(self) -> str:
        """The text that `parse` reads back, with user and password."""
        scheme, _, rest = self.root.partition("://")
        who = ""
        if self.credentials is not None:
            who = f"{quote(self.credentials.user, safe='')}:{quote(self.credentials.password, safe='')}@"
        query = f"?{self.query}" if self.query else ""
        return f"{scheme}://{who}{rest}{self.master or ''}{query}"

    def sharing_credentials(self, other: "BootServerAddress | None") -> "BootServerAddress":
        """This address, with user and password of another one on the same server if it has none itself."""
        if self.credentials is not None or other is None or _server_of(self.root) != _server_of(other.root):
            return self
        return replace(self, credentials=other.credentials)

    def locate(self, folder: str, name: str) -> Location | None:
        """The file `name` in a folder that the master configuration file gives; None if the folder says "nowhere".

        A folder is empty for the root (B17), relative to it, absolute on the same server, or a URL; `http://0.0.0.0`
        is in use to say "nowhere" (field notes 2). A name may be a path or a URL of its own. A URL that has no user and
        password gets those of the boot server; one that cannot be taken apart leads nowhere.
        """
        own = _split(name)
        if own is not None:
            if urlsplit(own.url).hostname == NO_SERVER:
                return None
            return Location(url=own.url, credentials=own.credentials or self.credentials)
        place = None if "://" in name else _folder(self.root, folder)
        if place is None:
            return None
        url = _below(place.url, name)
        if self.query and "://" not in folder:
            url = f"{url}?{self.query}"
        return Location(url=url, credentials=place.credentials or self.credentials)


def complete_address(text: str, default_scheme: str, place: str) -> str:
    """An address with or without a scheme as one that has a scheme, which `BootServerAddress.parse` takes.

    Raises:
        ValueError: it is no address of a boot server. The reason names the `place`, and does not quote the address,
            since it may hold a password.
    """
    scheme = _SCHEME.match(text)
    if scheme and scheme[1].lower() not in SCHEMES:
        raise ValueError(f"{place} begins with {scheme[1][:20]}:, expected one of: {', '.join(SCHEMES)}")
    if scheme and "://" not in text:
        raise ValueError(f"{place} begins with {scheme[1]}:/, expected {scheme[1]}://")
    complete = text if scheme else f"{default_scheme}://{text}"
    try:
        BootServerAddress.parse(complete)
    except UsageError:
        raise ValueError(f"{place} has no usable host or port") from None
    return complete


def is_no_server(address: str) -> bool:
    """True for an address whose host is the one that phones hold for no server."""
    return authority_of(address).rpartition("@")[2].partition(":")[0] == NO_SERVER


@lru_cache(maxsize=_ADDRESSES_KEPT)
def _boot_servers(addresses: str) -> tuple[BootServerAddress, ...]:
    servers = tuple(BootServerAddress.parse(address) for address in addresses.split())
    if not 1 <= len(servers) <= SERVER_LIMIT:
        raise UsageError(f"{len(servers)} boot servers are given, 1 to {SERVER_LIMIT} can be")
    return servers


@lru_cache(maxsize=_ADDRESSES_KEPT)
def _folder(root: str, folder: str) -> Location | None:
    """A folder of the boot server, whose URL ends in a slash, or None if it says "nowhere"."""
    place = _split(folder)
    if place is None:
        if "://" in folder:
            return None
        place = Location(url=_below(root, folder), credentials=None)
    url = place.url.partition("?")[0].rstrip("/") + "/"
    return None if urlsplit(url).hostname == NO_SERVER else Location(url=url, credentials=place.credentials)


def authority_of(url: str) -> str:
    """The host and port in the URL of a location or of a boot server's root."""
    match = _AUTHORITY.match(url)
    return "" if match is None else match.group(1)


def _server_of(root: str) -> tuple[str, str]:
    return root.partition("://")[0], authority_of(root)


def shown_name(name: str) -> str:
    """A file name of a configuration file as it may be logged: the last part, since a URL can hold a password."""
    return name.rsplit("/", 1)[-1].rsplit("@", 1)[-1]


def _below(folder: str, path: str) -> str:
    """The URL of a path below a folder's URL, which ends in a slash, or of an absolute path on its server."""
    if _PLAIN_PATH.fullmatch(path):
        return folder + path
    if path.startswith("/"):
        folder = folder[: folder.index("/", folder.index("://") + 3) + 1]
    segments = [segment for segment in path.strip().split("/") if segment not in ("", ".")]
    return folder + quote("/".join(segments), safe=_IN_A_PATH)


def _split(url: str) -> Location | None:
    """The URL with its user and password taken out, or None when `url` is none."""
    if "://" not in url or not url.isprintable():
        return None
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
        if not parts.scheme or not host:
            return None
        bracketed = f"[{host}]" if ":" in host else host
        bare = parts._replace(netloc=bracketed if port is None else f"{bracketed}:{port}", fragment="")
        urlsplit(urlunsplit(bare))  # a host can be such that its URL cannot be taken apart again
    except ValueError:
        return None
    credentials = None
    if parts.username:
        credentials = Credentials(user=unquote(parts.username), password=unquote(parts.password or ""))
    return Location(url=urlunsplit(bare), credentials=credentials)
