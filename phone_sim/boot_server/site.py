"""What a boot server can answer, and where a path leads.

Pure: no socket, file or clock. It does not know HTTP or TFTP; each server turns these answers into its own words. The
rules for a path are all in `locate`; a site that keeps files on disk has to add the rule for symbolic links.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Protocol, runtime_checkable

UPLOAD_LIMIT = 16 * 1024 * 1024
"""The largest upload in bytes unless a site says otherwise; the logs of a phone are far smaller."""

FOLDERS_LIMIT = 8
"""The most folders of a path (our choice): sites have two or three, and each may cost a look at the disk."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_DRIVE = re.compile(r"[A-Za-z]:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The file is there, whole."""

    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """No such file: ordinary for a boot server, since phones ask for more than there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forbidden:
    """The path leads out of the site, to a folder, or to what may not be read or written; `reason` is for people."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The upload is in its place; `created` is False where it took the place of an older file."""

    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """The file was taken off the site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLarge:
    """The upload is over the limit of `limit` bytes."""

    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusing:
    """The answer is no, in words that the others lack: those of another server, say.

    `status` is how HTTP says it, 200 to 599 (with 200 to 299 a phone takes it for no as well), `error` how TFTP does, 0
    to 8, and `reason` is for people.
    """

    status: int
    error: int
    reason: str

    @classmethod
    def of_http(cls, status: int, reason: str) -> "Refusing":
        """What a status of HTTP says, for both protocols."""
        return cls(status=status, error=tftp_error_for(status), reason=reason)

    @classmethod
    def of_tftp(cls, error: int, reason: str) -> "Refusing":
        """What an error code of TFTP says, for both protocols."""
        return cls(status=http_status_for(error), error=error, reason=reason)


ReadAnswer = Found | Missing | Forbidden | Refusing
WriteAnswer = Stored | Forbidden | TooLarge | Refusing
RemoveAnswer = Removed | Missing | Forbidden

OUTSIDE = Forbidden(
    reason=f"the path names no file below the root of the boot server, or has more than {FOLDERS_LIMIT} folders"
)
NO_UPLOADS = Forbidden(reason="this boot server takes no uploads: its upload limit is 0")


@runtime_checkable
class Site(Protocol):
    """The files a boot server serves. Both methods are called by many threads at once and must not raise."""

    @property
    def upload_limit(self) -> int:
        """The largest upload in bytes, 0 for no uploads; the servers stop a larger one without keeping it."""
        ...

    def read(self, path: str) -> ReadAnswer:
        """Look up a path as the client wrote it, percent signs decoded."""
        ...

    def write(self, path: str, data: bytes) -> WriteAnswer:
        """Store a whole file, in the place of an older one if there is one."""
        ...


@runtime_checkable
class ChangingSite(Site, Protocol):
    """A site whose files can be taken away."""

    def remove(self, path: str) -> RemoveAnswer:
        """Take a file away."""
        ...


@runtime_checkable
class SiteOfClients(Site, Protocol):
    """A site that wants to know who asks; a server that knows asks the site that `seen_by` gives."""

    def seen_by(self, user_agent: str) -> Site:
        """The site as it is for a client with this User-Agent, which may be empty."""
        ...


@runtime_checkable
class SelectiveSite(Site, Protocol):
    """A site that does not let clients store everything; `write` is for whoever runs the site."""

    def refused(self, path: str) -> Forbidden | None:
        """Why an upload is not taken, whatever is in it; servers ask before they receive it."""
        ...

    def upload(self, path: str, data: bytes) -> WriteAnswer:
        """Store what a client uploads, where that is allowed."""
        ...


def refused_upload(site: Site, path: str) -> Forbidden | None:
    """Why a site does not take an upload, whatever is in it; None where it may."""
    if site.upload_limit == 0:
        return NO_UPLOADS
    if locate(path) is None:
        return OUTSIDE
    return site.refused(path) if isinstance(site, SelectiveSite) else None


def store_upload(site: Site, path: str, data: bytes) -> WriteAnswer:
    """Store what a client uploads."""
    return site.upload(path, data) if isinstance(site, SelectiveSite) else site.write(path, data)


def tftp_error_for(status: int) -> int:
    """The error code of TFTP that says the same as a status of HTTP."""
    return {401: 2, 403: 2, 404: 1, 410: 1, 413: 3, 507: 3}.get(status, 0)


def http_status_for(error: int) -> int:
    """The status of HTTP that says the same as an error code of TFTP."""
    return {1: 404, 2: 403, 3: 413}.get(error, 500)


def locate(path: str) -> tuple[str, ...] | None:
    r"""The segments below the root that a path names, or None where it names no file there.

    A leading slash is taken as the root (TFTP clients write it), `a//b` and `./a` are put in order. None for: the empty
    path, a path that ends like a folder (`a/`, `a/.`), one of more than `FOLDERS_LIMIT` folders, and any path with
    `..`, a backslash, a control character or a drive letter in front. `..` is refused even where it would stay below
    the root, since no phone writes it.
    """
    if "\\" in path or _CONTROL.search(path) or path.rpartition("/")[2] in ("", "."):
        return None
    segments = tuple(segment for segment in path.split("/") if segment not in ("", "."))
    if ".." in segments or _DRIVE.match(segments[0]) or len(segments) > FOLDERS_LIMIT + 1:
        return None
    return segments


class MemorySite:
    """A site kept in memory, for tests and demonstrations: files by name, `folder/name` without a leading slash."""

    def __init__(self, files: Mapping[str, bytes] | None = None, *, upload_limit: int = UPLOAD_LIMIT) -> None:
        self.upload_limit = upload_limit
        self._first = dict(files or {})
        self._files = dict(self._first)
        self._lock = Lock()

    @property
    def files(self) -> dict[str, bytes]:
        """A copy of the files by name."""
        with self._lock:
            return dict(self._files)

    def names(self) -> tuple[str, ...]:
        """The paths of all files."""
        return tuple(self.files)

    def read(self, path: str) -> ReadAnswer:
        """Look up a path."""
        segments = locate(path)
        if segments is None:
            return OUTSIDE
        with self._lock:
            data = self._files.get("/".join(segments))
        return Missing() if data is None else Found(data=data)

    def write(self, path: str, data: bytes) -> WriteAnswer:
        """Store a file."""
        segments = locate(path)
        if segments is None:
            return OUTSIDE
        if len(data) > self.upload_limit:
            return TooLarge(limit=self.upload_limit)
        name = "/".join(segments)
        with self._lock:
            created = name not in self._files
            self._files[name] = data
        return Stored(created=created)

    def remove(self, path: str) -> RemoveAnswer:
        """Take a file away."""
        segments = locate(path)
        if segments is None:
            return OUTSIDE
        with self._lock:
            data = self._files.pop("/".join(segments), None)
        return Missing() if data is None else Removed()

    def reset(self) -> None:
        """Have the files again that it was made with."""
        with self._lock:
            self._files = dict(self._first)
